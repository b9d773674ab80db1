//! Changes of status: the path that every phone takes every few minutes.
//!
//! Reports that come together are put together before they are written: one statement reads the narrow
//! rows, one writes them, and neither touches an index. Wide details, counters and the events of phones are
//! touched only where they differ. Nothing is locked between the two: a row that another node has written meanwhile is not
//! written, and the transaction is done again.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use ipp_core::{
    digest::ContentHash,
    id::{DeviceId, NodeId, RegionId},
    log::{DeviceEvent, EventKind, Reported},
    status::{Connectivity, Registration, ReportDetails, Status, StatusClass, StatusReport, silence::Uptime},
    store::CountKey,
    time::Timestamp,
};

use tokio_postgres::Row;

use super::{Effect, Gathered};
use crate::{
    connection::{Ask, Conn},
    error::{Fault, Outcome, corrupt},
    rows::{self, Fields, address, all, count, device_event, json, millis},
    value::{Value, columns, ids, params},
};

const HEARTBEAT: &str = "
    INSERT INTO uptime (node, since, until) VALUES ($1, $2, $3)
    ON CONFLICT (node, since) DO UPDATE SET until = excluded.until";

/// Notes until when a node was able to receive.
pub(super) async fn heartbeat(conn: &Conn, node: NodeId, uptime: Uptime) -> Outcome<()> {
    let row = params![node.as_bytes(), uptime.from.as_millis(), uptime.until.as_millis()];
    conn.execute(HEARTBEAT, &row).await?;
    Ok(())
}

const FORMER: &str = "
    SELECT device, registration, disconnected, last_seen, changed_at, timeout_ms, peer, proxied, version,
        details_hash, xmin::text::bigint AS stamp
    FROM status WHERE device = ANY($1)";
// The database itself gives up where not every row was as it had been read.
const UPDATE: &str = "
    WITH done AS (
    UPDATE status SET last_seen = put.last_seen, disconnected = put.disconnected, timeout_ms = put.timeout_ms,
        registration = put.registration, changed_at = put.changed_at, peer = put.peer, proxied = put.proxied,
        version = put.version, details_hash = put.details_hash
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        AS put (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied, version,
            details_hash, stamp)
    WHERE status.device = put.device AND status.xmin::text::bigint = put.stamp
    RETURNING 1)
    SELECT as_expected((SELECT count(*) FROM done), $12)";
const INSERT: &str = "
    WITH done AS (
    INSERT INTO status (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied,
        version, details_hash)
    SELECT device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied, version,
        details_hash
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        AS put (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied, version,
            details_hash, stamp)
    ON CONFLICT DO NOTHING
    RETURNING 1)
    SELECT as_expected((SELECT count(*) FROM done), $12)";
const PUT_DETAILS: &str = "
    INSERT INTO status_details (device, details, phone, ip, model, version)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
    ON CONFLICT (device) DO UPDATE SET
        details = excluded.details, phone = excluded.phone, ip = excluded.ip, model = excluded.model,
        version = excluded.version";

/// The narrow row as it is before a report.
#[derive(Clone)]
struct Former {
    /// Without the details but for the version, which is all that the decision needs.
    status: Status,
    details_hash: i64,
    /// The transaction that wrote the row.
    stamp: i64,
}

/// What reports make of a phone's status.
struct Now<'a> {
    status: Status,
    details: &'a ReportDetails,
    text: String,
    hash: i64,
}

/// Puts the statuses that devices had, and counts them.
pub(super) async fn restore(
    conn: &Conn,
    gathered: &mut Gathered,
    statuses: &[(DeviceId, &Status)],
) -> Outcome<()> {
    let wanted: Vec<DeviceId> = statuses.iter().map(|(device, _)| *device).collect();
    let unseen = count::device_keys(conn, &wanted).await?;
    let mut put = Vec::with_capacity(statuses.len());
    for (device, status) in statuses {
        let text = json(&status.details)?;
        let hash = short_hash(&text);
        let now = Now { status: (*status).clone(), details: &status.details, text, hash };
        put.push((*device, now));
    }
    let rows = put.iter().map(|(device, now)| (*device, now, 0));
    let details = put.iter().map(|(device, now)| (*device, now));
    let asks: Vec<Ask<'_>> = written(INSERT, rows).into_iter().chain(put_details(details)).collect();
    conn.together(&asks).await.map_err(|fault| fault.missing("status_device_fkey", "device"))?;
    for (device, now) in &put {
        if let Some(before) = unseen.get(device) {
            let (class, version) = (now.status.class(), now.status.details.firmware_version.clone());
            gathered.counted.move_device(Some(before), Some(&CountKey { class, version, ..before.clone() }));
        }
    }
    Ok(())
}

/// Receives reports in their order; which of them took effect.
pub(super) async fn receive(
    conn: &Conn,
    gathered: &mut Gathered,
    reports: &[&StatusReport],
) -> Outcome<Vec<bool>> {
    let wanted = phones(reports);
    let read = conn.together(&[former(&wanted)]).await?.into_iter().flatten();
    let (done, writes) = decide(conn, gathered, reports, &read.collect::<Vec<_>>()).await?;
    conn.together(&writes).await?;
    Ok(done)
}

/// The phones that reports are of, each once.
pub(super) fn phones(reports: &[&StatusReport]) -> Vec<DeviceId> {
    let mut phones: Vec<DeviceId> = reports.iter().map(|report| report.device).collect();
    phones.sort_unstable();
    phones.dedup();
    phones
}

/// Decides what reports make of the rows that [`former`] answered; which of them take effect, and what is
/// to be written.
pub(super) async fn decide(
    conn: &Conn,
    gathered: &mut Gathered,
    reports: &[&StatusReport],
    read: &[Row],
) -> Outcome<(Vec<bool>, Vec<Ask<'static>>)> {
    let wanted = phones(reports);
    let former = read_former(read)?;
    let unseen: Vec<DeviceId> = wanted.iter().filter(|id| !former.contains_key(id)).copied().collect();
    let mut held = Held::default();
    held.take(conn, &unseen).await?;

    let mut now: BTreeMap<DeviceId, Now<'_>> = BTreeMap::new();
    let (mut done, mut events) = (Vec::with_capacity(reports.len()), Vec::new());
    for report in reports {
        let id = report.device;
        let before = now.get(&id).map(|now| &now.status).or(former.get(&id).map(|former| &former.status));
        let after =
            if before.is_none() && held.row(id).is_none() { None } else { Status::after(before, report) };
        done.push(after.is_some());
        if let Some(mut status) = after {
            events.extend(DeviceEvent::between(id, before, &status, report.received_at));
            // The text of the details follows below; the decision wants the version alone.
            let version = report.details.firmware_version.clone();
            status.details = ReportDetails { firmware_version: version, ..ReportDetails::default() };
            now.insert(id, Now { status, details: &report.details, text: String::new(), hash: 0 });
        }
    }
    for now in now.values_mut() {
        now.text = json(now.details)?;
        now.hash = short_hash(&now.text);
    }
    let counts = |status: Option<&Status>| {
        status.map_or((StatusClass::NonRegistered, String::new()), |status| {
            (status.class(), status.details.firmware_version.clone())
        })
    };
    let was = |id: &DeviceId| former.get(id).map(|former| &former.status);
    let moved: Vec<DeviceId> = now
        .iter()
        .filter(|(id, now)| counts(was(id)) != counts(Some(&now.status)))
        .map(|(id, _)| *id)
        .collect();
    // Whoever adds an event must know that the phone stays until then.
    let told: BTreeSet<DeviceId> = events.iter().map(|event| event.device).collect();
    let wanted: Vec<DeviceId> = moved.iter().chain(&told).copied().collect();
    let told: Vec<DeviceId> = told.into_iter().collect();
    let last = if told.is_empty() { None } else { Some(device_event::last(&told)) };
    let last = held.take_with(conn, &wanted, last).await?;

    let mut writes = writes(&former, &now);
    writes.extend(device_event::added(&last, &events)?);
    if told.iter().any(|id| held.row(*id).is_none()) {
        return Err(Fault::Raced);
    }
    for id in moved {
        let Some(now) = now.get(&id) else { continue };
        // It was there when its status was read.
        let Some(row) = held.row(id) else { return Err(Fault::Raced) };
        let ((class, version), (new_class, new_version)) = (counts(was(&id)), counts(Some(&now.status)));
        let before = CountKey { class, version, ..row.clone() };
        let after = CountKey { class: new_class, version: new_version, ..row.clone() };
        gathered.counted.move_device(Some(&before), Some(&after));
    }
    Ok((done, writes))
}

fn writes(former: &HashMap<DeviceId, Former>, now: &BTreeMap<DeviceId, Now<'_>>) -> Vec<Ask<'static>> {
    let (known, new): (Vec<_>, Vec<_>) = now.iter().partition(|(id, _)| former.contains_key(id));
    let stamp = |id: &DeviceId| former.get(id).map_or(0, |former| former.stamp);
    let differs =
        |id: &DeviceId, now: &Now<'_>| former.get(id).is_none_or(|was| was.details_hash != now.hash);
    let details = now.iter().filter(|(id, now)| differs(id, now)).map(|(id, now)| (*id, now));
    let update = written(UPDATE, known.into_iter().map(|(id, now)| (*id, now, stamp(id))));
    let insert = written(INSERT, new.into_iter().map(|(id, now)| (*id, now, 0)));
    update.into_iter().chain(insert).chain(put_details(details)).collect()
}

/// The statement that writes rows, all of them or none.
fn written<'a>(
    sql: &'static str,
    rows: impl Iterator<Item = (DeviceId, &'a Now<'a>, i64)>,
) -> Option<Ask<'static>> {
    let mut expected = 0_i64;
    let rows = rows.map(|(device, now, stamp)| {
        expected += 1;
        row(device, now, stamp)
    });
    let columns = columns(rows)?;
    Some(Ask::new(sql, columns.into_iter().chain([Value::from(expected)]).collect::<Vec<_>>()))
}

fn row(device: DeviceId, now: &Now<'_>, stamp: i64) -> [Value<'static>; 11] {
    let status = &now.status;
    params![
        device.as_bytes().to_vec(),
        status.last_seen.as_millis(),
        status.connectivity == Connectivity::Disconnected,
        millis(status.timeout),
        status.registration.to_string(),
        status.changed_at.as_millis(),
        address(status.peer),
        status.proxied,
        status.details.firmware_version.clone(),
        now.hash,
        stamp,
    ]
}

fn put_details<'a>(all: impl Iterator<Item = (DeviceId, &'a Now<'a>)>) -> Option<Ask<'static>> {
    let row = |(device, now): (DeviceId, &'a Now<'a>)| {
        let details = now.details;
        params![
            device.as_bytes().to_vec(),
            now.text.clone(),
            details.phone_number.clone(),
            details.ip.clone(),
            details.model.clone(),
            details.firmware_version.clone(),
        ]
    };
    columns(all.map(row)).map(|columns| Ask::new(PUT_DETAILS, columns))
}

const HOLD: &str = "
    SELECT id, region, model, admission FROM device WHERE id = ANY($1) ORDER BY id FOR SHARE";

/// Devices whose rows nobody else changes before the transaction ends, as what they count as but for
/// their status.
#[derive(Default)]
struct Held(HashMap<DeviceId, CountKey>);

impl Held {
    async fn take(&mut self, conn: &Conn, devices: &[DeviceId]) -> Outcome<()> {
        self.take_with(conn, devices, None).await.map(drop)
    }

    /// The same, and another question in the same trip.
    async fn take_with(
        &mut self,
        conn: &Conn,
        devices: &[DeviceId],
        ask: Option<Ask<'_>>,
    ) -> Outcome<Vec<Row>> {
        let wanted: Vec<&[u8; 16]> =
            devices.iter().filter(|id| !self.0.contains_key(id)).map(DeviceId::as_bytes).collect();
        let hold = if wanted.is_empty() { None } else { Some(Ask::new(HOLD, [ids(wanted)])) };
        let (holds, asks) = (hold.is_some(), hold.into_iter().chain(ask).collect::<Vec<_>>());
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = conn.together(&asks).await?.into_iter();
        if holds {
            for row in answers.next().unwrap_or_default() {
                let fields = Fields::new("device", &row);
                let key = CountKey {
                    region: fields.opt_bytes("region", RegionId::from_bytes)?,
                    model: fields.opt_parse("model")?,
                    version: String::new(),
                    admission: fields.word("admission")?,
                    class: StatusClass::NonRegistered,
                };
                self.0.insert(fields.bytes("id", DeviceId::from_bytes)?, key);
            }
        }
        Ok(answers.next().unwrap_or_default())
    }

    fn row(&self, device: DeviceId) -> Option<&CountKey> {
        self.0.get(&device)
    }
}

const DISCONNECT: &str = "
    UPDATE status SET disconnected = TRUE, changed_at = put.at
    FROM unnest($1, $2, $3) AS put (device, last_seen, at)
    WHERE status.device = put.device AND status.last_seen = put.last_seen AND NOT status.disconnected
    RETURNING status.device, status.registration, status.version";

/// Disconnects phones that were not seen since; which of them.
pub(super) async fn disconnect(
    conn: &Conn,
    gathered: &mut Gathered,
    phones: &[(DeviceId, Timestamp, Timestamp)],
) -> Outcome<Vec<bool>> {
    let mut held = Held::default();
    held.take(conn, &phones.iter().map(|(device, ..)| *device).collect::<Vec<_>>()).await?;
    let rows = phones
        .iter()
        .map(|(device, last_seen, at)| params![device.as_bytes(), last_seen.as_millis(), at.as_millis()]);
    let Some(columns) = columns(rows) else { return Ok(Vec::new()) };
    let done = all(conn, DISCONNECT, &columns, |row| {
        let fields = Fields::new("status", row);
        let device = fields.bytes("device", DeviceId::from_bytes)?;
        Ok((device, (rows::status::registration(fields)?, fields.text("version")?)))
    })
    .await?;
    let done: HashMap<DeviceId, (Registration, String)> = done.into_iter().collect();
    for (device, (registration, version)) in &done {
        let row = held
            .row(*device)
            .ok_or_else(|| corrupt("status", "device", device, "there is no such device"))?;
        let class = StatusClass::of(Some((registration, Connectivity::Connected)));
        let before = CountKey { class, version: version.clone(), ..row.clone() };
        let after = CountKey { class: StatusClass::Disconnected, ..before.clone() };
        gathered.counted.move_device(Some(&before), Some(&after));
    }
    let event = |(device, _, at): &(DeviceId, Timestamp, Timestamp)| {
        let (registration, _) = done.get(device)?;
        let said = |connectivity| Reported { registration: registration.clone(), connectivity };
        let (from, to) = (Some(said(Connectivity::Connected)), said(Connectivity::Disconnected));
        Some(DeviceEvent::once(*device, EventKind::Status { from, to }, *at))
    };
    let events: Vec<DeviceEvent> = phones.iter().filter_map(event).collect();
    if !events.is_empty() {
        let told: Vec<DeviceId> = events.iter().map(|event| event.device).collect();
        let last = conn.rows_of(device_event::last(&told)).await?;
        conn.together(&device_event::added(&last, &events)?).await?;
    }
    Ok(phones.iter().map(|(device, ..)| done.contains_key(device)).collect())
}

const FORGET: &str =
    "DELETE FROM status WHERE device = $1 RETURNING device, registration, disconnected, version";

/// Forgets a status; its details go with it by the schema.
pub(super) async fn forget(conn: &Conn, gathered: &mut Gathered, device: DeviceId) -> Outcome<Effect> {
    let mut held = Held::default();
    held.take(conn, &[device]).await?;
    let Some(unseen) = held.row(device) else { return Ok(Effect::Skipped) };
    let forgotten = all(conn, FORGET, &params![device.as_bytes()], |row| {
        let fields = Fields::new("status", row);
        let (registration, connectivity) =
            (rows::status::registration(fields)?, rows::status::connectivity(fields)?);
        Ok((StatusClass::of(Some((&registration, connectivity))), fields.text("version")?))
    })
    .await?;
    for (class, version) in forgotten {
        let before = CountKey { class, version, ..unseen.clone() };
        gathered.counted.move_device(Some(&before), Some(unseen));
    }
    Ok(Effect::Done)
}

/// The question for the rows as they are before reports.
pub(super) fn former(devices: &[DeviceId]) -> Ask<'static> {
    let ids = devices.iter().map(|id| Some(Cow::Owned(id.as_bytes().to_vec()))).collect();
    Ask::new(FORMER, [Value::ListOfBytes(ids)])
}

fn read_former(rows: &[Row]) -> Outcome<HashMap<DeviceId, Former>> {
    let read = |row: &Row| {
        let fields = Fields::new("status", row);
        let device = fields.bytes("device", DeviceId::from_bytes)?;
        let status = Status {
            registration: rows::status::registration(fields)?,
            connectivity: rows::status::connectivity(fields)?,
            last_seen: fields.time("last_seen")?,
            changed_at: fields.time("changed_at")?,
            timeout: fields.millis("timeout_ms")?,
            peer: fields.address("peer")?,
            proxied: fields.get("proxied")?,
            details: ReportDetails { firmware_version: fields.text("version")?, ..ReportDetails::default() },
        };
        let details_hash = fields.get("details_hash")?;
        Ok((device, Former { status, details_hash, stamp: fields.get("stamp")? }))
    };
    rows.iter().map(read).collect()
}

/// Tells one text of details from another; 64 bits, because the row is read with every report.
fn short_hash(details: &str) -> i64 {
    let hash = ContentHash::of(details.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}
