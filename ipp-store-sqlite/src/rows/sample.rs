//! Hourly figures.

use std::collections::BTreeMap;

use ipp_core::{
    id::RegionId,
    log::{Figures, Hour},
    store::{SampleFilter, dump::SampledHour},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, count, execute, number};
use crate::error::Outcome;

const ADD_HOUR: &str = "
    INSERT INTO sample_hour (hour, registered, non_registered, disconnected, pending)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
const ADD: &str = "
    INSERT INTO sample (region, hour, registered, non_registered, disconnected, pending)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const HOURS: &str = "SELECT * FROM sample_hour WHERE hour >= ?1 ORDER BY hour";
const OF_REGION: &str = "SELECT * FROM sample WHERE region = ?1 AND hour >= ?2";
const OF_HOUR: &str = "SELECT * FROM sample WHERE hour = ?1 ORDER BY region";
const OLD: &str = "SELECT hour FROM sample_hour WHERE hour < ?1 ORDER BY hour LIMIT ?2";
const DELETE_HOUR: &str = "DELETE FROM sample_hour WHERE hour = ?1";
const DELETE: &str = "DELETE FROM sample WHERE hour = ?1";

/// Keeps what the counters say, unless the hour is kept already.
pub(crate) fn take(conn: &Connection, hour: Hour) -> Outcome<bool> {
    let (mut total, mut by_region) = (Figures::default(), BTreeMap::<Option<RegionId>, Figures>::new());
    for (key, phones) in count::devices(conn)? {
        total.add(&key, phones);
        by_region.entry(key.region).or_default().add(&key, phones);
    }
    add(conn, hour, total, by_region)
}

/// Puts the figures of an hour as they were.
pub(crate) fn put(conn: &Connection, sample: &SampledHour) -> Outcome<()> {
    let mut total = Figures::default();
    sample.regions.iter().for_each(|(_, figures)| total += *figures);
    add(conn, sample.hour, total, sample.regions.iter().copied()).map(drop)
}

/// Shows every hour.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(SampledHour) -> Outcome<()>) -> Outcome<()> {
    for (hour, _) in all(conn, HOURS, params![i64::MIN], |row| read("sample_hour", row))? {
        let regions = all(conn, OF_HOUR, params![hour.number()], |row| {
            let region = count::region(Fields::new("sample", row))?;
            Ok((region, read("sample", row)?.1))
        })?;
        show(SampledHour { hour, regions })?;
    }
    Ok(())
}

fn add(
    conn: &Connection,
    hour: Hour,
    total: Figures,
    by_region: impl IntoIterator<Item = (Option<RegionId>, Figures)>,
) -> Outcome<bool> {
    let [registered, non_registered, disconnected, pending] = columns(total)?;
    let row = params![hour.number(), registered, non_registered, disconnected, pending];
    if execute(conn, ADD_HOUR, row)? == 0 {
        return Ok(false);
    }
    for (region, figures) in by_region {
        let [registered, non_registered, disconnected, pending] = columns(figures)?;
        let region = count::region_bytes(region.as_ref());
        let row = params![region, hour.number(), registered, non_registered, disconnected, pending];
        execute(conn, ADD, row)?;
    }
    Ok(true)
}

pub(crate) fn since(conn: &Connection, filter: &SampleFilter) -> Outcome<Vec<(Hour, Figures)>> {
    let SampleFilter { since, regions } = filter;
    let mut hours = all(conn, HOURS, params![since.number()], |row| read("sample_hour", row))?;
    let Some(regions) = regions else { return Ok(hours) };
    let mut sums = BTreeMap::<Hour, Figures>::new();
    // A region that is named twice counts once.
    for region in regions.iter().collect::<std::collections::BTreeSet<_>>() {
        for (hour, figures) in
            all(conn, OF_REGION, params![region.as_bytes(), since.number()], |row| read("sample", row))?
        {
            *sums.entry(hour).or_default() += figures;
        }
    }
    for (hour, figures) in &mut hours {
        *figures = sums.get(hour).copied().unwrap_or_default();
    }
    Ok(hours)
}

/// Takes out hours; whether there were any.
pub(crate) fn prune(conn: &Connection, before: Hour, limit: u32) -> Outcome<bool> {
    let old = all(conn, OLD, params![before.number(), limit], |row| {
        Fields::new("sample_hour", row).get::<i64>("hour")
    })?;
    for hour in &old {
        execute(conn, DELETE, params![hour])?;
        execute(conn, DELETE_HOUR, params![hour])?;
    }
    Ok(!old.is_empty())
}

fn columns(figures: Figures) -> Outcome<[i64; 4]> {
    let Figures { registered, non_registered, disconnected, pending } = figures;
    Ok([number(registered)?, number(non_registered)?, number(disconnected)?, number(pending)?])
}

fn read(table: &'static str, row: &Row<'_>) -> Outcome<(Hour, Figures)> {
    let fields = Fields::new(table, row);
    let figures = Figures {
        registered: fields.unsigned("registered")?,
        non_registered: fields.unsigned("non_registered")?,
        disconnected: fields.unsigned("disconnected")?,
        pending: fields.unsigned("pending")?,
    };
    Ok((fields.get("hour").map(Hour::from_number)?, figures))
}
