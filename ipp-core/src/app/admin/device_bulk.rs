//! One action for many devices: each item by itself, and a word about each (MDV-02, DEV-36).

use super::{Admin, bulk::Each};
use crate::{
    access::Capability,
    app::{AppError, admin::devices::Approval, report::subject},
    device::{Admission, Vlan},
    id::{DeviceId, RegionId, RunId},
    mac::Mac,
    store::{Batch, Change, DeviceFilter, DeviceKey, DeviceRecord, Expected, Page, Row, RunNote, Store},
};

/// Which devices.
#[derive(Debug, Clone)]
pub enum Selection {
    /// Those that were picked.
    Ids(Vec<DeviceId>),
    /// All that pass.
    Filter(Box<DeviceFilter>),
}

/// What became of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkItem {
    /// The device.
    pub device: DeviceId,
    /// Its address, where it may be seen.
    pub mac: Option<Mac>,
    /// What became of it.
    pub result: BulkResult,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkResult {
    /// It was done.
    Done,
    /// There was nothing to do, and why.
    Skipped(String),
    /// It could not be done, and why.
    Failed(String),
    /// The server failed at it, or at one before it: what went wrong. Nothing was changed.
    NotDone(String),
}

/// What became of devices whose files were to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedDevices {
    /// The run, by which all of it can be taken back; `None` where there was nothing to do.
    pub run: Option<RunId>,
    /// Each device by itself.
    pub items: Vec<BulkItem>,
}

/// How many devices one action takes on.
pub const MOST: usize = 10_000;
const WINDOW: u32 = 500;

/// What is to be done to each.
#[derive(Debug, Clone, Copy)]
enum Action {
    Approve(RegionId, Vlan),
    Delete,
    Move(RegionId),
    Generate(RunId),
    DeleteFile,
}

impl<S: Store> Admin<'_, S> {
    /// Approves phones that wait, into one region; names come later (AMB-28).
    pub async fn approve_many(
        &self,
        selection: &Selection,
        region: RegionId,
        vlan: Vlan,
    ) -> Result<Vec<BulkItem>, AppError> {
        self.need(Capability::EditDevices)?;
        self.need_in(Capability::EditDevices, Some(region), "region")?;
        self.each(selection, Action::Approve(region, vlan)).await
    }

    /// Deletes devices; their users stay (MDV-08).
    pub async fn delete_devices(&self, selection: &Selection) -> Result<Vec<BulkItem>, AppError> {
        self.need(Capability::EditDevices)?;
        self.each(selection, Action::Delete).await
    }

    /// Moves devices, and with them their users, to a region (DEV-28, AMB-103).
    pub async fn move_devices(
        &self,
        selection: &Selection,
        region: RegionId,
    ) -> Result<Vec<BulkItem>, AppError> {
        self.need(Capability::EditDevices)?;
        self.need_in(Capability::EditDevices, Some(region), "region")?;
        self.each(selection, Action::Move(region)).await
    }

    /// Publishes the files of devices (MDV-19), as one run.
    pub async fn generate_devices(&self, selection: &Selection) -> Result<GeneratedDevices, AppError> {
        self.need(Capability::Generate)?;
        let run = RunId::new(self.app.now().wall, self.app.random());
        let items = self.each(selection, Action::Generate(run)).await?;
        let failed = items.iter().filter(|item| matches!(item.result, BulkResult::Failed(_))).count();
        if failed > 0 {
            // What was done is to be told, also where this is not noted.
            drop(self.app.commit(Batch::of(self.note(run, failed as u64))).await);
        }
        let any = failed > 0 || items.iter().any(|item| item.result == BulkResult::Done);
        Ok(GeneratedDevices { run: any.then_some(run), items })
    }

    fn note(&self, id: RunId, failed: u64) -> Change {
        let (actor, at) = (self.caller.name().to_owned(), self.app.now().wall);
        Change::Run(RunNote { id, actor, at, failed })
    }

    /// Takes the files of devices away (CFG-07).
    pub async fn delete_device_files(&self, selection: &Selection) -> Result<Vec<BulkItem>, AppError> {
        self.need(Capability::Generate)?;
        self.each(selection, Action::DeleteFile).await
    }

    async fn act(&self, action: Action, record: DeviceRecord) -> Result<BulkResult, AppError> {
        let device = &record.device.value;
        let skipped = |why: &str| Ok(BulkResult::Skipped(why.to_owned()));
        match action {
            Action::Approve(..) if device.admission != Admission::Pending && device.request.is_none() => {
                return skipped("it does not wait for approval");
            }
            Action::Approve(region, vlan) => {
                let approval = Approval { region, vlan, user: None, model: None };
                self.approve(device.id, approval).await?;
            }
            Action::Delete => self.delete_device(device.id).await?,
            Action::Move(region) if device.region == Some(region) => return skipped("it is in that region"),
            Action::Move(region) => {
                let mut stored = record.device;
                stored.value.region = Some(region);
                self.update_device(stored).await?;
            }
            Action::DeleteFile if record.stand_in.is_none() && record.pin.is_none() => {
                return skipped("it has no file");
            }
            Action::DeleteFile => self.delete_device_file(device.id).await?,
            Action::Generate(run) => {
                self.need_in(Capability::Generate, device.region, "device")?;
                if !matches!(device.admission, Admission::Enrolled | Admission::Expected) {
                    return skipped("it is not approved");
                }
                if self.app.is_stale(&record) == Some(false) {
                    return skipped("its file is up to date");
                }
                let mut changes = self.app.publication(device, record.owner.as_ref(), Some(run))?;
                if changes.is_empty() {
                    return skipped("its file is made when it reports");
                }
                changes.push(self.note(run, 0));
                let batch = Batch { changes, ..Batch::default() }
                    .expecting(Row::Device(device.id), Expected::Revision(record.device.revision))
                    .noting(self.audit("device.generate", subject(device)).in_region(device.region));
                self.app.commit(batch).await?;
            }
        }
        Ok(BulkResult::Done)
    }

    async fn each(&self, selection: &Selection, action: Action) -> Result<Vec<BulkItem>, AppError> {
        let ids = self.selected(selection).await?;
        let mut each = Each::of(&ids, |device, mac, result| BulkItem { device, mac, result });
        while let Some(id) = each.next() {
            let (name, done) = self.one(id, action).await;
            each.note(name, done)?;
        }
        Ok(each.items())
    }

    /// Does it to one device, if it may be seen; answers its address with what became of it.
    async fn one(&self, id: DeviceId, action: Action) -> (Option<Mac>, Result<BulkResult, AppError>) {
        // Read anew: what was done to the one before may have changed this one.
        let record = match self.app.store().device(DeviceKey::Id(id)).await {
            Ok(record) => record,
            Err(error) => return (None, Err(error.into())),
        };
        let visible = self.caller.visible();
        match record.filter(|record| visible.contains(record.device.value.region)) {
            Some(record) => (Some(record.device.value.mac), self.act(action, record).await),
            None => (None, Err(AppError::not_found("such device"))),
        }
    }

    pub(super) async fn selected(&self, selection: &Selection) -> Result<Vec<DeviceId>, AppError> {
        let too_many =
            || AppError::invalid(format!("more than {MOST} devices are selected; narrow the selection"));
        match selection {
            Selection::Ids(ids) if ids.len() > MOST => Err(too_many()),
            Selection::Ids(ids) => {
                let mut seen = std::collections::BTreeSet::new();
                Ok(ids.iter().copied().filter(|id| seen.insert(*id)).collect())
            }
            Selection::Filter(filter) => {
                let filter = self.visible_only(DeviceFilter::clone(filter))?;
                let (mut ids, mut after) = (Vec::new(), None);
                loop {
                    let page = self.app.store().devices(&filter, Page { after, limit: WINDOW }).await?;
                    let more = page.len() == WINDOW as usize;
                    ids.extend(page.iter().map(|record| record.device.value.id));
                    after = ids.last().copied();
                    if ids.len() > MOST {
                        return Err(too_many());
                    }
                    if !more {
                        return Ok(ids);
                    }
                }
            }
        }
    }
}
