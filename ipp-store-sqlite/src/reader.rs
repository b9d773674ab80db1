//! A few threads that read, each from its own connection.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use ipp_core::store::{StoreError, StoreErrorKind, StoreResult};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{connection, error::Outcome, options::SqliteOptions};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The queue in front of the threads.
pub(crate) struct Readers {
    queue: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Opens the connections and starts the threads. The file must be there.
    pub(crate) fn start(options: &SqliteOptions) -> StoreResult<Self> {
        let (queue, jobs) = sync_channel::<Job>(options.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let mut readers = Self { queue: Some(queue), threads: Vec::with_capacity(options.readers) };
        for number in 0..options.readers {
            let mut conn = connection::to_read(options)?;
            let jobs = Arc::clone(&jobs);
            let thread = std::thread::Builder::new()
                .name(format!("ipp-sqlite-reader-{number}"))
                .spawn(move || {
                    while let Some(job) = next(&jobs) {
                        job(&mut conn);
                    }
                })
                .map_err(|error| {
                    StoreError::new(StoreErrorKind::Unavailable, "cannot start a thread that reads")
                        .because(error)
                })?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Runs a query in one read transaction, so that all of its statements see the same state: at
    /// least everything that was acknowledged before.
    pub(crate) async fn read<T, Q>(&self, query: Q) -> StoreResult<T>
    where
        T: Send + 'static,
        Q: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = move |conn: &mut Connection| {
            // A request that was given up need not be answered.
            if !answer.is_closed() {
                let result = in_transaction(conn, query).map_err(StoreError::from);
                drop(answer.send(result));
            }
        };
        match self.queue.as_ref().map(|queue| queue.try_send(Box::new(job))) {
            Some(Ok(())) => answered.await.unwrap_or_else(|_| Err(stopped())),
            Some(Err(TrySendError::Full(_))) => {
                Err(StoreError::new(StoreErrorKind::Busy, "too many reads are waiting"))
            }
            Some(Err(TrySendError::Disconnected(_))) | None => Err(stopped()),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to say.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

fn in_transaction<T>(conn: &mut Connection, query: impl FnOnce(&Connection) -> Outcome<T>) -> Outcome<T> {
    let transaction = conn.transaction()?;
    let found = query(&transaction)?;
    transaction.commit()?;
    Ok(found)
}

fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn stopped() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the store has stopped reading; see the log and restart")
}
