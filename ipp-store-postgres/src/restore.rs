//! Restorations: everything is put in one transaction, which either is there whole at its end or never
//! was.

use ipp_core::{
    blob::BoxFuture,
    catalog::CatalogRevision,
    store::{Restore, StoreError, StoreErrorKind, StoreResult, StoredRow, dump::RowSink},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use crate::{
    apply::Restorer,
    connection::{Begin, Conn, Source},
    error::Outcome,
    rows::{self, Fields, all},
    value::params,
};

/// Begins a restoration; answers once the store is locked and known to be empty.
pub(crate) async fn begin(source: &Source, lane: i64, runtime: &Handle) -> StoreResult<Restore> {
    let (jobs, receiver) = mpsc::channel(1);
    let (begun, answered) = oneshot::channel();
    runtime.spawn(run(source.clone(), lane, begun, receiver));
    answered.await.unwrap_or_else(|_| Err(over()))?;
    Ok(Restore::new(Jobs(jobs)))
}

/// What the task is asked for, and where its answer goes.
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

async fn run(
    source: Source,
    lane: i64,
    begun: oneshot::Sender<StoreResult<()>>,
    mut jobs: mpsc::Receiver<Job>,
) {
    let conn = match source.own().await {
        Ok(conn) => conn,
        Err(error) => return drop(begun.send(Err(source.cannot_open(error)))),
    };
    conn.begin(Begin::WriteAll);
    if let Err(fault) = lock_empty(&conn, source.schema()).await {
        return drop(begun.send(Err(fault.into())));
    }
    drop(begun.send(Ok(())));
    let mut restorer = Restorer::new(conn.clone(), lane);
    // Returning before the end rolls everything back.
    let answer = loop {
        match jobs.recv().await {
            Some(Job::Put(rows, answer)) => {
                let put = restorer.put(&rows).await;
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
    let finished = match restorer.settle().await {
        Ok(()) => conn.commit().await,
        Err(fault) => Err(fault),
    };
    if finished.is_ok()
        && let Err(fault) = learn(&conn, source.schema()).await
    {
        tracing::debug!(error = %StoreError::from(fault), "the statistics of the tables were not renewed");
    }
    drop(answer.send(finished.map_err(StoreError::from)));
}

/// Lets PostgreSQL look at what the tables hold now: until it does that by itself, lists would be searched
/// for as if they were empty.
async fn learn(conn: &Conn, schema: &str) -> Outcome<()> {
    conn.begin(Begin::WriteAll);
    for table in tables(conn, schema).await? {
        conn.script(&format!("ANALYZE \"{table}\"")).await?;
    }
    conn.commit().await
}

/// Every write touches its writer's row, so whoever would write waits.
const LOCK: &str = "LOCK TABLE writer IN EXCLUSIVE MODE";
const TABLES: &str = "
    SELECT tablename::text AS name FROM pg_tables
    WHERE schemaname = $1 AND tablename NOT IN ('schema_version', 'meta', 'writer', 'log_head')";

/// Refuses where any table has a row, whatever its name: a table that is added is looked at too.
async fn lock_empty(conn: &Conn, schema: &str) -> Outcome<()> {
    conn.script(LOCK).await?;
    let mut used = rows::catalog::revision(conn).await? > CatalogRevision(0);
    for table in tables(conn, schema).await? {
        let any = conn.rows_once(&format!("SELECT 1 AS used FROM \"{table}\" LIMIT 1"), &[]).await?;
        used |= !any.is_empty();
    }
    if used {
        let message = "the store is not empty; restore into a new one";
        return Err(StoreError::new(StoreErrorKind::Taken, message).into());
    }
    Ok(())
}

async fn tables(conn: &Conn, schema: &str) -> Outcome<Vec<String>> {
    all(conn, TABLES, &params![schema], |row| Fields::new("pg_tables", row).text("name")).await
}

fn over() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the restoration is over; begin it again")
}
