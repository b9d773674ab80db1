//! Changes of devices.

use std::sync::LazyLock;

use ipp_core::{
    device::{Admission, Device},
    id::{DeviceId, FirmwareId, RegionId, TemplateId},
    phone_model::ModelId,
    store::{CountKey, DeviceChange, PinCountKey, dump::DeviceChanged},
    text::CfgValue,
};
use rusqlite::{Connection, params, params_from_iter, types::ToSqlOutput};

use super::Counted;
use crate::{
    error::{Blame, Fault, Outcome},
    rows::{
        Fields, TOGETHER, address, alarm_event, all,
        count::{self, Pinned},
        execute, json, maybe, number, rows_of, sealed_parts, word,
    },
};

pub(super) fn apply(conn: &Connection, counted: &mut Counted, change: &DeviceChange) -> Outcome<()> {
    match change {
        DeviceChange::Put(device) => put(conn, counted, device),
        DeviceChange::Delete(id) => delete(conn, counted, *id),
        DeviceChange::EvictPending(keep) => evict_pending(conn, counted, *keep),
    }
}

const CHANGED: &str = "INSERT OR REPLACE INTO device_change (device) VALUES (?1)";
const GONE: &str = "INSERT OR REPLACE INTO device_change (device, gone) VALUES (?1, 1)";
static CHANGED_MANY: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?)"; TOGETHER].join(", ");
    format!("INSERT OR REPLACE INTO device_change (device) VALUES {rows}")
});

/// Notes that a device, or its published file, changed: it moves to the end of the sequence.
pub(super) fn changed(conn: &Connection, device: DeviceId) -> Outcome<()> {
    execute(conn, CHANGED, params![device.as_bytes()])?;
    Ok(())
}

const RESTORE_CHANGE: &str = "
    INSERT INTO device_change (sequence, device, gone)
    VALUES (?1, ?2, NOT EXISTS (SELECT 1 FROM device WHERE id = ?2))";

/// Notes a change at the point in the sequence that it had.
pub(super) fn restore_change(conn: &Connection, change: DeviceChanged) -> Outcome<()> {
    execute(conn, RESTORE_CHANGE, params![number(change.sequence.0)?, change.device.as_bytes()])?;
    Ok(())
}

const PUT: &str = "
    INSERT INTO device (id, mac, display_name, model, owner, owner_bound_by, region, region_origin, admission,
        token_print, token_sealed, request_print, request_sealed, request_peer, request_at, former_token,
        template, firmware, vlan_mode, vlan_id, vlan_priority, language, rest_password_sealed,
        rest_password_print, overrides, lines, own, created_at, revision)
    VALUES";
const UPDATE: &str = "
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, mac = excluded.mac, display_name = excluded.display_name,
        model = excluded.model, owner = excluded.owner, owner_bound_by = excluded.owner_bound_by,
        region = excluded.region, region_origin = excluded.region_origin, admission = excluded.admission,
        token_print = excluded.token_print, token_sealed = excluded.token_sealed,
        request_print = excluded.request_print, request_sealed = excluded.request_sealed,
        request_peer = excluded.request_peer, request_at = excluded.request_at,
        former_token = excluded.former_token, template = excluded.template, firmware = excluded.firmware,
        vlan_mode = excluded.vlan_mode, vlan_id = excluded.vlan_id, vlan_priority = excluded.vlan_priority,
        language = excluded.language, rest_password_sealed = excluded.rest_password_sealed,
        rest_password_print = excluded.rest_password_print, overrides = excluded.overrides,
        lines = excluded.lines, own = excluded.own, created_at = excluded.created_at";
const COLUMNS: usize = 28;

static PUT_ONE: LazyLock<String> = LazyLock::new(|| rows_of(1, COLUMNS, PUT, UPDATE));
static PUT_MANY: LazyLock<String> = LazyLock::new(|| rows_of(TOGETHER, COLUMNS, PUT, UPDATE));

const MAC_TAKEN: &str = "SELECT 1 FROM device WHERE mac = ?1 AND id <> ?2";
const TOKEN_TAKEN: &str = "SELECT 1 FROM device WHERE token_print = ?1 AND id <> ?2";
const REGION_THERE: &str = "SELECT 1 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM region WHERE id = ?1)";
const OWNER_THERE: &str = "SELECT 1 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM phone_user WHERE id = ?1)";
const MODEL_THERE: &str = "SELECT 1 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM phone_model WHERE id = ?1)";
const TEMPLATE_THERE: &str = "SELECT 1 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM template WHERE id = ?1)";
const FIRMWARE_THERE: &str = "SELECT 1 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM firmware WHERE id = ?1)";

fn put(conn: &Connection, counted: &mut Counted, device: &Device) -> Outcome<()> {
    let former = count::device_key(conn, device.id)?;
    let pinned = former.as_ref().map_or(Ok(None), |_| count::pinned(conn, device.id))?;
    upsert(conn, device)?;
    count_edit(counted, device, former.as_ref(), pinned);
    changed(conn, device.id)
}

/// Puts devices of which none is there twice; `false`, and nothing is done, where one of them cannot be
/// put.
pub(super) fn put_together(
    conn: &Connection,
    counted: &mut Counted,
    devices: &[&Device; TOGETHER],
) -> Outcome<bool> {
    let ids = devices.map(|device| device.id);
    let formers = count::device_keys(conn, &ids)?;
    let pinned = |id| if formers.contains_key(&id) { count::pinned(conn, id) } else { Ok(None) };
    let pinned = ids.into_iter().map(pinned).collect::<Outcome<Vec<_>>>()?;
    let cells = devices.iter().map(|device| cells(device)).collect::<Outcome<Vec<_>>>()?;
    match execute(conn, &PUT_MANY, params_from_iter(cells.iter().flatten())).map_err(Fault::from) {
        Ok(_) => {}
        Err(fault) if fault.concerns_all() => return Err(fault),
        Err(_) => return Ok(false),
    }
    for (device, pinned) in devices.iter().zip(pinned) {
        count_edit(counted, device, formers.get(&device.id), pinned);
    }
    execute(conn, &CHANGED_MANY, params_from_iter(ids.iter().map(DeviceId::as_bytes)))?;
    Ok(true)
}

/// An edit changes nothing of the status or of what is published, so nothing need be read again to know
/// what a device counts as.
fn count_edit(counted: &mut Counted, device: &Device, former: Option<&CountKey>, pinned: Option<Pinned>) {
    let unseen = CountKey::of(device, None);
    let key = match former.cloned() {
        Some(CountKey { version, class, .. }) => CountKey { version, class, ..unseen },
        None => unseen,
    };
    counted.move_device(former, Some(&key));
    if let Some(current) = pinned.and_then(|pinned| pinned.current) {
        let (chosen, own_changed) = (device.template.is_some(), device.own != current.own);
        let key = PinCountKey { chosen, own_changed, ..current.key.clone() };
        counted.move_pin(Some(&current.key), Some(&key));
    }
}

/// Puts a device that was not there, and counts it; its place in the sequence of changes is another
/// row.
pub(super) fn restore(conn: &Connection, counted: &mut Counted, device: &Device) -> Outcome<()> {
    upsert(conn, device)?;
    counted.move_device(None, Some(&CountKey::of(device, None)));
    Ok(())
}

fn upsert(conn: &Connection, device: &Device) -> Outcome<()> {
    execute(conn, &PUT_ONE, params_from_iter(cells(device)?)).map(drop).map_err(|error| {
        let (id, mac) = (device.id.as_bytes(), device.mac.bytes());
        let print = device.token.as_ref().map(|token| token.print.as_bytes());
        let owner = device.owner.as_ref().map(|owner| owner.user.as_bytes());
        Blame::of(conn, error)
            .taken("MAC address", &device.mac, MAC_TAKEN, params![mac, id])
            .taken("token of", &device.mac, TOKEN_TAKEN, params![print, id])
            .missing("region", REGION_THERE, params![device.region.as_ref().map(RegionId::as_bytes)])
            .missing("user", OWNER_THERE, params![owner])
            .missing("phone model", MODEL_THERE, params![device.model.as_ref().map(ModelId::as_str)])
            .missing("template", TEMPLATE_THERE, params![device.template.as_ref().map(TemplateId::as_bytes)])
            .missing("firmware", FIRMWARE_THERE, params![device.firmware.as_ref().map(FirmwareId::as_bytes)])
            .fault()
    })
}

fn cells(device: &Device) -> Outcome<[ToSqlOutput<'_>; COLUMNS]> {
    let (token, request) = (device.token.as_ref(), device.request.as_ref());
    let (password, password_print) = sealed_parts(device.rest_password.as_ref());
    Ok([
        device.id.as_bytes().as_slice().into(),
        device.mac.bytes().to_vec().into(),
        device.display_name.as_str().into(),
        maybe(device.model.as_ref().map(ModelId::as_str)),
        maybe(device.owner.as_ref().map(|owner| owner.user.as_bytes().as_slice())),
        maybe(device.owner.map(|owner| word(owner.bound_by)).transpose()?),
        maybe(device.region.as_ref().map(|id| id.as_bytes().as_slice())),
        word(device.region_origin)?.into(),
        word(device.admission)?.into(),
        maybe(token.map(|token| token.print.as_bytes().as_slice())),
        maybe(token.map(|token| token.sealed.as_bytes())),
        maybe(request.map(|request| request.token.print.as_bytes().as_slice())),
        maybe(request.map(|request| request.token.sealed.as_bytes())),
        maybe(request.map(|request| address(request.peer))),
        maybe(request.map(|request| request.at.as_millis())),
        maybe(device.former_token.as_ref().map(|print| print.as_bytes().as_slice())),
        maybe(device.template.as_ref().map(|id| id.as_bytes().as_slice())),
        maybe(device.firmware.as_ref().map(|id| id.as_bytes().as_slice())),
        maybe(device.vlan.mode.map(word).transpose()?),
        maybe(device.vlan.id.map(i64::from)),
        maybe(device.vlan.priority.map(i64::from)),
        maybe(device.language.as_ref().map(CfgValue::as_str)),
        maybe(password),
        maybe(password_print.map(<[u8; 16]>::as_slice)),
        json(&device.overrides)?.into(),
        json(&device.lines)?.into(),
        device.own.as_bytes().as_slice().into(),
        device.created_at.as_millis().into(),
    ])
}

const DELETE: &str = "DELETE FROM device WHERE id = ?1";

/// Deletes a device; status, alarms and published files go with it by the schema.
fn delete(conn: &Connection, counted: &mut Counted, id: DeviceId) -> Outcome<()> {
    let former = count::device_key(conn, id)?;
    let pinned = count::pinned(conn, id)?;
    alarm_event::deleted(conn, id)?;
    if execute(conn, DELETE, params![id.as_bytes()])? == 1 {
        counted.move_device(former.as_ref(), None);
        counted.move_pin(pinned.as_ref().and_then(Pinned::key), None);
        for prefix in pinned.iter().flat_map(|pinned| pinned.held.all()) {
            counted.move_generation(Some(&prefix), None);
        }
        execute(conn, GONE, params![id.as_bytes()])?;
    }
    Ok(())
}

// How many there are is asked of the counters, because this runs with every announcement of a
// phone and there may be ten thousand pending.
const LONGEST_SILENT: &str = "
    SELECT d.id FROM device d LEFT JOIN status s ON s.device = d.id
    WHERE d.admission = ?1
    ORDER BY ifnull(s.last_seen, d.created_at), d.id
    LIMIT max(0, (SELECT ifnull(sum(devices), 0) FROM device_count WHERE admission = ?1) - ?2)";

fn evict_pending(conn: &Connection, counted: &mut Counted, keep: u32) -> Outcome<()> {
    counted.write(conn)?;
    let evicted = all(conn, LONGEST_SILENT, params![word(Admission::Pending)?, keep], |row| {
        Fields::new("device", row).bytes("id", DeviceId::from_bytes)
    })?;
    evicted.into_iter().try_for_each(|id| delete(conn, counted, id))
}
