//! The activity log.

use ipp_core::{
    id::RegionId,
    log::{ActivityEntry, LogLevel, LogText, activity::ActivityRecord},
    mac::Mac,
    store::{ActivityFilter, Order, Page},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, number, numbered};
use crate::error::Outcome;

const ADD: &str = "INSERT INTO activity (at, level, region, mac, text) VALUES (?1, ?2, ?3, ?4, ?5)";
const PUT: &str =
    "INSERT INTO activity (number, at, level, region, mac, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const EVERY: &str = "SELECT * FROM activity ORDER BY number";
const ASCENDING: &str = "SELECT * FROM activity WHERE number > ?1 ORDER BY number LIMIT ?2";
const DESCENDING: &str = "SELECT * FROM activity WHERE number < ?1 ORDER BY number DESC LIMIT ?2";
const OF_LEVEL_ASCENDING: &str = "
    SELECT * FROM activity WHERE level = ?3 AND level < 5 AND number > ?1 ORDER BY number LIMIT ?2";
const OF_LEVEL_DESCENDING: &str = "
    SELECT * FROM activity WHERE level = ?3 AND level < 5 AND number < ?1 ORDER BY number DESC LIMIT ?2";
// A bounded look at the oldest lines: a line that is not out of date does not make it go further.
const PRUNE: &str = "
    DELETE FROM activity WHERE number IN (
        SELECT number FROM (SELECT number, at FROM activity ORDER BY number LIMIT ?3)
        WHERE at < ?1 OR number <= (SELECT max(number) FROM activity) - ?2)";

pub(crate) fn add(conn: &Connection, entry: &ActivityEntry) -> Outcome<()> {
    let ActivityEntry { at, level, region, mac, text } = entry;
    let row = params![
        at.as_millis(),
        number_of(*level),
        region.as_ref().map(RegionId::as_bytes),
        mac.map(Mac::bytes),
        text.as_str(),
    ];
    execute(conn, ADD, row)?;
    Ok(())
}

/// Puts a line under the number that it had.
pub(crate) fn put(conn: &Connection, record: &ActivityRecord) -> Outcome<()> {
    let ActivityRecord { number: at_number, entry: ActivityEntry { at, level, region, mac, text } } = record;
    let row = params![
        number(*at_number)?,
        at.as_millis(),
        number_of(*level),
        region.as_ref().map(RegionId::as_bytes),
        mac.map(Mac::bytes),
        text.as_str(),
    ];
    execute(conn, PUT, row)?;
    Ok(())
}

/// Shows every line.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(ActivityRecord) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

/// A page. A level is read by its index, and the lines of several are put together: where severe lines are
/// rare, none of the others is looked at.
pub(crate) fn page(
    conn: &Connection,
    filter: ActivityFilter,
    order: Order,
    page: Page<u64>,
) -> Outcome<Vec<ActivityRecord>> {
    let behind = numbered::behind(order, page.after);
    if filter.level == LogLevel::Verbose {
        let sql = numbered::choose(order, ASCENDING, DESCENDING);
        return all(conn, sql, params![behind, page.limit], read);
    }
    let sql = numbered::choose(order, OF_LEVEL_ASCENDING, OF_LEVEL_DESCENDING);
    let mut found = Vec::new();
    for level in filter.level.and_more_severe() {
        found.extend(all(conn, sql, params![behind, page.limit, number_of(level)], read)?);
    }
    Ok(numbered::merged(found, |record: &ActivityRecord| record.number, order, page.limit))
}

/// Takes out lines; whether there were any.
pub(crate) fn prune(conn: &Connection, before: Timestamp, keep: u64, limit: u32) -> Outcome<bool> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    Ok(execute(conn, PRUNE, params![before.as_millis(), keep, limit])? > 0)
}

fn read(row: &Row<'_>) -> Outcome<ActivityRecord> {
    let fields = Fields::new("activity", row);
    let entry = ActivityEntry {
        at: fields.time("at")?,
        level: level_of(fields.get("level")?).ok_or_else(|| fields.wrong("level", "levels are 1 to 5"))?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        mac: fields.get::<Option<[u8; 6]>>("mac")?.map(|_| fields.mac("mac")).transpose()?,
        text: LogText::stored(fields.get("text")?),
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
