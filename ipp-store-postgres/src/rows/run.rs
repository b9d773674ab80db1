//! Runs.

use ipp_core::{
    id::RunId,
    store::{Page, Run, RunFilter, RunNote, StoredRow, run::KEPT_RUNS},
};
use tokio_postgres::Row;

use super::{Fields, all, number, visit as visit_rows};
use crate::{connection::Conn, dump::Out, error::Outcome, value::params};

const PAGE: &str = "
    SELECT * FROM run
    WHERE ($1 IS NULL OR id < $1) AND ($2 IS NULL OR id = $2) AND ($3 IS NULL OR actor = $3)
    ORDER BY id DESC LIMIT $4";
const ALL: &str = "SELECT * FROM run ORDER BY id";
const RESTORE: &str = "
    INSERT INTO run (id, actor, began_at, last_at, published, failed) VALUES ($1, $2, $3, $4, $5, $6)";
const BEGIN: &str = "
    INSERT INTO run (id, actor, began_at, last_at, published, failed) VALUES ($1, $2, $3, $3, 0, 0)
    ON CONFLICT DO NOTHING";
const NOTE: &str = "UPDATE run SET last_at = greatest(last_at, $2), failed = failed + $3 WHERE id = $1";
const PRUNE: &str = "DELETE FROM run WHERE id IN (SELECT id FROM run ORDER BY id DESC OFFSET $1)";
const PUBLISHED: &str = "UPDATE run SET published = published + $2 WHERE id = $1";

pub(crate) async fn page(conn: &Conn, filter: &RunFilter, page: Page<RunId>) -> Outcome<Vec<Run>> {
    let RunFilter { id, actor } = filter;
    let (after, id) = (page.after.as_ref().map(RunId::as_bytes), id.as_ref().map(RunId::as_bytes));
    all(conn, PAGE, &params![after, id, actor, page.limit], read).await
}

/// Gives out every run, by id.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, ALL, out, |row| Ok(StoredRow::Run(read(row)?))).await
}

pub(crate) async fn restore(conn: &Conn, run: &Run) -> Outcome<()> {
    let Run { id, actor, began_at, last_at, published, failed } = run;
    let row = params![
        id.as_bytes(),
        actor,
        began_at.as_millis(),
        last_at.as_millis(),
        number(*published)?,
        number(*failed)?,
    ];
    conn.execute(RESTORE, &row).await?;
    Ok(())
}

fn read(row: &Row) -> Outcome<Run> {
    let fields = Fields::new("run", row);
    Ok(Run {
        id: fields.bytes("id", RunId::from_bytes)?,
        actor: fields.text("actor")?,
        began_at: fields.time("began_at")?,
        last_at: fields.time("last_at")?,
        published: fields.unsigned("published")?,
        failed: fields.unsigned("failed")?,
    })
}

/// Notes a batch of a run, and forgets the oldest runs with each new one.
pub(crate) async fn note(conn: &Conn, note: &RunNote) -> Outcome<()> {
    let RunNote { id, actor, at, failed } = note;
    let is_new = conn.execute(BEGIN, &params![id.as_bytes(), actor, at.as_millis()]).await? > 0;
    conn.execute(NOTE, &params![id.as_bytes(), at.as_millis(), number(*failed)?]).await?;
    if is_new {
        conn.execute(PRUNE, &params![number(KEPT_RUNS as u64)?]).await?;
    }
    Ok(())
}

/// Adds to what a run published, where the run is known.
pub(crate) async fn published(conn: &Conn, run: RunId, files: u64) -> Outcome<()> {
    conn.execute(PUBLISHED, &params![run.as_bytes(), number(files)?]).await?;
    Ok(())
}
