//! The work on jobs: one batch at a time, each item committed before its command leaves (C21 to C24).

mod check;
mod evidence;
mod hand_over;
mod together;

use std::time::Duration;

pub(super) use self::evidence::Starts;
use self::{check::Checked, together::together};
use super::{App, AppError};
use crate::{
    access::Role,
    id::{DeviceId, JobId},
    job::{Authority, ItemState, Job, JobItem, JobState},
    log::{DeviceEvent, EventKind, LogText},
    outbound::{Delivered, Delivery, PhoneSaid, SendError, SessionId},
    store::{Batch, Change, JobChange, JobItems, LogChange, OperatorKey, Page, Store},
    time::Timestamp,
};

/// How often the driver calls [`App::work_on_jobs`].
pub const WORK: Duration = Duration::from_secs(1);

/// How many jobs are worked on at once.
const JOBS: u32 = 16;

/// How many items are looked at for one batch. More than a batch has, because what is not to be sent any more
/// costs no time.
const LOOK: u32 = 200;

/// How often a job is looked at of which nothing is left but phones that are to report.
const WAIT: Duration = Duration::from_mins(1);

/// A batch that is to be sent, and what is not.
#[derive(Default)]
struct Plan {
    send: Vec<(JobItem, SessionId, Delivery)>,
    settle: Vec<Settled>,
    /// How many of these leave with the answers to reports.
    waits: usize,
    /// Whether nothing is left behind what was looked at.
    is_end: bool,
}

/// Where an item got.
struct Settled {
    item: u32,
    device: DeviceId,
    state: ItemState,
    text: LogText,
}

impl Plan {
    fn is_full(&self, job: &Job) -> bool {
        self.send.len() + self.waits >= usize::from(job.pace.batch.get())
    }

    /// Whether nothing is left to begin with.
    fn is_idle(&self) -> bool {
        self.is_end && self.send.is_empty() && self.waits == 0
    }
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
        let done: Result<(), AppError> = together(batches).await.into_iter().collect();
        done.and(self.confirm_restarts().await)
    }

    async fn batch_of(&self, id: JobId) -> Result<(), AppError> {
        let began = self.now().wall;
        let lease = self.options.job_lease.duration();
        let take = JobChange::Take { job: id, node: self.node, at: began, lease };
        if !self.commit(Batch::of(take)).await?.skipped.is_empty() {
            return Ok(());
        }
        let Some(job) = self.store.job(id).await? else { return Ok(()) };
        if job.lease.holder != Some(self.node) {
            return Ok(());
        }
        let goes_on = job.state == JobState::Active && job.next_at <= began;
        let plan = if goes_on { self.plan(&job).await? } else { Plan { is_end: true, ..Plan::default() } };
        let only_waits = goes_on && plan.is_idle() && job.counts.waiting > 0;
        let next_at = match plan.send.len() + plan.waits {
            // Whoever is left out does not make the others wait.
            0 if !plan.is_end => began,
            0 if only_waits => began.plus(WAIT),
            0 => job.next_at,
            _ => began.plus(job.pace.pause.duration()),
        };
        let sent = self.send(&job, plan, began, next_at).await?;
        let now = self.now().wall;
        let mut done = Batch::default();
        settle(&mut done, &job, sent, now);
        self.commit(done.and(Change::Job(go_on(&job, next_at, now)))).await?;
        if only_waits { self.look_again(&job, now).await } else { Ok(()) }
    }

    /// What of the queue is sent now, and what is not any more.
    async fn plan(&self, job: &Job) -> Result<Plan, AppError> {
        let queued = JobItems { job: job.id, state: Some(ItemState::Queued) };
        let items = self.store.job_items(queued, Page::first(LOOK)).await?;
        let role = self.role_of(job).await?;
        let mut plan = Plan { is_end: items.len() < LOOK as usize, ..Plan::default() };
        for item in items {
            if plan.is_full(job) {
                plan.is_end = false;
                break;
            }
            let session = SessionId::new(self.random());
            let (number, device) = (item.number, item.device);
            let (state, text) = match self.check(job, role.as_ref(), device, session).await? {
                Checked::Send(delivery) if delivery.request.delivered == Delivered::KeepAlive => {
                    plan.waits += 1;
                    (ItemState::Waiting, "it leaves with the answer to the phone's next report".to_owned())
                }
                Checked::Send(delivery) => {
                    plan.send.push((item, session, *delivery));
                    continue;
                }
                Checked::Settle(state, why) => (state, why),
            };
            plan.settle.push(Settled { item: number, device, state, text: LogText::of(&text) });
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
    ) -> Result<Vec<Settled>, AppError> {
        let epoch = job.lease.epoch;
        let mut leaving = Batch::default();
        settle(&mut leaving, job, plan.settle, began);
        let first = leaving.changes.len();
        leaving.changes.extend(plan.send.iter().map(|(item, session, _)| {
            let (session, at) = (*session, began);
            Change::Job(JobChange::Sending { job: job.id, epoch, item: item.number, session, at })
        }));
        let until = began.plus(self.options.job_lease.duration());
        let committed = self.commit(leaving.and(Change::Job(go_on(job, next_at, until)))).await?;
        // Another job is sending to the same phone, somebody has paused this one, or it has another holder.
        let may_leave = |at: usize| !committed.skipped.contains(&(first + at));
        let leaving = plan.send.iter().enumerate().filter(|(at, _)| may_leave(*at));
        let calls = leaving
            .map(|(_, (item, _, delivery))| async move { (item, self.ports.phones.send(delivery).await) });
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

/// Writes down where items got, for the job and for the history of their phones.
fn settle(batch: &mut Batch, job: &Job, settled: Vec<Settled>, at: Timestamp) {
    let mut events = Vec::new();
    for Settled { item, device, state, text } in settled {
        if state != ItemState::Waiting {
            events.push(event(job, device, state, at));
        }
        let epoch = job.lease.epoch;
        batch.changes.push(Change::Job(JobChange::Settle { job: job.id, epoch, item, state, text, at }));
    }
    if !events.is_empty() {
        batch.changes.push(LogChange::Events(events).into());
    }
}

fn event(job: &Job, device: DeviceId, became: ItemState, at: Timestamp) -> DeviceEvent {
    let kind = EventKind::Commanded { job: job.id, command: job.action.command(), became };
    DeviceEvent::once(device, kind, at)
}

fn go_on(job: &Job, next_at: Timestamp, until: Timestamp) -> JobChange {
    JobChange::GoOn { job: job.id, epoch: job.lease.epoch, next_at, until }
}

fn became(item: &JobItem, answer: Result<PhoneSaid, SendError>) -> Settled {
    let (state, text) = match answer {
        Ok(PhoneSaid { text, .. }) => (ItemState::Accepted, text),
        Err(error) => {
            let state = if error.may_have_arrived() { ItemState::Unknown } else { ItemState::Failed };
            (state, LogText::of(&error.to_string()))
        }
    };
    Settled { item: item.number, device: item.device, state, text }
}
