//! The work on jobs: one batch at a time, each item committed before its command leaves (C21 to C24).

mod check;
mod together;

use std::time::Duration;

use self::{check::Checked, together::together};
use super::{App, AppError};
use crate::{
    access::Role,
    id::JobId,
    job::{Authority, ItemState, Job, JobItem, JobState},
    log::LogText,
    outbound::{Delivery, PhoneSaid, SendError, SessionId},
    store::{Batch, Change, JobChange, JobItems, OperatorKey, Page, Store},
    time::Timestamp,
};

/// How often the driver calls [`App::work_on_jobs`].
pub const WORK: Duration = Duration::from_secs(1);

/// For how long a node takes a job: longer than a batch takes, with clocks that do not quite agree.
pub const LEASE: Duration = Duration::from_mins(1);

/// How many jobs are worked on at once.
const JOBS: u32 = 16;

/// How many items are looked at for one batch. More than a batch has, because what is not to be sent any more
/// costs no time.
const LOOK: u32 = 200;

/// A batch that is to be sent, and what is not.
#[derive(Default)]
struct Plan {
    send: Vec<(u32, SessionId, Delivery)>,
    settle: Vec<(u32, ItemState, LogText)>,
    /// Whether nothing is left behind what was looked at.
    is_end: bool,
}

impl<S: Store> App<S> {
    /// Works on the jobs that are due: at most one batch of each, and waits for the answers of the phones. Other
    /// nodes may do the same at the same time.
    ///
    /// # Errors
    ///
    /// The store fails; the other jobs are worked on all the same. What was being sent then is *unknown* once
    /// the lease has ended.
    pub async fn work_on_jobs(&self) -> Result<(), AppError> {
        let now = self.now();
        // What is due may not be, until the clock has shown that it goes on from where it was set to (C16).
        if self.clock_was_set(now) {
            return Ok(());
        }
        let due = self.store.due_jobs(now.wall, JOBS).await?;
        let batches = due.iter().map(|job| self.batch_of(job.id)).collect();
        together(batches).await.into_iter().collect()
    }

    async fn batch_of(&self, id: JobId) -> Result<(), AppError> {
        let began = self.now().wall;
        let take = JobChange::Take { job: id, node: self.node, at: began, lease: LEASE };
        if !self.commit(Batch::of(take)).await?.skipped.is_empty() {
            return Ok(());
        }
        let Some(job) = self.store.job(id).await? else { return Ok(()) };
        if job.lease.holder != Some(self.node) {
            return Ok(());
        }
        let goes_on = job.state == JobState::Active && job.next_at <= began;
        let plan = if goes_on { self.plan(&job).await? } else { Plan { is_end: true, ..Plan::default() } };
        let next_at = match plan.send.is_empty() {
            // Whoever is left out does not make the others wait.
            true if plan.is_end => job.next_at,
            true => began,
            false => began.plus(job.pace.pause.duration()),
        };
        let sent = self.send(&job, plan, began, next_at).await?;
        let now = self.now().wall;
        let settled = sent.into_iter().map(|(item, state, text)| settled(&job, item, state, text, now));
        self.commit(batch(settled.chain([go_on(&job, next_at, now)]))).await?;
        Ok(())
    }

    /// What of the queue is sent now, and what is not any more.
    async fn plan(&self, job: &Job) -> Result<Plan, AppError> {
        let queued = JobItems { job: job.id, state: Some(ItemState::Queued) };
        let items = self.store.job_items(queued, Page::first(LOOK)).await?;
        let role = self.role_of(job).await?;
        let mut plan = Plan { is_end: items.len() < LOOK as usize, ..Plan::default() };
        for JobItem { number, device, .. } in items {
            if plan.send.len() >= usize::from(job.pace.batch.get()) {
                plan.is_end = false;
                break;
            }
            let session = SessionId::new(self.random());
            match self.check(job, role.as_ref(), device, session).await? {
                Checked::Send(delivery) => plan.send.push((number, session, *delivery)),
                Checked::Settle(state, why) => plan.settle.push((number, state, LogText::of(&why))),
            }
        }
        Ok(plan)
    }

    /// Commits what is to leave, and sends it; what became of each.
    async fn send(
        &self,
        job: &Job,
        plan: Plan,
        began: Timestamp,
        next_at: Timestamp,
    ) -> Result<Vec<(u32, ItemState, LogText)>, AppError> {
        let epoch = job.lease.epoch;
        let left = plan.settle.into_iter().map(|(item, state, text)| settled(job, item, state, text, began));
        let mut changes: Vec<JobChange> = left.collect();
        let first = changes.len();
        changes.extend(plan.send.iter().map(|(item, session, _)| JobChange::Sending {
            job: job.id,
            epoch,
            item: *item,
            session: *session,
            at: began,
        }));
        changes.push(go_on(job, next_at, began.plus(LEASE)));
        let committed = self.commit(batch(changes.into_iter())).await?;
        // Another job is sending to the same phone, somebody has paused this one, or it has another holder.
        let may_leave = |at: usize| !committed.skipped.contains(&(first + at));
        let leaving = plan.send.iter().enumerate().filter(|(at, _)| may_leave(*at));
        let calls = leaving
            .map(|(_, (item, _, delivery))| async move { (*item, self.ports.phones.send(delivery).await) });
        let answers = together(calls.collect()).await;
        Ok(answers.into_iter().map(|(item, answer)| became(item, answer)).collect())
    }

    /// What the author of a job may do now.
    async fn role_of(&self, job: &Job) -> Result<Option<Role>, AppError> {
        let account = match &job.author.authority {
            Authority::Host(_) => None,
            Authority::Account { operator, .. } => self.store.operator(OperatorKey::Id(*operator)).await?,
        };
        let account = account.filter(|account| account.value.enabled);
        Ok(job.author.authority.now(account.as_ref().map(|account| &account.value.role)))
    }
}

fn batch(changes: impl Iterator<Item = JobChange>) -> Batch {
    Batch { changes: changes.map(Change::from).collect(), ..Batch::default() }
}

fn settled(job: &Job, item: u32, state: ItemState, text: LogText, at: Timestamp) -> JobChange {
    JobChange::Settle { job: job.id, epoch: job.lease.epoch, item, state, text, at }
}

fn go_on(job: &Job, next_at: Timestamp, until: Timestamp) -> JobChange {
    JobChange::GoOn { job: job.id, epoch: job.lease.epoch, next_at, until }
}

fn became(item: u32, answer: Result<PhoneSaid, SendError>) -> (u32, ItemState, LogText) {
    match answer {
        Ok(PhoneSaid { text, .. }) => (item, ItemState::Accepted, text),
        Err(error) => {
            let state = if error.may_have_arrived() { ItemState::Unknown } else { ItemState::Failed };
            (item, state, LogText::of(&error.to_string()))
        }
    }
}
