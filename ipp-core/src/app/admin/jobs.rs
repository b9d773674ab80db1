//! Jobs: begun, looked at, steered.

use super::{Admin, device_bulk::Selection};
use crate::{
    access::Capability,
    app::AppError,
    id::{DeviceId, JobId},
    job::{Author, Authority, ItemState, Job, JobAction, JobItem, Pace, Steer},
    mac::Mac,
    store::{Batch, DeviceKey, DeviceRecord, JobChange, JobFilter, JobItems, Page, Store},
    time::Timestamp,
};

/// What a job is to be.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What it does.
    pub action: JobAction,
    /// To which phones. What is selected by a filter is selected now: a phone that comes later is not among it.
    pub phones: Selection,
    /// How fast it goes; `None` is [as usual](JobAction::usual_pace).
    pub pace: Option<Pace>,
    /// When it begins; `None` is at once, for one phone after the pause of its pace (AMB-56, AMB-58).
    pub starts_at: Option<Timestamp>,
}

/// A phone of a job, as far as the caller may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenItem {
    /// It may be seen.
    Here(JobItem),
    /// It has moved to a region that may not be seen: its number and state are all there is to know.
    MovedAway(u32, ItemState),
}

/// For how long ahead a job may be planned, in days.
const AHEAD_DAYS: u64 = 366;

impl<S: Store> Admin<'_, S> {
    /// Begins a job, and answers once it is durable; what becomes of its phones shows over time. Each is looked
    /// at again when its turn comes.
    ///
    /// # Errors
    ///
    /// *Invalid* where no phone is selected, or more than [`MAX_ITEMS`](crate::job::MAX_ITEMS); *not found* where one that is named may
    /// not be seen; *forbidden* where one of them may not be commanded. Nothing is begun then.
    pub async fn begin_job(&self, new: NewJob) -> Result<Job, AppError> {
        let capability = new.action.capability();
        self.need(capability)?;
        let now = self.app.now().wall;
        if new.starts_at.is_some_and(|at| at.since(now).as_secs() > AHEAD_DAYS * 86_400) {
            return Err(AppError::invalid(format!("a job begins within {AHEAD_DAYS} days, or now")));
        }
        if let JobAction::UpdateFirmware { firmware, .. } = &new.action {
            let snapshot = self.app.snapshot();
            let entry = snapshot.catalog.firmware(*firmware);
            let entry = entry.ok_or_else(|| AppError::not_found("such firmware"))?;
            if entry.image.is_none() {
                return Err(AppError::invalid(format!("no image was uploaded for {}", entry.name)));
            }
        }
        let phones = self.phones_of(capability, &new.phones).await?;
        if phones.is_empty() {
            return Err(AppError::invalid("no phone is selected; name at least one"));
        }
        let pace = new.pace.unwrap_or_else(|| new.action.usual_pace());
        // One phone alone waits as each of several does after the one before it.
        let alone = phones.len() == 1 && new.action.usual_pace() == Pace::ONE_BY_ONE;
        let soonest = if alone { now.plus(pace.pause.duration()) } else { now };
        let starts_at = new.starts_at.map_or(soonest, |at| at.max(now));
        let id = JobId::new(now, self.app.random());
        let job = Job::new(id, new.action, self.author(), pace, (now, starts_at), phones.len() as u64);
        let mut entry = self.audit(audit_action(&job.action), id.to_string());
        entry.after = Some(serde_json::json!({ "action": job.action, "pace": job.pace }).to_string());
        entry.phones = Some(job.counts.total());
        self.app.commit(Batch::of(JobChange::Begin(Box::new(job.clone()), phones)).noting(entry)).await?;
        Ok(job)
    }

    /// Jobs, the latest first: all for whoever sees all regions, else those that the caller began.
    pub async fn jobs(&self, mut filter: JobFilter, page: Page<JobId>) -> Result<Vec<Job>, AppError> {
        self.need(Capability::View)?;
        if !self.caller.visible().is_all() {
            let own = self.caller.name().to_owned();
            if filter.author.as_ref().is_some_and(|author| *author != own) {
                return Ok(Vec::new());
            }
            filter.author = Some(own);
        }
        Ok(self.app.store().jobs(&filter, page).await?)
    }

    /// One of them.
    pub async fn job(&self, id: JobId) -> Result<Job, AppError> {
        self.need(Capability::View)?;
        let job = self.app.store().job(id).await?;
        let seen = |job: &Job| self.caller.visible().is_all() || job.author.name == self.caller.name();
        job.filter(seen).ok_or_else(|| AppError::not_found("such job"))
    }

    /// The phones of a job, in their order, and what became of each.
    pub async fn job_items(&self, which: JobItems, page: Page<u32>) -> Result<Vec<SeenItem>, AppError> {
        self.job(which.job).await?;
        let (store, visible) = (self.app.store(), self.caller.visible());
        let mut seen = Vec::new();
        for item in store.job_items(which, page).await? {
            let moved_away = !visible.is_all()
                && store
                    .device(DeviceKey::Id(item.device))
                    .await?
                    .is_some_and(|record| !visible.contains(record.device.value.region));
            seen.push(if moved_away {
                SeenItem::MovedAway(item.number, item.state)
            } else {
                SeenItem::Here(item)
            });
        }
        Ok(seen)
    }

    /// Pauses, resumes or cancels a job, or tries again what failed (MUL-23); the job after it. Whoever may see
    /// a job and do what it does may steer it.
    ///
    /// # Errors
    ///
    /// *Conflict* where that is out of place, such as resuming what is over.
    pub async fn steer_job(&self, id: JobId, steer: Steer) -> Result<Job, AppError> {
        let job = self.job(id).await?;
        self.need(job.action.capability())?;
        let entry = self.audit(steer_action(steer), id.to_string());
        // Audited only where it takes effect: the entry and the change stand or fall together.
        let mut after = job.clone();
        let at = self.app.now().wall;
        if after.steer(steer, at).is_none() {
            return Err(out_of_place(&job, steer));
        }
        let change = JobChange::Steer { job: id, steer, at };
        let committed = self.app.commit(Batch::of(change).noting(entry)).await?;
        let job = self.job(id).await?;
        if committed.skipped.is_empty() { Ok(job) } else { Err(out_of_place(&job, steer)) }
    }

    fn author(&self) -> Author {
        let role = self.caller.role().clone();
        let authority = match self.caller.acting() {
            Some(operator) => Authority::Account { operator, role },
            None => Authority::Host(role),
        };
        Author { name: self.caller.name().to_owned(), authority }
    }

    async fn phones_of(
        &self,
        capability: Capability,
        selection: &Selection,
    ) -> Result<Vec<(DeviceId, Mac)>, AppError> {
        let mut phones = Vec::new();
        let phone = |record: &DeviceRecord| phones.push((record.device.value.id, record.device.value.mac));
        self.every_record(capability, selection, phone).await?;
        Ok(phones)
    }
}

const fn audit_action(action: &JobAction) -> &'static str {
    match action {
        JobAction::CheckStatus => "job.check_status",
        JobAction::Restart(_) => "job.restart",
        JobAction::UpdateConfiguration => "job.update_configuration",
        JobAction::UpdateFirmware { .. } => "job.update_firmware",
        JobAction::SendMessage { .. } => "job.send_message",
    }
}

const fn steer_action(steer: Steer) -> &'static str {
    match steer {
        Steer::Pause => "job.pause",
        Steer::Resume => "job.resume",
        Steer::Cancel => "job.cancel",
        Steer::Retry => "job.retry",
    }
}

fn out_of_place(job: &Job, steer: Steer) -> AppError {
    let what = match steer {
        Steer::Pause => "only a job that goes on is paused",
        Steer::Resume => "only a job that is paused goes on again",
        Steer::Cancel => "only a job that is not over is cancelled",
        Steer::Retry => "nothing of it failed that may be tried again",
    };
    AppError::conflict(format!("{what}; this one is {}", job.state.word()))
}
