//! Restorations: one thread puts everything in one transaction, which either is there whole at its end
//! or never was. What no longer fits into the page cache waits in the write-ahead log, so memory stays
//! bounded.

use ipp_core::{
    blob::BoxFuture,
    catalog::CatalogRevision,
    store::{Restore, StoreError, StoreErrorKind, StoreResult, StoredRow, dump::RowSink},
};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::{
    apply::Restorer,
    connection,
    error::Outcome,
    options::SqliteOptions,
    rows::{self, Fields, all, one},
};

/// Begins a restoration; answers once the store is locked and known to be empty.
pub(crate) async fn begin(options: &SqliteOptions) -> StoreResult<Restore> {
    let (jobs, receiver) = mpsc::channel(1);
    let (begun, answered) = oneshot::channel();
    let options = options.clone();
    std::thread::Builder::new()
        .name("ipp-sqlite-restore".to_owned())
        .spawn(move || run(&options, begun, receiver))
        .map_err(|error| {
            StoreError::new(StoreErrorKind::Unavailable, "cannot start a thread that writes").because(error)
        })?;
    answered.await.unwrap_or_else(|_| Err(over()))?;
    Ok(Restore::new(Jobs(jobs)))
}

/// What the thread is asked for, and where its answer goes.
enum Job {
    Put(Vec<StoredRow>, oneshot::Sender<StoreResult<()>>),
    Finish(oneshot::Sender<StoreResult<()>>),
}

struct Jobs(mpsc::Sender<Job>);

impl Jobs {
    async fn ask(&self, job: impl FnOnce(oneshot::Sender<StoreResult<()>>) -> Job) -> StoreResult<()> {
        let (answer, answered) = oneshot::channel();
        self.0.send(job(answer)).await.map_err(|_| over())?;
        answered.await.unwrap_or_else(|_| Err(over()))
    }
}

impl RowSink for Jobs {
    fn put(&mut self, rows: Vec<StoredRow>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(self.ask(|answer| Job::Put(rows, answer)))
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, StoreResult<()>> {
        Box::pin(async move { self.ask(Job::Finish).await })
    }
}

fn run(options: &SqliteOptions, begun: oneshot::Sender<StoreResult<()>>, mut jobs: mpsc::Receiver<Job>) {
    let mut conn = match connection::to_write(options) {
        Ok(conn) => conn,
        Err(error) => return drop(begun.send(Err(error))),
    };
    let transaction = match conn.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => return drop(begun.send(Err(connection::cannot_open(options, error)))),
    };
    if let Err(fault) = check_empty(&transaction) {
        return drop(begun.send(Err(fault.into())));
    }
    drop(begun.send(Ok(())));
    let mut restorer = Restorer::new(&transaction);
    // Returning before the end rolls everything back.
    let answer = loop {
        match jobs.blocking_recv() {
            Some(Job::Put(rows, answer)) => {
                let put = rows.iter().try_for_each(|row| restorer.put(row));
                let failed = put.is_err();
                drop(answer.send(put.map_err(StoreError::from)));
                if failed {
                    return;
                }
            }
            Some(Job::Finish(answer)) => break answer,
            None => return,
        }
    };
    let settled = restorer.settle();
    let finished = settled.and_then(|()| Ok(transaction.commit()?));
    connection::learn(&conn);
    drop(answer.send(finished.map_err(StoreError::from)));
}

const TABLES: &str = r"
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT IN ('schema_version', 'meta')";

/// Refuses where any table has a row, whatever its name: a table that is added is looked at too.
fn check_empty(conn: &Connection) -> Outcome<()> {
    let mut used = rows::catalog::revision(conn)? > CatalogRevision(0);
    for table in all(conn, TABLES, [], |row| Fields::new("sqlite_schema", row).get::<String>("name"))? {
        used |= one(conn, &format!("SELECT 1 FROM \"{table}\" LIMIT 1"), [], |_| Ok(()))?.is_some();
    }
    if used {
        let message = "the store is not empty; restore into a new one";
        return Err(StoreError::new(StoreErrorKind::Taken, message).into());
    }
    Ok(())
}

fn over() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the restoration is over; begin it again")
}
