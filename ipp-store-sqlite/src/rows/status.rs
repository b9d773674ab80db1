//! Status rows and the times during which nodes were able to receive.

use ipp_core::{
    id::{DeviceId, NodeId},
    status::{Connectivity, Registration, Status, silence::Uptime},
    store::{Page, SweepRow, dump::NodeUptime},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{Fields, after, all};
use crate::error::Outcome;

const SILENT: &str = "
    SELECT device, last_seen, timeout_ms FROM status
    WHERE device > ?1 AND disconnected = 0 AND last_seen < ?2 ORDER BY device LIMIT ?3";
const UPTIMES: &str = "SELECT node, since, until FROM uptime WHERE until >= ?1 ORDER BY since, until";

pub(crate) fn silent_since(
    conn: &Connection,
    before: Timestamp,
    page: Page<DeviceId>,
) -> Outcome<Vec<SweepRow>> {
    let after = after(page.after.as_ref().map(DeviceId::as_bytes));
    all(conn, SILENT, params![after, before.as_millis(), page.limit], |row| {
        let fields = Fields::new("status", row);
        Ok(SweepRow {
            device: fields.bytes("device", DeviceId::from_bytes)?,
            last_seen: fields.time("last_seen")?,
            timeout: fields.millis("timeout_ms")?,
        })
    })
}

const EVERY: &str = "
    SELECT s.*, e.details FROM status s LEFT JOIN status_details e ON e.device = s.device ORDER BY s.device";
const EVERY_UPTIME: &str = "SELECT node, since, until FROM uptime ORDER BY node, since";

/// Shows the status of every device that has one, by id.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(DeviceId, Status) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| {
        let fields = Fields::new("status", row);
        let device = fields.bytes("device", DeviceId::from_bytes)?;
        read(fields)?.map_or(Ok(()), |status| show(device, status))
    })
}

/// Shows all times during which nodes were able to receive.
pub(crate) fn visit_uptimes(
    conn: &Connection,
    mut show: impl FnMut(NodeUptime) -> Outcome<()>,
) -> Outcome<()> {
    super::visit(conn, EVERY_UPTIME, |row| {
        let fields = Fields::new("uptime", row);
        let uptime = Uptime { from: fields.time("since")?, until: fields.time("until")? };
        show(NodeUptime { node: fields.bytes("node", NodeId::from_bytes)?, uptime })
    })
}

pub(crate) fn uptimes(conn: &Connection, since: Timestamp) -> Outcome<Vec<Uptime>> {
    all(conn, UPTIMES, params![since.as_millis()], |row| {
        let fields = Fields::new("uptime", row);
        Ok(Uptime { from: fields.time("since")?, until: fields.time("until")? })
    })
}

/// The status in a row that is joined with the device; `None` where it was never seen.
pub(super) fn read(row: Fields<'_>) -> Outcome<Option<Status>> {
    let fields = row.of("status");
    if fields.get::<Option<i64>>("last_seen")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Status {
        registration: registration(fields)?,
        connectivity: connectivity(fields)?,
        last_seen: fields.time("last_seen")?,
        changed_at: fields.time("changed_at")?,
        timeout: fields.millis("timeout_ms")?,
        peer: fields.address("peer")?,
        proxied: fields.get("proxied")?,
        details: row.of("status_details").json("details")?,
    }))
}

pub(crate) fn registration(fields: Fields<'_>) -> Outcome<Registration> {
    fields.get::<String>("registration").map(Registration::from)
}

pub(crate) fn connectivity(fields: Fields<'_>) -> Outcome<Connectivity> {
    let disconnected: bool = fields.get("disconnected")?;
    Ok(if disconnected { Connectivity::Disconnected } else { Connectivity::Connected })
}
