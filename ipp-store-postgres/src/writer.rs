//! The one task that writes: take what is queued, commit it together, answer.
//!
//! A commit whose answer is lost with the connection may have taken effect. Each transaction notes its
//! number in its writer's row, so the writer asks for that over the next connection: what took effect is
//! acknowledged and not done again, what did not is done again.

use std::time::Duration;

use ipp_core::store::{Batch, Committed, StoreError, StoreErrorKind, StoreResult, batch::MAX_CHANGES};
use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{Receiver, Sender, channel, error::TrySendError},
        oneshot,
    },
    time::{Instant, sleep},
};

use crate::{
    connection::{Conn, Source},
    error::Fault,
    group::{self, Failed},
    lane::Lane,
};

/// How many changes are grouped. Larger batches are committed alone.
const GROUPED: usize = 256;

/// How often a group is done again because another node was quicker, and how long it waits before.
const RACES: u32 = 8;
const RACE_PAUSE: Duration = Duration::from_millis(3);

/// How long to wait before connecting again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// The queue in front of the task.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Sender<Job>,
}

/// A batch, and where its answer goes.
#[derive(Debug)]
struct Job {
    batch: Batch,
    answer: Answer,
}

type Answer = oneshot::Sender<StoreResult<Committed>>;

impl Writer {
    /// Starts the task over a connection. It ends when the writer is dropped and what is queued is
    /// written.
    pub(crate) fn start(source: Source, conn: Conn, lane: Lane, runtime: &Handle) -> Self {
        let (queue, jobs) = channel(source.options().queue);
        let task = Task { source, lane, turn: 0, conn: Some(conn), pause: FIRST_PAUSE, not_before: None };
        runtime.spawn(task.run(jobs));
        Self { queue }
    }

    pub(crate) async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        if batch.changes.len() > MAX_CHANGES {
            let message =
                format!("a batch of {} changes; at most {MAX_CHANGES} are allowed", batch.changes.len());
            return Err(StoreError::new(StoreErrorKind::Invalid, message));
        }
        let (answer, answered) = oneshot::channel();
        match self.queue.try_send(Job { batch, answer }) {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(stopped())),
            Err(TrySendError::Full(_)) => {
                Err(StoreError::new(StoreErrorKind::Busy, "too many writes are waiting"))
            }
            Err(TrySendError::Closed(_)) => Err(stopped()),
        }
    }
}

/// What the task has.
struct Task {
    source: Source,
    lane: Lane,
    /// The number of the last transaction.
    turn: i64,
    /// `None` after trouble with the connection; made again for the next group.
    conn: Option<Conn>,
    pause: Duration,
    /// Until when nobody tries to connect, because that has just failed.
    not_before: Option<Instant>,
}

impl Task {
    async fn run(mut self, mut jobs: Receiver<Job>) {
        let mut next = None;
        loop {
            let first = match next.take() {
                Some(job) => job,
                None => match jobs.recv().await {
                    Some(job) => job,
                    None => break,
                },
            };
            let (batches, answers) = gather(first, &mut jobs, &mut next);
            let results = self.write(&batches).await;
            for (answer, result) in answers.into_iter().zip(results) {
                // Whoever does not wait any more does not mind.
                drop(answer.send(result));
            }
        }
        if let Some(conn) = &self.conn
            && let Err(fault) = self.lane.leave(conn).await
        {
            tracing::debug!(error = %StoreError::from(fault), "the lane of the writer is left by its age alone");
        }
    }

    async fn write(&mut self, batches: &[Batch]) -> Vec<StoreResult<Committed>> {
        let (mut races, mut again) = (0, false);
        loop {
            let conn = match self.connection().await {
                Ok(conn) => conn,
                Err(error) => return failed(Fault::Told(error), batches.len()),
            };
            self.turn += 1;
            let fault = match group::commit(&conn, &self.lane, self.turn, batches).await {
                Ok(answers) => return answers,
                Err(Failed::Unknown(answers, fault)) => {
                    self.conn = None;
                    match self.took_effect().await {
                        Some(true) => return answers,
                        Some(false) => continue,
                        None => fault,
                    }
                }
                Err(Failed::Nothing(fault)) => {
                    conn.roll_back();
                    if fault.is_race() && races < RACES {
                        races += 1;
                        sleep(RACE_PAUSE * races).await;
                        continue;
                    }
                    if fault.is_lost() || conn.is_closed() {
                        self.conn = None;
                        // The connection may have been lost long ago: a new one shows.
                        if !again {
                            again = true;
                            continue;
                        }
                    } else if batches.len() > 1 {
                        // What cannot fail has failed, such as a report for a damaged row: find out which
                        // it is.
                        return self.one_by_one(batches).await;
                    }
                    fault
                }
            };
            return failed(fault, batches.len());
        }
    }

    async fn one_by_one(&mut self, batches: &[Batch]) -> Vec<StoreResult<Committed>> {
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            answers.extend(Box::pin(self.write(std::slice::from_ref(batch))).await);
        }
        answers
    }

    /// Asks whether the last transaction took effect, until the database answers; `None` where it does
    /// not within the time that callers are kept waiting.
    async fn took_effect(&mut self) -> Option<bool> {
        let until = Instant::now() + self.source.options().patience;
        loop {
            if let Ok(conn) = self.connection().await {
                match self.lane.took_effect(&conn, self.turn).await {
                    Ok(done) => return Some(done),
                    Err(fault) => {
                        tracing::debug!(error = %StoreError::from(fault), "a commit cannot be asked about yet");
                        self.conn = None;
                    }
                }
            }
            if Instant::now() >= until {
                return None;
            }
            sleep(FIRST_PAUSE).await;
        }
    }

    /// The connection, made again where it is lost. Fails at once for a while after that has failed.
    async fn connection(&mut self) -> StoreResult<Conn> {
        if let Some(conn) = self.conn.as_ref().filter(|conn| !conn.is_closed()) {
            return Ok(conn.clone());
        }
        if self.not_before.is_some_and(|until| Instant::now() < until) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "the database cannot be reached"));
        }
        match self.source.own().await {
            Ok(conn) => {
                (self.pause, self.not_before) = (FIRST_PAUSE, None);
                Ok(self.conn.insert(conn).clone())
            }
            Err(error) => {
                self.not_before = Some(Instant::now() + self.pause);
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Err(error)
            }
        }
    }
}

fn failed(fault: Fault, count: usize) -> Vec<StoreResult<Committed>> {
    let errors = fault.shared(count);
    if let Some(error) = errors.first() {
        tracing::warn!(batches = count, %error, "a group of writes failed");
    }
    errors.into_iter().map(Err).collect()
}

/// What is queued behind the first of a group, as far as it fits in. Nothing is waited for. What no longer
/// fits in is the first of the next group.
fn gather(first: Job, jobs: &mut Receiver<Job>, next: &mut Option<Job>) -> (Vec<Batch>, Vec<Answer>) {
    let mut room = GROUPED.saturating_sub(weight(&first));
    let (mut batches, mut answers) = (vec![first.batch], vec![first.answer]);
    while room > 0
        && let Ok(job) = jobs.try_recv()
    {
        let Some(left) = room.checked_sub(weight(&job)) else {
            *next = Some(job);
            break;
        };
        room = left;
        batches.push(job.batch);
        answers.push(job.answer);
    }
    (batches, answers)
}

fn weight(job: &Job) -> usize {
    job.batch.changes.len().max(1)
}

fn stopped() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the store has stopped writing; see the log and restart")
}
