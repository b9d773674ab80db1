//! Status rows and the times during which nodes were able to receive.

use ipp_core::{
    id::{DeviceId, NodeId},
    status::{Connectivity, Registration, Status, silence::Uptime},
    store::{
        Page, StoredRow, SweepRow,
        dump::{NodeUptime, StatusRow},
    },
    time::Timestamp,
};

use super::{Fields, after, all, visit as visit_rows};
use crate::{connection::Conn, dump::Out, error::Outcome, value::params};

const SILENT: &str = "
    SELECT device, last_seen, timeout_ms FROM status
    WHERE device > $1 AND NOT disconnected AND last_seen < $2 ORDER BY device LIMIT $3";
const UPTIMES: &str = "SELECT node, since, until FROM uptime WHERE until >= $1 ORDER BY since, until";

pub(crate) async fn silent_since(
    conn: &Conn,
    before: Timestamp,
    page: Page<DeviceId>,
) -> Outcome<Vec<SweepRow>> {
    let after = after(page.after.as_ref().map(DeviceId::as_bytes));
    all(conn, SILENT, &params![after, before.as_millis(), page.limit], |row| {
        let fields = Fields::new("status", row);
        Ok(SweepRow {
            device: fields.bytes("device", DeviceId::from_bytes)?,
            last_seen: fields.time("last_seen")?,
            timeout: fields.millis("timeout_ms")?,
        })
    })
    .await
}

const EVERY: &str = "
    SELECT s.*, e.details FROM status s JOIN status_details e ON e.device = s.device ORDER BY s.device";
const EVERY_UPTIME: &str = "SELECT node, since, until FROM uptime ORDER BY node, since";

/// Gives out the status of every device that has one, by id.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| {
        let fields = Fields::new("status", row);
        let device = fields.bytes("device", DeviceId::from_bytes)?;
        Ok(StoredRow::Status(Box::new(StatusRow { device, status: read_status(fields)? })))
    })
    .await
}

/// Gives out all times during which nodes were able to receive.
pub(crate) async fn visit_uptimes(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY_UPTIME, out, |row| {
        let fields = Fields::new("uptime", row);
        let node = fields.bytes("node", NodeId::from_bytes)?;
        let uptime = Uptime { from: fields.time("since")?, until: fields.time("until")? };
        Ok(StoredRow::Uptime(NodeUptime { node, uptime }))
    })
    .await
}

pub(crate) async fn uptimes(conn: &Conn, since: Timestamp) -> Outcome<Vec<Uptime>> {
    all(conn, UPTIMES, &params![since.as_millis()], |row| {
        let fields = Fields::new("uptime", row);
        Ok(Uptime { from: fields.time("since")?, until: fields.time("until")? })
    })
    .await
}

/// The status in a row that is joined with the device; `None` where it was never seen.
pub(super) fn read(row: Fields<'_>) -> Outcome<Option<Status>> {
    let fields = row.of("status");
    if fields.get::<Option<i64>>("last_seen")?.is_none() {
        return Ok(None);
    }
    read_status(fields).map(Some)
}

fn read_status(fields: Fields<'_>) -> Outcome<Status> {
    Ok(Status {
        last_seen: fields.time("last_seen")?,
        registration: registration(fields)?,
        connectivity: connectivity(fields)?,
        changed_at: fields.time("changed_at")?,
        timeout: fields.millis("timeout_ms")?,
        peer: fields.address("peer")?,
        proxied: fields.get("proxied")?,
        details: fields.of("status_details").json("details")?,
    })
}

pub(crate) fn registration(fields: Fields<'_>) -> Outcome<Registration> {
    fields.text("registration").map(Registration::from)
}

pub(crate) fn connectivity(fields: Fields<'_>) -> Outcome<Connectivity> {
    let disconnected: bool = fields.get("disconnected")?;
    Ok(if disconnected { Connectivity::Disconnected } else { Connectivity::Connected })
}
