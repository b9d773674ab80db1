//! Runs: what was published in one go, and the way back from it.

use super::{
    Admin,
    bulk::is_of_server,
    device_bulk::{BulkItem, BulkResult},
    shown,
};
use crate::{
    access::Capability,
    app::{AppError, turns::pause},
    id::{DeviceId, RunId},
    store::{
        Batch, Change, DeviceFilter, DeviceKey, DeviceRecord, Expect, Expected, Page, PinChange, Row, Run,
        RunFilter, Store,
    },
};

/// What became of some phones of a run that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunReverted {
    /// Each phone that still had the run's file, by itself.
    pub items: Vec<BulkItem>,
    /// Behind which device to go on; `None` where all were looked at.
    pub next: Option<DeviceId>,
}

/// How many phones one call takes back at most.
pub const MOST_REVERTED: usize = 1_000;

/// How many of them one batch takes back.
const AT_ONCE: usize = 100;
/// How many devices are read at a time.
const WINDOW: u32 = 500;

impl<S: Store> Admin<'_, S> {
    /// Runs, the latest first: all for whoever may read the logs, else those that the caller began.
    pub async fn runs(&self, page: Page<RunId>) -> Result<Vec<Run>, AppError> {
        let filter = self.own_runs()?;
        Ok(self.app.store().runs(&filter, page).await?)
    }

    /// One of them.
    pub async fn run(&self, id: RunId) -> Result<Run, AppError> {
        let filter = RunFilter { id: Some(id), ..self.own_runs()? };
        let found = self.app.store().runs(&filter, Page::first(1)).await?;
        found.into_iter().next().ok_or_else(|| AppError::not_found("such run"))
    }

    /// Takes a run back: each phone that may be seen and still has the run's file goes back to the file
    /// before it, under the checks of [`revert_device`](Self::revert_device). It looks at devices behind
    /// `after`, takes at most [`MOST_REVERTED`] back, and may be called again: what was taken back already
    /// is left alone.
    pub async fn revert_run(&self, id: RunId, after: Option<DeviceId>) -> Result<RunReverted, AppError> {
        self.need(Capability::Generate)?;
        let run = self.run(id).await?;
        let filter = self.visible_only(DeviceFilter::all())?;
        let mut reverted = RunReverted::default();
        let mut after = after;
        loop {
            let records = self.app.store().devices(&filter, Page { after, limit: WINDOW }).await?;
            let more = records.len() == WINDOW as usize;
            let of_run =
                |record: &DeviceRecord| record.pin.as_ref().is_some_and(|pin| pin.pin.run == Some(run.id));
            let last = records.last().map(|record| record.device.value.id);
            let meant: Vec<DeviceRecord> = records.into_iter().filter(of_run).collect();
            for some in meant.chunks(AT_ONCE) {
                let room = MOST_REVERTED.saturating_sub(reverted.items.len());
                let some = some.get(..room.min(some.len())).unwrap_or_default();
                if let Err(error) = self.take_back(&run, some, &mut reverted.items).await {
                    return stopped(error, some, reverted);
                }
                if reverted.items.len() >= MOST_REVERTED {
                    reverted.next = reverted.items.last().map(|item| item.device);
                    return Ok(reverted);
                }
                pause().await;
            }
            after = last.or(after);
            if !more {
                return Ok(reverted);
            }
        }
    }

    /// Takes some phones back with one batch. Where one of them was changed meanwhile, each is looked at
    /// again and taken back alone.
    async fn take_back(
        &self,
        run: &Run,
        records: &[DeviceRecord],
        items: &mut Vec<BulkItem>,
    ) -> Result<(), AppError> {
        let (mut batch, mut done, mut failed) = (Batch::default(), Vec::new(), Vec::new());
        for record in records {
            match self.step_back(record).await {
                Ok((expect, change)) => {
                    batch.expect.push(expect);
                    batch.changes.push(change.into());
                    done.push((record, change));
                }
                Err(error) if is_of_server(&error) => return Err(error),
                Err(error) => failed.push((record, error)),
            }
        }
        let committed = match done.as_slice() {
            [] => Ok(Vec::new()),
            some => self.app.commit(batch.noting(self.entry(run, some))).await.map(|done| done.skipped),
        };
        match committed {
            Ok(skipped) => {
                items.extend(done.iter().enumerate().map(|(at, (record, _))| {
                    let gone = || BulkResult::Failed("the file before it is not kept any more".to_owned());
                    item(record, if skipped.contains(&at) { gone() } else { BulkResult::Done })
                }));
                items.extend(
                    failed.iter().map(|(record, error)| item(record, BulkResult::Failed(error.to_string()))),
                );
                // Whoever goes on behind the last one has seen all before it.
                items.sort_by_key(|item| item.device);
                Ok(())
            }
            Err(error) if error.is_stale() => {
                for record in records {
                    let result = self.take_back_alone(run, record.device.value.id).await?;
                    items.push(item(record, result));
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn take_back_alone(&self, run: &Run, id: DeviceId) -> Result<BulkResult, AppError> {
        let record = self.app.store().device(DeviceKey::Id(id)).await?;
        let record =
            record.filter(|record| record.pin.as_ref().is_some_and(|pin| pin.pin.run == Some(run.id)));
        let visible = self.caller.visible();
        let Some(record) = record.filter(|record| visible.contains(record.device.value.region)) else {
            return Ok(BulkResult::Skipped("it has another file by now".to_owned()));
        };
        let (expect, change) = match self.step_back(&record).await {
            Ok(step) => step,
            Err(error) if is_of_server(&error) => return Err(error),
            Err(error) => return Ok(BulkResult::Failed(error.to_string())),
        };
        let entry = self.entry(run, &[(&record, change)]);
        let batch = Batch { expect: vec![expect], changes: vec![change.into()], audit: vec![entry] };
        match self.app.commit(batch).await {
            Ok(committed) if committed.skipped.is_empty() => Ok(BulkResult::Done),
            Ok(_) => Ok(BulkResult::Failed("the file before it is not kept any more".to_owned())),
            Err(error) if is_of_server(&error) => Err(error),
            Err(error) => Ok(BulkResult::Failed(error.to_string())),
        }
    }

    /// What takes one phone back to the file before the current one, if that may be.
    async fn step_back(&self, record: &DeviceRecord) -> Result<(Expect, StepBack), AppError> {
        let device = &record.device.value;
        let current = record.pin.as_ref().map_or(0, |pin| pin.number);
        let pins = self.app.store().pins(device.id).await?;
        // The latest comes first.
        let former = pins.iter().find(|pin| pin.number < current);
        let former = former.ok_or_else(|| AppError::conflict("there is no file from before it"))?;
        self.check_still_its_own(record, &former.pin)?;
        let state = Expected::Revision(record.device.revision);
        let expect = Expect { row: Row::Device(device.id), state };
        Ok((expect, StepBack { device: device.id, from: current, to: former.number }))
    }

    /// What the audit log says of a batch: each phone with the numbers of both files.
    fn entry(&self, run: &Run, done: &[(&DeviceRecord, StepBack)]) -> crate::store::AuditEntry {
        let effect = |number: fn(&StepBack) -> u64| {
            let files = done.iter().map(|(record, step)| (record.device.value.mac.to_string(), number(step)));
            shown(&files.collect::<std::collections::BTreeMap<_, _>>())
        };
        self.audit("run.revert", format!("run {}", run.id))
            .concerning(done.len() as u64)
            .changing(effect(|step| step.from), effect(|step| step.to))
    }

    /// The runs that the caller may know of.
    fn own_runs(&self) -> Result<RunFilter, AppError> {
        self.need(Capability::View)?;
        // The counts of a run are those of all regions that its actor saw.
        let all = self.caller.need(Capability::ViewLogs).is_ok();
        Ok(RunFilter { actor: (!all).then(|| self.caller.name().to_owned()), ..RunFilter::default() })
    }
}

/// A phone that goes from one of its files to another.
#[derive(Debug, Clone, Copy)]
struct StepBack {
    device: DeviceId,
    from: u64,
    to: u64,
}

impl From<StepBack> for Change {
    fn from(step: StepBack) -> Self {
        Self::Pin(PinChange::Revert { device: step.device, number: step.to })
    }
}

fn item(record: &DeviceRecord, result: BulkResult) -> BulkItem {
    let device = &record.device.value;
    BulkItem { device: device.id, mac: Some(device.mac), result }
}

/// What is told where the server failed at some phones: those before them are done.
fn stopped(error: AppError, at: &[DeviceRecord], mut reverted: RunReverted) -> Result<RunReverted, AppError> {
    if reverted.items.is_empty() {
        return Err(error);
    }
    reverted.next = reverted.items.last().map(|item| item.device);
    let known = |record: &&DeviceRecord| reverted.next.is_none_or(|last| record.device.value.id > last);
    let rest: Vec<BulkItem> =
        at.iter().filter(known).map(|record| item(record, BulkResult::NotDone(error.to_string()))).collect();
    reverted.items.extend(rest);
    Ok(reverted)
}
