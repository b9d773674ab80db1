//! A group of batches in one transaction.

use ipp_core::store::{Batch, Committed, StoreResult};
use rusqlite::{Connection, TransactionBehavior};

use crate::{apply::Applier, error::Outcome, rows::execute};

/// Applies the batches in order, and those that `more` has by then, and commits them together. A batch
/// that fails leaves nothing, and its neighbours stay; the outer error means that nothing of the group
/// was written.
pub(crate) fn commit(
    conn: &mut Connection,
    batches: &mut Vec<Batch>,
    more: &mut dyn FnMut() -> Option<Batch>,
) -> Outcome<Vec<StoreResult<Committed>>> {
    batches.extend(std::iter::from_fn(&mut *more));
    match batches.as_slice() {
        // Others may follow a report while it is applied.
        [batch] if !batch.is_status_only() => return alone(conn, batch).map(|answer| vec![answer]),
        _ => {}
    }
    match attempt(conn, batches, more, Apart::WhereNeeded)? {
        Some(answers) => Ok(answers),
        // What cannot fail has failed, such as a report for a damaged row: find out which it is.
        None => attempt(conn, batches, &mut || None, Apart::Always).map(Option::unwrap_or_default),
    }
}

/// A batch without neighbours needs no savepoint: the transaction is one. For ten thousand changes
/// this is four times quicker, because SQLite walks what it saved with every statement.
fn alone(conn: &mut Connection, batch: &Batch) -> Outcome<StoreResult<Committed>> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match Applier::new(&transaction)?.batch(batch) {
        Ok(committed) => {
            transaction.commit()?;
            Ok(Ok(committed))
        }
        Err(fault) if fault.concerns_all() => Err(fault),
        Err(fault) => Ok(Err(fault.into())),
    }
}

/// Which batches get a savepoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// Those that may fail. Status reports cannot, so they do without.
    WhereNeeded,
    /// All.
    Always,
}

/// `None` where a batch without a savepoint failed; then nothing was written.
fn attempt(
    conn: &mut Connection,
    batches: &mut Vec<Batch>,
    more: &mut dyn FnMut() -> Option<Batch>,
    apart: Apart,
) -> Outcome<Option<Vec<StoreResult<Committed>>>> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut applier = Applier::new(&transaction)?;
    let mut answers = Vec::with_capacity(batches.len());
    loop {
        // While these were applied, others were queued: one sync serves them too.
        if answers.len() == batches.len() {
            batches.extend(more());
        }
        let Some(batch) = batches.get(answers.len()) else { break };
        let together = apart == Apart::WhereNeeded && batch.is_status_only();
        let outcome = if together {
            applier.unsettled(batch).map(|committed| answers.push(Ok(committed)))
        } else {
            applier.settle()
        };
        match outcome {
            Ok(()) if together => {}
            Ok(()) => answers.push(in_savepoint(&transaction, &mut applier, batch)?),
            Err(fault) if fault.concerns_all() => return Err(fault),
            Err(_) => return Ok(None),
        }
    }
    match applier.settle() {
        Ok(()) => {}
        Err(fault) if fault.concerns_all() => return Err(fault),
        Err(_) => return Ok(None),
    }
    transaction.commit()?;
    Ok(Some(answers))
}

/// The inner error is the batch's own; the outer one ends the group.
fn in_savepoint(
    conn: &Connection,
    applier: &mut Applier<'_>,
    batch: &Batch,
) -> Outcome<StoreResult<Committed>> {
    execute(conn, "SAVEPOINT batch", [])?;
    match applier.batch(batch) {
        Ok(committed) => {
            execute(conn, "RELEASE batch", [])?;
            Ok(Ok(committed))
        }
        Err(fault) if fault.concerns_all() || conn.is_autocommit() => Err(fault),
        Err(fault) => {
            execute(conn, "ROLLBACK TO batch", [])?;
            execute(conn, "RELEASE batch", [])?;
            Ok(Err(fault.into()))
        }
    }
}
