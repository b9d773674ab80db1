//! Publishing: an edit makes phones *stale*, *Generate* publishes.

use std::sync::Arc;

use super::{
    App, AppError,
    pin::{Opened, PinMaker, in_template},
    snapshot::{PinnedGeneration, Snapshot},
};
use crate::{
    device::{Admission, Device},
    id::{DeviceId, RunId},
    mac::Mac,
    render::Cohort,
    store::{Batch, Change, DeviceFilter, DeviceRecord, Page, Pin, PinChange, Store},
    user::User,
};

/// How many devices one batch of a run publishes at most.
pub const WINDOW: u32 = 1_000;

/// A run that publishes files for many devices. It may be dropped after any step and begun again:
/// devices whose file is current are left alone.
#[derive(Debug)]
pub struct Generate {
    snapshot: Arc<Snapshot>,
    run: RunId,
    filter: DeviceFilter,
    after: Option<DeviceId>,
    secrets: Opened,
    report: GenerateReport,
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

/// A device that keeps its former file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishFailure {
    /// The device.
    pub mac: Mac,
    /// Why, naming the template's line and the placeholder.
    pub reason: String,
}

/// How many phones have a file that *Generate* would make anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stale {
    /// Phones with a published file.
    pub published: u64,
    /// Those whose file is out of date. A phone whose own value hides the change is counted too;
    /// the exact list is the preview.
    pub stale: u64,
}

impl<S: Store> App<S> {
    /// Begins a run over the devices that pass the filter, with the catalogue as it is now.
    pub fn begin_generate(&self, filter: DeviceFilter) -> Generate {
        Generate {
            snapshot: self.snapshot(),
            run: RunId::new(self.now().wall, self.random()),
            filter,
            after: None,
            secrets: Opened::new(),
            report: GenerateReport::default(),
        }
    }

    /// Publishes the next window of a run in one batch. Answers whether there is more to do.
    pub async fn generate_step(&self, run: &mut Generate) -> Result<bool, AppError> {
        let page = Page { after: run.after, limit: WINDOW };
        let records = self.store.devices(&run.filter, page).await?;
        let more = records.len() == WINDOW as usize;
        let mut changes = self.window(run, &records);
        if !changes.is_empty() {
            let pins = changes.len();
            changes.splice(0..0, put_generation(&run.snapshot.live));
            let committed = self.commit(Batch { changes, ..Batch::default() }).await?;
            run.snapshot.live.mark_stored();
            // A phone that changed meanwhile is left to whoever changed it, or to the next run.
            run.report.published += pins.saturating_sub(committed.skipped.len()) as u64;
        }
        run.after = records.last().map(|record| record.device.value.id).or(run.after);
        Ok(more)
    }

    /// Runs to the end.
    pub async fn generate(&self, filter: DeviceFilter) -> Result<GenerateReport, AppError> {
        let mut run = self.begin_generate(filter);
        while self.generate_step(&mut run).await? {}
        Ok(run.report)
    }

    /// How many phones are stale; looks at no phone.
    pub async fn stale(&self) -> Result<Stale, AppError> {
        let snapshot = self.snapshot();
        let key = self.ports.vault.fingerprints();
        let mut counted = Stale::default();
        for (pin, count) in self.store.pin_counts().await? {
            let template = if pin.chosen {
                Some(pin.template)
            } else {
                snapshot.catalog.template_for(pin.region, &pin.model).map(|template| template.id)
            };
            let current = template == Some(pin.template)
                && snapshot
                    .live
                    .cohort(pin.template, pin.region, &pin.model, key)
                    .is_some_and(|cohort| cohort.is_ok_and(|cohort| cohort.print() == pin.cohort));
            counted.published += count;
            counted.stale += if pin.own_changed || !current { count } else { 0 };
        }
        Ok(counted)
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

    /// The changes that publish what is out of date among these devices; the rest goes to the report.
    fn window(&self, run: &mut Generate, records: &[DeviceRecord]) -> Vec<Change> {
        let Generate { snapshot, run: id, secrets, report, filter: _, after: _ } = run;
        let mut maker = PinMaker::new(snapshot, &*self.ports.vault, secrets, self.now().wall, Some(*id));
        let mut changes = Vec::with_capacity(records.len());
        let admitted = |record: &&DeviceRecord| {
            matches!(record.device.value.admission, Admission::Enrolled | Admission::Expected)
        };
        for record in records.iter().filter(admitted) {
            let device = &record.device.value;
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
        changes
    }

    fn cohort_for(&self, snapshot: &Snapshot, device: &Device) -> Result<Arc<Cohort>, AppError> {
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
            in_template(name, &error)
        })
    }
}

impl Generate {
    /// What the run did so far.
    pub const fn report(&self) -> &GenerateReport {
        &self.report
    }
}

fn is_current(pin: &Pin, cohort: &Cohort, device: &Device) -> bool {
    pin.cohort == cohort.print() && pin.own == device.own && pin.template == cohort.template().id
}

/// Stores the generation, unless this node knows that it is stored.
pub(super) fn put_generation(live: &Arc<PinnedGeneration>) -> Option<Change> {
    (!live.is_stored())
        .then(|| Change::PutGeneration(live.generation().id(), live.generation().parts().into()))
}
