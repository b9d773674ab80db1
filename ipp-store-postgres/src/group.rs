//! A group of batches in one transaction.

use ipp_core::{
    status::StatusReport,
    store::{Batch, Change, Committed, StatusChange, StoreResult},
};

use crate::{
    apply::{Apart, Applier, Needs},
    connection::{Begin, Conn},
    error::{self, Fault, Outcome},
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
    let (marked, applier) = tokio::join!(lane.mark(conn, turn), Applier::new(conn, lane.number, needs));
    let mut applier = match (marked, applier) {
        (Ok(()), Ok(applier)) => applier,
        (Ok(()), Err(fault)) | (Err(fault), Ok(_)) => return Err(Failed::Nothing(fault)),
        (Err(marked), Err(fault)) => return Err(Failed::Nothing(error::first([marked, fault]))),
    };
    let answers = apply(conn, &mut applier, batches).await?;
    if answers.iter().all(Result::is_err) {
        conn.roll_back();
        return Ok(answers);
    }
    applier.settle(&lane.channel, &lane.name).await?;
    match conn.commit().await {
        Ok(()) => Ok(answers),
        Err(fault) if fault.is_lost() => Err(Failed::Unknown(answers, fault)),
        Err(fault) => Err(Failed::Nothing(fault)),
    }
}

async fn apply(
    conn: &Conn,
    applier: &mut Applier<'_>,
    batches: &[Batch],
) -> Outcome<Vec<StoreResult<Committed>>> {
    let mut answers = Vec::with_capacity(batches.len());
    while let Some(rest) = batches.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let reports = rest.iter().take_while(|batch| batch.is_status_only()).count();
        if let Some(batches) = rest.get(..reports).filter(|batches| batches.len() > 1) {
            answers.extend(together(applier, batches).await?.into_iter().map(Ok));
        } else if let Some(batch) = rest.first() {
            answers.push(in_savepoint(conn, applier, batch).await?);
        }
    }
    Ok(answers)
}

/// Reports expect nothing and cannot fail, so those of several batches are put together.
async fn together(applier: &mut Applier<'_>, batches: &[Batch]) -> Outcome<Vec<Committed>> {
    let reports: Vec<&StatusReport> =
        batches.iter().flat_map(|batch| batch.changes.iter().filter_map(report)).collect();
    let mut done = applier.reports(&reports).await?.into_iter();
    let catalog = applier.catalog();
    let committed = |batch: &Batch| {
        let own = done.by_ref().take(batch.changes.len()).enumerate();
        let skipped = own.filter(|(_, done)| !done).map(|(at, _)| at).collect();
        Committed { catalog, skipped }
    };
    Ok(batches.iter().map(committed).collect())
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
