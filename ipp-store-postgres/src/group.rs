//! A group of batches in one transaction.

use ipp_core::{
    status::StatusReport,
    store::{Batch, Change, Committed, StatusChange, StoreResult},
};

use crate::{
    apply::{Apart, Applier, Needs},
    connection::{Begin, Commit, Conn},
    error::{Fault, Outcome},
    lane::Lane,
};

/// Why a group was not acknowledged.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nothing of it was written.
    Nothing(Fault),
    /// The answer to the commit was lost: whether it took effect has to be asked. If it did, these are
    /// the answers.
    Unknown(Vec<StoreResult<Committed>>, Fault),
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Nothing(fault)
    }
}

/// Applies the batches in order and commits them together, under the number `turn` of their writer. A
/// batch that fails leaves nothing, and its neighbours stay; the outer error means that the group as a
/// whole failed.
pub(crate) async fn commit(
    conn: &Conn,
    lane: &Lane,
    turn: i64,
    batches: &[Batch],
) -> Result<Vec<StoreResult<Committed>>, Failed> {
    conn.begin(Begin::Write);
    let needs = batches.iter().map(Needs::of).max().unwrap_or(Needs::Rows);
    let leading = batches.get(..leading_reports(batches)).unwrap_or_default();
    let mut applier = Applier::new(conn, lane, turn, needs, &reports_of(leading)).await?;
    let answers = apply(conn, &mut applier, batches).await?;
    if answers.iter().all(Result::is_err) {
        conn.roll_back();
        return Ok(answers);
    }
    match conn.commit_with(&applier.last(lane)?).await {
        Commit::Done => Ok(answers),
        Commit::Nothing(fault) => Err(Failed::Nothing(fault)),
        Commit::Unknown(fault) => Err(Failed::Unknown(answers, fault)),
    }
}

async fn apply(
    conn: &Conn,
    applier: &mut Applier<'_>,
    batches: &[Batch],
) -> Outcome<Vec<StoreResult<Committed>>> {
    let mut answers = Vec::with_capacity(batches.len());
    while let Some(rest) = batches.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let reports = leading_reports(rest);
        if let Some(batches) = rest.get(..reports).filter(|batches| !batches.is_empty()) {
            let last = reports == rest.len();
            answers.extend(together(applier, batches, last).await?.into_iter().map(Ok));
        } else if let Some(batch) = rest.first() {
            answers.push(in_savepoint(conn, applier, batch).await?);
        }
    }
    Ok(answers)
}

/// How many batches at the beginning are nothing but reports.
fn leading_reports(batches: &[Batch]) -> usize {
    batches.iter().take_while(|batch| batch.is_status_only()).count()
}

/// Reports expect nothing and cannot fail, so those of several batches are put together.
async fn together(applier: &mut Applier<'_>, batches: &[Batch], last: bool) -> Outcome<Vec<Committed>> {
    let mut done = applier.reports(&reports_of(batches), last).await?.into_iter();
    let catalog = applier.catalog();
    let committed = |batch: &Batch| {
        let own = done.by_ref().take(batch.changes.len()).enumerate();
        let skipped = own.filter(|(_, done)| !done).map(|(at, _)| at).collect();
        Committed { catalog, skipped }
    };
    Ok(batches.iter().map(committed).collect())
}

fn reports_of(batches: &[Batch]) -> Vec<&StatusReport> {
    batches.iter().flat_map(|batch| batch.changes.iter().filter_map(report)).collect()
}

fn report(change: &Change) -> Option<&StatusReport> {
    if let Change::Status(StatusChange::Report(report)) = change { Some(report) } else { None }
}

/// The inner error is the batch's own; the outer one ends the group.
async fn in_savepoint(
    conn: &Conn,
    applier: &mut Applier<'_>,
    batch: &Batch,
) -> Outcome<StoreResult<Committed>> {
    applier.settle_for(batch).await?;
    conn.send("SAVEPOINT batch");
    let mut outcome = applier.batch(batch, Apart::Never).await;
    if let Err(fault) = &outcome
        && fault.is_constraint()
        && batch.changes.len() > 1
    {
        // Which change was the first to break one shows one by one.
        conn.send("ROLLBACK TO SAVEPOINT batch");
        outcome = applier.batch(batch, Apart::Always).await;
    }
    match outcome {
        Ok(committed) => {
            conn.send("RELEASE SAVEPOINT batch");
            Ok(Ok(committed))
        }
        Err(fault) if fault.concerns_all() => Err(fault),
        Err(fault) => {
            conn.send("ROLLBACK TO SAVEPOINT batch");
            conn.send("RELEASE SAVEPOINT batch");
            Ok(Err(fault.into()))
        }
    }
}
