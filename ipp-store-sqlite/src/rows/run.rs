//! Runs.

use ipp_core::{
    id::RunId,
    store::{Page, Run, RunFilter, RunNote, run::KEPT_RUNS},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, number};
use crate::error::Outcome;

const PAGE: &str = "
    SELECT * FROM run
    WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR id = ?2) AND (?3 IS NULL OR actor = ?3)
    ORDER BY id DESC LIMIT ?4";
const ALL: &str = "SELECT * FROM run ORDER BY id";
const RESTORE: &str = "
    INSERT INTO run (id, actor, began_at, last_at, published, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const BEGIN: &str = "
    INSERT INTO run (id, actor, began_at, last_at, published, failed) VALUES (?1, ?2, ?3, ?3, 0, 0)
    ON CONFLICT DO NOTHING";
const NOTE: &str = "UPDATE run SET last_at = max(last_at, ?2), failed = failed + ?3 WHERE id = ?1";
const PRUNE: &str = "DELETE FROM run WHERE id IN (SELECT id FROM run ORDER BY id DESC LIMIT -1 OFFSET ?1)";
const PUBLISHED: &str = "UPDATE run SET published = published + ?2 WHERE id = ?1";

pub(crate) fn page(conn: &Connection, filter: &RunFilter, page: Page<RunId>) -> Outcome<Vec<Run>> {
    let RunFilter { id, actor } = filter;
    let (after, id) = (page.after.as_ref().map(RunId::as_bytes), id.as_ref().map(RunId::as_bytes));
    all(conn, PAGE, params![after, id, actor, page.limit], read)
}

/// Every run, by id.
pub(crate) fn visit(conn: &Connection, mut each: impl FnMut(Run) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, ALL, |row| each(read(row)?))
}

pub(crate) fn restore(conn: &Connection, run: &Run) -> Outcome<()> {
    let Run { id, actor, began_at, last_at, published, failed } = run;
    let (began_at, last_at) = (began_at.as_millis(), last_at.as_millis());
    execute(
        conn,
        RESTORE,
        params![id.as_bytes(), actor, began_at, last_at, number(*published)?, number(*failed)?],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Outcome<Run> {
    let fields = Fields::new("run", row);
    Ok(Run {
        id: fields.bytes("id", RunId::from_bytes)?,
        actor: fields.get("actor")?,
        began_at: fields.time("began_at")?,
        last_at: fields.time("last_at")?,
        published: fields.unsigned("published")?,
        failed: fields.unsigned("failed")?,
    })
}

/// Notes a batch of a run, and forgets the oldest runs with each new one.
pub(crate) fn note(conn: &Connection, note: &RunNote) -> Outcome<()> {
    let RunNote { id, actor, at, failed } = note;
    let is_new = execute(conn, BEGIN, params![id.as_bytes(), actor, at.as_millis()])? > 0;
    execute(conn, NOTE, params![id.as_bytes(), at.as_millis(), number(*failed)?])?;
    if is_new {
        execute(conn, PRUNE, params![number(KEPT_RUNS as u64)?])?;
    }
    Ok(())
}

/// Adds to what a run published, where the run is known.
pub(crate) fn published(conn: &Connection, run: RunId, files: u64) -> Outcome<()> {
    execute(conn, PUBLISHED, params![run.as_bytes(), number(files)?])?;
    Ok(())
}
