//! Publishing: an edit makes phones *stale*, *Generate* publishes.

use std::sync::Arc;

pub use super::stale::Stale;
use super::{
    App, AppError,
    pin::{Opened, PinMaker},
    snapshot::{PinnedGeneration, Snapshot},
    turns::{both, pause},
};
use crate::{
    device::{Admission, Device},
    id::{DeviceId, RegionId, RunId},
    mac::Mac,
    render::Cohort,
    store::{AuditEntry, Batch, Change, DeviceFilter, DeviceRecord, Page, Pin, PinChange, RunNote, Store},
    user::User,
};

/// How many devices one batch of a run publishes at most.
pub const WINDOW: u32 = 1_000;

/// How many files are made before others have a turn: about half a millisecond of work.
const AT_ONCE: usize = 50;

/// A run that publishes files for many devices. It may be dropped after any step and begun again:
/// devices whose file is current are left alone.
#[derive(Debug)]
pub struct Generate {
    snapshot: Arc<Snapshot>,
    run: RunId,
    actor: String,
    filter: DeviceFilter,
    after: Option<DeviceId>,
    secrets: Opened,
    /// The devices of a window that is not made yet, and what they are behind.
    read: Option<(Option<DeviceId>, Vec<DeviceRecord>)>,
    /// The window behind `after`, where it is made already.
    ready: Option<Window>,
    report: GenerateReport,
}

/// Some devices with what they are to get.
#[derive(Debug)]
struct Window {
    changes: Vec<Change>,
    report: GenerateReport,
    /// The last of the devices.
    after: Option<DeviceId>,
    more: bool,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GenerateReport {
    /// Devices that got a new file.
    pub published: u64,
    /// Devices whose file was current.
    pub unchanged: u64,
    /// Devices that were never seen: their file is made when they report.
    pub waiting: u64,
    /// Devices that keep their former file, and why.
    pub failed: Vec<PublishFailure>,
}

impl GenerateReport {
    fn add(&mut self, more: Self) {
        let Self { published, unchanged, waiting, failed } = more;
        self.published += published;
        self.unchanged += unchanged;
        self.waiting += waiting;
        self.failed.extend(failed);
    }
}

/// A device that keeps its former file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishFailure {
    /// The device.
    pub mac: Mac,
    /// Why, naming the template's line and the placeholder.
    pub reason: String,
}

impl<S: Store> App<S> {
    /// Begins a run over the devices that pass the filter, with the catalogue as it is now, in the
    /// name of `actor`.
    pub(super) fn begin_generate(&self, filter: DeviceFilter, actor: impl Into<String>) -> Generate {
        Generate {
            actor: actor.into(),
            snapshot: self.snapshot(),
            run: RunId::new(self.now().wall, self.random()),
            filter,
            after: None,
            secrets: Opened::new(),
            read: None,
            ready: None,
            report: GenerateReport::default(),
        }
    }

    /// Publishes the next window of a run in one batch; meanwhile the one behind it is made, and the
    /// one behind that is read. Answers whether there is more to do.
    pub async fn generate_step(&self, run: &mut Generate) -> Result<bool, AppError> {
        let window = match run.ready.take() {
            Some(window) => window,
            None => self.window(run, run.after).await?,
        };
        let Window { changes, report, after, more } = window;
        let snapshot = Arc::clone(&run.snapshot);
        let entry = self.audit(run.actor.as_str(), "device.generate", format!("run {}", run.run));
        let note = RunNote {
            id: run.run,
            actor: run.actor.clone(),
            at: entry.at,
            failed: report.failed.len() as u64,
        };
        let next = async { if more { self.window(run, after).await.map(Some) } else { Ok(None) } };
        let (published, next) = both(self.publish(&snapshot, changes, entry, note), next).await;
        let published = published?;
        run.after = after;
        run.report.add(GenerateReport { published, ..report });
        run.ready = next?;
        if !more {
            self.note_run(run);
        }
        Ok(more)
    }

    /// Publishes a region's phones after an edit, where the region wants that.
    pub(super) async fn publish_on_save(&self, region: RegionId) -> Result<(), AppError> {
        if self.snapshot().catalog.region(region).is_some_and(|region| region.publish_on_save) {
            let mut run = self.begin_generate(DeviceFilter::all().in_regions(vec![region]), "server");
            while self.generate_step(&mut run).await? {}
        }
        Ok(())
    }

    /// The changes that publish one device with the catalogue as it is now. None where the device
    /// is not to have a file yet.
    pub(super) fn publication(
        &self,
        device: &Device,
        owner: Option<&User>,
        run: Option<RunId>,
    ) -> Result<Vec<Change>, AppError> {
        let snapshot = self.snapshot();
        let cohort = self.cohort_for(&snapshot, device)?;
        let mut opened = Opened::new();
        let mut maker = PinMaker::new(&snapshot, &*self.ports.vault, &mut opened, self.now().wall, run);
        let Some(pin) = maker.make(&cohort, device, owner)? else { return Ok(Vec::new()) };
        let generation = put_generation(&snapshot.live);
        Ok(generation.into_iter().chain([Change::Pin(PinChange::Publish(Box::new(pin)))]).collect())
    }

    /// Makes what the devices behind `after` are to get, and reads the devices behind those meanwhile.
    async fn window(&self, run: &mut Generate, after: Option<DeviceId>) -> Result<Window, AppError> {
        let Generate { snapshot, run: id, filter, secrets, read, actor: _, after: _, ready: _, report: _ } =
            run;
        let page = |after| self.store.devices(filter, Page { after, limit: WINDOW });
        let records = match read.take() {
            Some((behind, records)) if behind == after => records,
            Some(_) | None => page(after).await?,
        };
        let more = records.len() == WINDOW as usize;
        let after = records.last().map(|record| record.device.value.id).or(after);
        let maker = PinMaker::new(snapshot, &*self.ports.vault, secrets, self.now().wall, Some(*id));
        let next = async { if more { page(after).await.map(Some) } else { Ok(None) } };
        let (next, (changes, report)) = both(next, self.make(snapshot, maker, &records)).await;
        *read = next?.map(|records| (after, records));
        Ok(Window { changes, report, after, more })
    }

    /// The changes that publish what is out of date among these devices, and the rest as a report.
    async fn make(
        &self,
        snapshot: &Snapshot,
        mut maker: PinMaker<'_>,
        records: &[DeviceRecord],
    ) -> (Vec<Change>, GenerateReport) {
        let (mut changes, mut report) = (Vec::with_capacity(records.len()), GenerateReport::default());
        for (at, record) in records.iter().enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                pause().await;
            }
            let device = &record.device.value;
            if !matches!(device.admission, Admission::Enrolled | Admission::Expected) {
                continue;
            }
            let made = self.cohort_for(snapshot, device).and_then(|cohort| {
                if record.pin.as_ref().is_some_and(|pin| is_current(&pin.pin, &cohort, device)) {
                    report.unchanged += 1;
                    return Ok(());
                }
                match maker.make(&cohort, device, record.owner.as_ref())? {
                    Some(pin) => changes.push(Change::Pin(PinChange::Publish(Box::new(pin)))),
                    None => report.waiting += 1,
                }
                Ok(())
            });
            if let Err(error) = made {
                report.failed.push(PublishFailure { mac: device.mac, reason: error.to_string() });
            }
        }
        (changes, report)
    }

    /// Commits the pins of a window; answers how many took effect. A phone that changed meanwhile is
    /// left to whoever changed it, or to the next run.
    async fn publish(
        &self,
        snapshot: &Snapshot,
        mut changes: Vec<Change>,
        entry: AuditEntry,
        note: RunNote,
    ) -> Result<u64, AppError> {
        if changes.is_empty() {
            if note.failed > 0 {
                self.commit(Batch::of(Change::Run(note))).await?;
            }
            return Ok(0);
        }
        let pins = changes.len();
        changes.splice(0..0, put_generation(&snapshot.live));
        changes.push(Change::Run(note));
        let batch = Batch { changes, ..Batch::default() }.noting(entry.concerning(pins as u64));
        let committed = self.commit(batch).await?;
        snapshot.live.mark_stored();
        Ok(pins.saturating_sub(committed.skipped.len()) as u64)
    }

    pub(super) fn cohort_for(&self, snapshot: &Snapshot, device: &Device) -> Result<Arc<Cohort>, AppError> {
        let model = device.model.as_ref();
        let model = model.ok_or_else(|| {
            AppError::invalid(format!("device {}: its model is not known; choose one", device.mac))
        })?;
        let template = device
            .template
            .or_else(|| snapshot.catalog.template_for(device.region, model).map(|template| template.id));
        let template =
            template.ok_or_else(|| AppError::invalid(format!("there is no template for model {model}")))?;
        let cohort = snapshot.live.cohort(template, device.region, model, self.ports.vault.fingerprints());
        let cohort = cohort.ok_or_else(|| AppError::not_found("such template"))?;
        cohort.map_err(|error| {
            let name = snapshot.catalog.template(template).map_or("", |template| template.name.as_str());
            AppError::of_template(name, error)
        })
    }
}

impl Generate {
    /// The id under which it publishes.
    pub const fn id(&self) -> RunId {
        self.run
    }

    /// On whose behalf.
    pub(super) fn actor(&self) -> &str {
        &self.actor
    }

    /// What the run did so far.
    pub const fn report(&self) -> &GenerateReport {
        &self.report
    }
}

pub(super) fn is_current(pin: &Pin, cohort: &Cohort, device: &Device) -> bool {
    pin.cohort == cohort.print() && pin.own == device.own && pin.template == cohort.template().id
}

/// Stores the generation, unless this node knows that it is stored.
pub(super) fn put_generation(live: &Arc<PinnedGeneration>) -> Option<Change> {
    (!live.is_stored())
        .then(|| Change::PutGeneration(live.generation().id(), live.generation().parts().into()))
}
