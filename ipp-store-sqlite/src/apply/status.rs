//! Changes of status: the path that every phone takes every few minutes.
//!
//! A report that says nothing new costs one statement, which writes the narrow row and touches no index.
//! Any other reads the row first; wide details and counters are touched only when they differ.

use ipp_core::{
    digest::ContentHash,
    id::{DeviceId, NodeId},
    log::DeviceEvent,
    status::{Connectivity, ReportDetails, Status, StatusClass, StatusReport, silence::Uptime},
    store::{CountKey, StatusChange},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{Counted, Effect};
use crate::{
    error::{Blame, Outcome, corrupt},
    rows::{self, Fields, address, count, device_event, execute, json, millis, one},
};

pub(super) fn apply(conn: &Connection, counted: &mut Counted, change: &StatusChange) -> Outcome<Effect> {
    match change {
        StatusChange::Report(report) => receive(conn, counted, report),
        StatusChange::Disconnect { device, last_seen, at } => {
            disconnect(conn, counted, *device, *last_seen, *at)
        }
        StatusChange::Forget(device) => forget(conn, counted, *device),
    }
}

const HEARTBEAT: &str = "
    INSERT INTO uptime (node, since, until) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET until = excluded.until";

/// Notes until when a node was able to receive.
pub(super) fn heartbeat(conn: &Connection, node: NodeId, uptime: Uptime) -> Outcome<()> {
    execute(conn, HEARTBEAT, params![node.as_bytes(), uptime.from.as_millis(), uptime.until.as_millis()])?;
    Ok(())
}

const DEVICE_THERE: &str = "SELECT 1 FROM device WHERE id = ?1";
const FORMER: &str = "
    SELECT device, registration, disconnected, last_seen, changed_at, timeout_ms, peer, proxied, version,
        details_hash
    FROM status WHERE device = ?1";
const AGAIN: &str = "
    UPDATE status SET last_seen = ?2, timeout_ms = ?3, peer = ?4, proxied = ?5
    WHERE device = ?1 AND last_seen <= ?2 AND disconnected = 0 AND registration = ?6 AND version = ?7
        AND details_hash = ?8";
const INSERT: &str = "
    INSERT INTO status (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied,
        version, details_hash)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const UPDATE: &str = "
    UPDATE status SET last_seen = ?2, disconnected = ?3, timeout_ms = ?4, registration = ?5, changed_at = ?6,
        peer = ?7, proxied = ?8, version = ?9, details_hash = ?10
    WHERE device = ?1";
const PUT_DETAILS: &str = "
    INSERT INTO status_details (device, details) VALUES (?1, ?2)
    ON CONFLICT (device) DO UPDATE SET details = excluded.details";

/// The narrow row as it was before a report.
struct Former {
    /// Without the details but for the version, which is all that the decision needs.
    status: Status,
    details_hash: i64,
}

/// Puts the status that a device had, and counts it.
pub(super) fn restore(
    conn: &Connection,
    counted: &mut Counted,
    device: DeviceId,
    status: &Status,
) -> Outcome<()> {
    let details = json(&status.details)?;
    let row = params![
        device.as_bytes(),
        status.last_seen.as_millis(),
        status.connectivity == Connectivity::Disconnected,
        millis(status.timeout),
        status.registration.to_string(),
        status.changed_at.as_millis(),
        address(status.peer),
        status.proxied,
        status.details.firmware_version,
        short_hash(&details),
    ];
    let unseen = count::device_key(conn, device)?;
    execute(conn, INSERT, row).map_err(|error| {
        Blame::of(conn, error).missing("device", DEVICE_THERE, params![device.as_bytes()]).fault()
    })?;
    execute(conn, PUT_DETAILS, params![device.as_bytes(), details])?;
    counted.move_device(unseen.as_ref(), count::device_key(conn, device)?.as_ref());
    Ok(())
}

fn receive(conn: &Connection, counted: &mut Counted, report: &StatusReport) -> Outcome<Effect> {
    let details = json(&report.details)?;
    let details_hash = short_hash(&details);
    let (device, seen) = (report.device.as_bytes(), report.received_at.as_millis());
    let (timeout, peer) = (millis(report.timeout), address(report.peer));
    let (registration, version) = (report.registration.to_string(), &report.details.firmware_version);
    // What `Status::after` makes of a report that is like the one before.
    let again = params![device, seen, timeout, peer, report.proxied, registration, version, details_hash];
    if execute(conn, AGAIN, again)? == 1 {
        return Ok(Effect::Done);
    }
    let former = former(conn, report.device)?;
    if former.is_none() && one(conn, DEVICE_THERE, params![device], |_| Ok(()))?.is_none() {
        return Ok(Effect::Skipped);
    }
    let Some(status) = Status::after(former.as_ref().map(|former| &former.status), report) else {
        return Ok(Effect::Skipped);
    };
    let put = if former.is_some() { UPDATE } else { INSERT };
    let row = params![
        device,
        seen,
        status.connectivity == Connectivity::Disconnected,
        timeout,
        registration,
        status.changed_at.as_millis(),
        peer,
        status.proxied,
        version,
        details_hash,
    ];
    execute(conn, put, row)?;
    let before = former.as_ref().map(|former| &former.status);
    if let Some(event) = DeviceEvent::between(report.device, before, &status, report.received_at) {
        device_event::add_to(conn, &event)?;
    }
    if former.as_ref().is_none_or(|former| former.details_hash != details_hash) {
        execute(conn, PUT_DETAILS, params![device, details])?;
    }
    recount(conn, counted, report.device, before, &status)?;
    Ok(Effect::Done)
}

/// Moves the counters where the report changed what the device counts as.
fn recount(
    conn: &Connection,
    counted: &mut Counted,
    device: DeviceId,
    before: Option<&Status>,
    after: &Status,
) -> Outcome<()> {
    let version = |status: &Status| status.details.firmware_version.clone();
    let (class, text) =
        before.map_or((StatusClass::NonRegistered, String::new()), |s| (s.class(), version(s)));
    if class == after.class() && text == after.details.firmware_version {
        return Ok(());
    }
    let key = count::device_key(conn, device)?
        .ok_or_else(|| corrupt("status", "device", device, "there is no such device"))?;
    let former = CountKey { class, version: text, ..key.clone() };
    counted.move_device(Some(&former), Some(&key));
    Ok(())
}

const DISCONNECT: &str = "
    UPDATE status SET disconnected = 1, changed_at = ?3
    WHERE device = ?1 AND last_seen = ?2 AND disconnected = 0";

fn disconnect(
    conn: &Connection,
    counted: &mut Counted,
    device: DeviceId,
    last_seen: Timestamp,
    at: Timestamp,
) -> Outcome<Effect> {
    let before = count::device_key(conn, device)?;
    let former = former(conn, device)?.map(|former| former.status);
    let row = params![device.as_bytes(), last_seen.as_millis(), at.as_millis()];
    if execute(conn, DISCONNECT, row)? == 0 {
        return Ok(Effect::Skipped);
    }
    if let Some(former) = former {
        let gone = Status { connectivity: Connectivity::Disconnected, changed_at: at, ..former.clone() };
        if let Some(event) = DeviceEvent::between(device, Some(&former), &gone, at) {
            device_event::add_to(conn, &event)?;
        }
    }
    counted.move_device(before.as_ref(), count::device_key(conn, device)?.as_ref());
    Ok(Effect::Done)
}

const FORGET: &str = "DELETE FROM status WHERE device = ?1";

/// Forgets a status; its details go with it by the schema.
fn forget(conn: &Connection, counted: &mut Counted, device: DeviceId) -> Outcome<Effect> {
    let Some(before) = count::device_key(conn, device)? else { return Ok(Effect::Skipped) };
    execute(conn, FORGET, params![device.as_bytes()])?;
    counted.move_device(Some(&before), count::device_key(conn, device)?.as_ref());
    Ok(Effect::Done)
}

fn former(conn: &Connection, device: DeviceId) -> Outcome<Option<Former>> {
    one(conn, FORMER, params![device.as_bytes()], |row| {
        let fields = Fields::new("status", row);
        let status = Status {
            registration: rows::status::registration(fields)?,
            connectivity: rows::status::connectivity(fields)?,
            last_seen: fields.time("last_seen")?,
            changed_at: fields.time("changed_at")?,
            timeout: fields.millis("timeout_ms")?,
            peer: fields.address("peer")?,
            proxied: fields.get("proxied")?,
            details: ReportDetails { firmware_version: fields.get("version")?, ..ReportDetails::default() },
        };
        Ok(Former { status, details_hash: fields.get("details_hash")? })
    })
}

/// Tells one text of details from another; 64 bits, because the row is read with every report.
fn short_hash(details: &str) -> i64 {
    let hash = ContentHash::of(details.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}
