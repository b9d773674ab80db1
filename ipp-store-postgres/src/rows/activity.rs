//! The activity log.

use ipp_core::{
    id::RegionId,
    log::{ActivityEntry, LogLevel, LogText, activity::ActivityRecord},
    store::{ActivityFilter, Order, Page, StoredRow},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, number, numbers, visit as visit_rows};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{Value, columns, params},
};

// The lock on the head of the log goes with the numbers.
const ADD: &str = "
    WITH line AS (
        SELECT * FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS line (at, level, region, mac, text, place)),
    head AS (UPDATE log_head SET last = last + $6 WHERE log = 'activity' RETURNING last - $6 AS former)
    INSERT INTO activity (number, at, level, region, mac, text)
    SELECT head.former + line.place, line.at, line.level, line.region, line.mac, line.text FROM line, head";
const PUT: &str = "
    INSERT INTO activity (at, level, region, mac, text, number) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)";
const PUT_HEAD: &str = "UPDATE log_head SET last = greatest(last, $1) WHERE log = 'activity'";
const EVERY: &str = "SELECT * FROM activity ORDER BY number";
const ASCENDING: &str = "SELECT * FROM activity WHERE number > $1 ORDER BY number LIMIT $2";
const DESCENDING: &str = "SELECT * FROM activity WHERE number < $1 ORDER BY number DESC LIMIT $2";
const OF_LEVEL_ASCENDING: &str = "
    SELECT * FROM activity WHERE level = $3 AND level < 5 AND number > $1 ORDER BY number LIMIT $2";
const OF_LEVEL_DESCENDING: &str = "
    SELECT * FROM activity WHERE level = $3 AND level < 5 AND number < $1 ORDER BY number DESC LIMIT $2";
// A bounded look at the oldest lines: a line that is not out of date does not make it go further.
const PRUNE: &str = "
    DELETE FROM activity WHERE number IN (
        SELECT number FROM (SELECT number, at FROM activity ORDER BY number LIMIT $3) AS oldest
        WHERE at < $1 OR number <= (SELECT max(number) FROM activity) - $2)";

/// Adds lines under the numbers that follow.
pub(crate) async fn add(conn: &Conn, entries: &[ActivityEntry]) -> Outcome<()> {
    let Some(columns) = columns(entries.iter().map(row)) else { return Ok(()) };
    let count = number(entries.len() as u64)?;
    let add: Vec<Value<'_>> = columns.into_iter().chain([count.into()]).collect();
    conn.execute(ADD, &add).await?;
    Ok(())
}

/// Puts lines under the numbers that they had.
pub(crate) async fn put(conn: &Conn, records: &[&ActivityRecord]) -> Outcome<()> {
    let mut rows = Vec::with_capacity(records.len());
    for ActivityRecord { number: of_line, entry } in records.iter().copied() {
        let [at, level, region, mac, text] = row(entry);
        rows.push([at, level, region, mac, text, number(*of_line)?.into()]);
    }
    let last = records.iter().map(|record| record.number).max().unwrap_or_default();
    if let Some(columns) = columns(rows) {
        conn.execute(PUT, &columns).await?;
        conn.execute(PUT_HEAD, &params![number(last)?]).await?;
    }
    Ok(())
}

/// Gives out every line.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Activity(Box::new(read(row)?)))).await
}

/// A page. A level is read by its index, and the lines of several are put together: where severe lines are
/// rare, none of the others is looked at.
pub(crate) async fn page(
    conn: &Conn,
    filter: ActivityFilter,
    order: Order,
    page: Page<u64>,
) -> Outcome<Vec<ActivityRecord>> {
    let behind = numbers::behind(order, page.after);
    if filter.level == LogLevel::Verbose {
        let sql = numbers::choose(order, ASCENDING, DESCENDING);
        return all(conn, sql, &params![behind, page.limit], read).await;
    }
    let sql = numbers::choose(order, OF_LEVEL_ASCENDING, OF_LEVEL_DESCENDING);
    let mut found = Vec::new();
    for level in filter.level.and_more_severe() {
        found.extend(all(conn, sql, &params![behind, page.limit, number_of(level)], read).await?);
    }
    Ok(numbers::merged(found, |record: &ActivityRecord| record.number, order, page.limit))
}

/// Takes out lines; whether there were any.
pub(crate) async fn prune(conn: &Conn, before: Timestamp, keep: u64, limit: u32) -> Outcome<bool> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    Ok(conn.execute(PRUNE, &params![before.as_millis(), keep, limit]).await? > 0)
}

fn row(entry: &ActivityEntry) -> [Value<'_>; 5] {
    let ActivityEntry { at, level, region, mac, text } = entry;
    params![
        at.as_millis(),
        number_of(*level),
        region.as_ref().map(RegionId::as_bytes),
        mac.map(|mac| mac.bytes().to_vec()),
        text.as_str(),
    ]
}

fn read(row: &Row) -> Outcome<ActivityRecord> {
    let fields = Fields::new("activity", row);
    let entry = ActivityEntry {
        at: fields.time("at")?,
        level: level_of(fields.get("level")?).ok_or_else(|| fields.wrong("level", "levels are 1 to 5"))?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        mac: fields.get::<Option<&[u8]>>("mac")?.map(|_| fields.mac("mac")).transpose()?,
        text: LogText::stored(fields.text("text")?),
    };
    Ok(ActivityRecord { number: fields.unsigned("number")?, entry })
}

/// The number of a level in its column.
const fn number_of(level: LogLevel) -> i64 {
    match level {
        LogLevel::Error => 1,
        LogLevel::Warn => 2,
        LogLevel::Info => 3,
        LogLevel::Debugging => 4,
        LogLevel::Verbose => 5,
    }
}

fn level_of(number: i64) -> Option<LogLevel> {
    LogLevel::ALL.into_iter().find(|level| number_of(*level) == number)
}
