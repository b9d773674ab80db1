//! The one thread that writes: take what is queued, and what is queued meanwhile, commit it together,
//! answer.

use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
};

use ipp_core::store::{Batch, Committed, StoreError, StoreErrorKind, StoreResult, batch::MAX_CHANGES};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{connection, error::Fault, group, migrate, options::SqliteOptions};

/// How many changes are grouped. Larger batches are committed alone.
const GROUPED: usize = 256;

/// After how many changes the statistics of the tables may be out of date.
const LEARN_AFTER: usize = 100_000;

/// The queue in front of the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// A batch, and where its answer goes.
#[derive(Debug)]
struct Job {
    batch: Batch,
    answer: Answer,
}

type Answer = oneshot::Sender<StoreResult<Committed>>;

impl Writer {
    /// Opens the file, brings its schema up to date and starts the thread.
    pub(crate) fn start(options: &SqliteOptions) -> StoreResult<Self> {
        let mut conn = connection::to_write(options)?;
        migrate::run(&mut conn).map_err(|fault| connection::cannot_open(options, fault))?;
        connection::learn(&conn);
        let (queue, jobs) = sync_channel(options.queue);
        let mut lane = Lane { options: options.clone(), conn: Some(conn), unlearnt: 0 };
        let thread = std::thread::Builder::new()
            .name("ipp-sqlite-writer".to_owned())
            .spawn(move || lane.run(&jobs))
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Unavailable, "cannot start the thread that writes")
                    .because(error)
            })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(crate) async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        if batch.changes.len() > MAX_CHANGES {
            let message =
                format!("a batch of {} changes; at most {MAX_CHANGES} are allowed", batch.changes.len());
            return Err(StoreError::new(StoreErrorKind::Invalid, message));
        }
        let (answer, answered) = oneshot::channel();
        match self.queue.as_ref().map(|queue| queue.try_send(Job { batch, answer })) {
            Some(Ok(())) => answered.await.unwrap_or_else(|_| Err(stopped())),
            Some(Err(TrySendError::Full(_))) => {
                Err(StoreError::new(StoreErrorKind::Busy, "too many writes are waiting"))
            }
            Some(Err(TrySendError::Disconnected(_))) | None => Err(stopped()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue lets the thread write what is left in it and end.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to say.
            drop(thread.join());
        }
    }
}

/// What the thread has.
struct Lane {
    options: SqliteOptions,
    /// `None` after trouble with the file; opened again for the next group.
    conn: Option<Connection>,
    /// Changes since the statistics of the tables were renewed.
    unlearnt: usize,
}

impl Lane {
    fn run(&mut self, jobs: &Receiver<Job>) {
        let mut next = None;
        while let Some(first) = next.take().or_else(|| jobs.recv().ok()) {
            let mut intake = Intake::begin(&first, jobs);
            let mut batches = vec![first.batch];
            let mut answers = vec![first.answer];
            let results = self.apply(&mut batches, &mut || {
                let job = intake.next()?;
                answers.push(job.answer);
                Some(job.batch)
            });
            next = intake.held;
            self.answer(&batches, answers, results);
        }
    }

    fn answer(&mut self, batches: &[Batch], answers: Vec<Answer>, results: Vec<StoreResult<Committed>>) {
        for (answer, result) in answers.into_iter().zip(results) {
            // Whoever does not wait any more does not mind.
            drop(answer.send(result));
        }
        self.unlearnt += batches.iter().map(|batch| batch.changes.len()).sum::<usize>();
        if self.unlearnt >= LEARN_AFTER
            && let Some(conn) = &self.conn
        {
            connection::learn(conn);
            self.unlearnt = 0;
        }
    }

    fn apply(
        &mut self,
        batches: &mut Vec<Batch>,
        more: &mut dyn FnMut() -> Option<Batch>,
    ) -> Vec<StoreResult<Committed>> {
        let fault = match self.connection().and_then(|conn| group::commit(conn, batches, more)) {
            Ok(results) => return results,
            Err(fault) => fault,
        };
        let errors = fault.shared(batches.len());
        if let Some(error) = errors.first() {
            tracing::warn!(batches = batches.len(), %error, "a group of writes failed");
            if error.kind() == StoreErrorKind::Unavailable {
                self.conn = None;
            }
        }
        errors.into_iter().map(Err).collect()
    }

    fn connection(&mut self) -> Result<&mut Connection, Fault> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => connection::to_write(&self.options)?,
        };
        Ok(self.conn.insert(conn))
    }
}

/// What is queued behind the first of a group, as far as it fits in. Nothing is waited for.
struct Intake<'a> {
    jobs: &'a Receiver<Job>,
    room: usize,
    /// What no longer fitted in: the first of the next group.
    held: Option<Job>,
}

impl<'a> Intake<'a> {
    fn begin(first: &Job, jobs: &'a Receiver<Job>) -> Self {
        Self { jobs, room: GROUPED.saturating_sub(weight(first)), held: None }
    }

    fn next(&mut self) -> Option<Job> {
        if self.room == 0 || self.held.is_some() {
            return None;
        }
        let job = self.jobs.try_recv().ok()?;
        let Some(room) = self.room.checked_sub(weight(&job)) else {
            self.held = Some(job);
            return None;
        };
        self.room = room;
        Some(job)
    }
}

fn weight(job: &Job) -> usize {
    job.batch.changes.len().max(1)
}

fn stopped() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the store has stopped writing; see the log and restart")
}
