//! Events of phones: a ring for each.

use ipp_core::{
    id::DeviceId,
    log::{DeviceEvent, event::KEPT_EVENTS},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, json, number, one};
use crate::error::{Blame, Outcome};

const LAST: &str = "SELECT * FROM device_event WHERE device = ?1 ORDER BY number DESC LIMIT 1";
const OF: &str = "SELECT * FROM device_event WHERE device = ?1 ORDER BY number DESC";
const EVERY: &str = "SELECT * FROM device_event ORDER BY device, number";
const DEVICE_THERE: &str = "SELECT 1 FROM device WHERE id = ?1";
const PUT: &str = "
    INSERT INTO device_event (device, number, first_at, at, count, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO UPDATE SET first_at = excluded.first_at, at = excluded.at, count = excluded.count";
// Pruning leaves gaps, so they are counted; there are never more than one too many.
const TRIM: &str = "
    DELETE FROM device_event WHERE device = ?1 AND number <= (
        SELECT number FROM device_event WHERE device = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
const PRUNE: &str = "
    DELETE FROM device_event WHERE (device, number) IN (
        SELECT device, number FROM device_event WHERE at < ?1 ORDER BY at, device, number LIMIT ?2)";

/// Adds an event, or counts it with the last one, where the device is there.
pub(crate) fn add(conn: &Connection, event: &DeviceEvent) -> Outcome<()> {
    match one(conn, DEVICE_THERE, params![event.device.as_bytes()], |_| Ok(()))? {
        Some(()) => add_to(conn, event),
        None => Ok(()),
    }
}

/// The same for a device that is known to be there.
pub(crate) fn add_to(conn: &Connection, event: &DeviceEvent) -> Outcome<()> {
    let device = event.device.as_bytes();
    match one(conn, LAST, params![device], |row| Ok((place(row)?, read(row)?)))? {
        Some((at, last)) if last.is_like(event) => put(conn, at, &last.and(event)),
        Some((at, _)) => {
            put(conn, at + 1, event)?;
            // A ring that was never full has its first number still.
            if at >= KEPT_EVENTS as u64 {
                execute(conn, TRIM, params![device, number(KEPT_EVENTS as u64)?])?;
            }
            Ok(())
        }
        None => put(conn, 1, event),
    }
}

pub(crate) fn of(conn: &Connection, device: DeviceId) -> Outcome<Vec<DeviceEvent>> {
    all(conn, OF, params![device.as_bytes()], read)
}

/// Appends an event as it was, whatever the one before it is.
pub(crate) fn append(conn: &Connection, event: &DeviceEvent) -> Outcome<()> {
    let device = params![event.device.as_bytes()];
    let last = one(conn, LAST, device, place)?.unwrap_or(0);
    put(conn, last + 1, event)
        .map_err(|fault| Blame::of(conn, fault).missing("device", DEVICE_THERE, device).fault())
}

/// Shows every event, those of a phone the oldest first.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(DeviceEvent) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

/// Takes out events of before a time; whether there were any.
pub(crate) fn prune(conn: &Connection, before: Timestamp, limit: u32) -> Outcome<bool> {
    Ok(execute(conn, PRUNE, params![before.as_millis(), limit])? > 0)
}

fn put(conn: &Connection, at: u64, event: &DeviceEvent) -> Outcome<()> {
    let DeviceEvent { device, kind, first_at, at: last_at, count } = event;
    let row = params![
        device.as_bytes(),
        number(at)?,
        first_at.as_millis(),
        last_at.as_millis(),
        count,
        json(kind)?
    ];
    execute(conn, PUT, row)?;
    Ok(())
}

fn place(row: &Row<'_>) -> Outcome<u64> {
    Fields::new("device_event", row).unsigned("number")
}

fn read(row: &Row<'_>) -> Outcome<DeviceEvent> {
    let fields = Fields::new("device_event", row);
    Ok(DeviceEvent {
        device: fields.bytes("device", DeviceId::from_bytes)?,
        kind: fields.json("kind")?,
        first_at: fields.time("first_at")?,
        at: fields.time("at")?,
        count: fields.get("count")?,
    })
}
