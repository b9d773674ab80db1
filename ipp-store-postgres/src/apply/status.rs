//! Changes of status: the path that every phone takes every few minutes.
//!
//! Reports that come together are put together before they are written: one statement reads the narrow
//! rows, one writes them, and neither touches an index. Wide details and counters are touched only where
//! they differ. Nothing is locked between the two: a row that another node has written meanwhile is not
//! written, and the transaction is done again.

use std::collections::{BTreeMap, HashMap};

use ipp_core::{
    digest::ContentHash,
    id::{DeviceId, NodeId, RegionId},
    status::{Connectivity, ReportDetails, Status, StatusClass, StatusReport, silence::Uptime},
    store::CountKey,
    time::Timestamp,
};

use super::{Effect, Gathered};
use crate::{
    connection::Conn,
    error::{Fault, Outcome, corrupt},
    rows::{self, Fields, address, all, count, json, millis},
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
const UPDATE: &str = "
    UPDATE status SET last_seen = put.last_seen, disconnected = put.disconnected, timeout_ms = put.timeout_ms,
        registration = put.registration, changed_at = put.changed_at, peer = put.peer, proxied = put.proxied,
        version = put.version, details_hash = put.details_hash
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        AS put (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied, version,
            details_hash, stamp)
    WHERE status.device = put.device AND status.xmin::text::bigint = put.stamp";
const INSERT: &str = "
    INSERT INTO status (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied,
        version, details_hash)
    SELECT device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied, version,
        details_hash
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        AS put (device, last_seen, disconnected, timeout_ms, registration, changed_at, peer, proxied, version,
            details_hash, stamp)
    ON CONFLICT DO NOTHING";
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
    let rows = put.iter().map(|(device, now)| row(*device, now, 0));
    if let Some(columns) = columns(rows) {
        conn.execute(INSERT, &columns)
            .await
            .map_err(|fault| fault.missing("status_device_fkey", "device"))?;
    }
    put_details(conn, put.iter().map(|(device, now)| (*device, now))).await?;
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
    let mut wanted: Vec<DeviceId> = reports.iter().map(|report| report.device).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let former = former(conn, &wanted).await?;
    let unseen: Vec<DeviceId> = wanted.iter().filter(|id| !former.contains_key(id)).copied().collect();
    let mut held = Held::default();
    held.take(conn, &unseen).await?;

    let mut now: BTreeMap<DeviceId, Now<'_>> = BTreeMap::new();
    let mut done = Vec::with_capacity(reports.len());
    for report in reports {
        let id = report.device;
        let before = now.get(&id).map(|now| &now.status).or(former.get(&id).map(|former| &former.status));
        let after =
            if before.is_none() && held.row(id).is_none() { None } else { Status::after(before, report) };
        done.push(after.is_some());
        if let Some(mut status) = after {
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
    held.take(conn, &moved).await?;

    write(conn, &former, &now).await?;
    for id in moved {
        let Some(now) = now.get(&id) else { continue };
        // It was there when its status was read.
        let Some(row) = held.row(id) else { return Err(Fault::Raced) };
        let ((class, version), (new_class, new_version)) = (counts(was(&id)), counts(Some(&now.status)));
        let before = CountKey { class, version, ..row.clone() };
        let after = CountKey { class: new_class, version: new_version, ..row.clone() };
        gathered.counted.move_device(Some(&before), Some(&after));
    }
    Ok(done)
}

async fn write(
    conn: &Conn,
    former: &HashMap<DeviceId, Former>,
    now: &BTreeMap<DeviceId, Now<'_>>,
) -> Outcome<()> {
    let (known, new): (Vec<_>, Vec<_>) = now.iter().partition(|(id, _)| former.contains_key(id));
    let stamp = |id: &DeviceId| former.get(id).map_or(0, |former| former.stamp);
    let expected = known.len() as u64;
    if let Some(columns) = columns(known.iter().map(|(id, now)| row(**id, now, stamp(id))))
        && conn.execute(UPDATE, &columns).await? != expected
    {
        return Err(Fault::Raced);
    }
    let expected = new.len() as u64;
    if let Some(columns) = columns(new.iter().map(|(id, now)| row(**id, now, 0)))
        && conn.execute(INSERT, &columns).await? != expected
    {
        return Err(Fault::Raced);
    }
    let differs =
        |id: &DeviceId, now: &Now<'_>| former.get(id).is_none_or(|was| was.details_hash != now.hash);
    put_details(conn, now.iter().filter(|(id, now)| differs(id, now)).map(|(id, now)| (*id, now))).await
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

async fn put_details<'a>(conn: &Conn, all: impl Iterator<Item = (DeviceId, &'a Now<'a>)>) -> Outcome<()> {
    let row = |(device, now): (DeviceId, &'a Now<'a>)| {
        let details = now.details;
        params![
            device.as_bytes().to_vec(),
            &now.text,
            &details.phone_number,
            &details.ip,
            &details.model,
            &details.firmware_version,
        ]
    };
    if let Some(columns) = columns(all.map(row)) {
        conn.execute(PUT_DETAILS, &columns).await?;
    }
    Ok(())
}

const HOLD: &str = "
    SELECT id, region, model, admission FROM device WHERE id = ANY($1) ORDER BY id FOR SHARE";

/// Devices whose rows nobody else changes before the transaction ends, as what they count as but for
/// their status.
#[derive(Default)]
struct Held(HashMap<DeviceId, CountKey>);

impl Held {
    async fn take(&mut self, conn: &Conn, devices: &[DeviceId]) -> Outcome<()> {
        let wanted: Vec<&[u8; 16]> =
            devices.iter().filter(|id| !self.0.contains_key(id)).map(DeviceId::as_bytes).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let found = all(conn, HOLD, &[ids(wanted)], |row| {
            let fields = Fields::new("device", row);
            let id = fields.bytes("id", DeviceId::from_bytes)?;
            let key = CountKey {
                region: fields.opt_bytes("region", RegionId::from_bytes)?,
                model: fields.opt_parse("model")?,
                version: String::new(),
                admission: fields.word("admission")?,
                class: StatusClass::NonRegistered,
            };
            Ok((id, key))
        })
        .await?;
        self.0.extend(found);
        Ok(())
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
        let registration = rows::status::registration(fields)?;
        let class = StatusClass::of(Some((&registration, Connectivity::Connected)));
        Ok((device, (class, fields.text("version")?)))
    })
    .await?;
    let done: HashMap<DeviceId, (StatusClass, String)> = done.into_iter().collect();
    for (device, (class, version)) in &done {
        let row = held
            .row(*device)
            .ok_or_else(|| corrupt("status", "device", device, "there is no such device"))?;
        let before = CountKey { class: *class, version: version.clone(), ..row.clone() };
        let after = CountKey { class: StatusClass::Disconnected, ..before.clone() };
        gathered.counted.move_device(Some(&before), Some(&after));
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

async fn former(conn: &Conn, devices: &[DeviceId]) -> Outcome<HashMap<DeviceId, Former>> {
    let found = all(conn, FORMER, &[ids(devices.iter().map(DeviceId::as_bytes))], |row| {
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
    })
    .await?;
    Ok(found.into_iter().collect())
}

/// Tells one text of details from another; 64 bits, because the row is read with every report.
fn short_hash(details: &str) -> i64 {
    let hash = ContentHash::of(details.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}
