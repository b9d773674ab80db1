//! Changes of devices.
//!
//! What a device counts as is made of its own row and of its status. Whoever changes either so that it
//! counts otherwise holds a lock on the device's row meanwhile: here the one that shuts everybody out,
//! in `status` a shared one.

use std::collections::HashMap;

use ipp_core::{
    device::{Admission, Device},
    digest::Fingerprint,
    id::{DeviceId, FirmwareId, RegionId, TemplateId},
    phone_model::ModelId,
    store::{CountKey, DeviceChange, PinCountKey, dump::DeviceChanged},
    text::CfgValue,
};

use super::{Gathered, gathered::Changed};
use crate::{
    connection::{Ask, Conn},
    error::Outcome,
    rows::{
        Fields, address, alarm_event, all,
        count::{self, Pinned},
        json, number, sealed_parts, word,
    },
    value::{columns, ids, params},
};

pub(super) async fn apply(conn: &Conn, gathered: &mut Gathered, change: &DeviceChange) -> Outcome<()> {
    match change {
        DeviceChange::Put(device) => put_all(conn, gathered, &[device]).await,
        DeviceChange::Delete(id) => delete(conn, gathered, *id).await,
        DeviceChange::EvictPending(keep) => evict_pending(conn, gathered, *keep).await,
    }
}

const CHANGED: &str = "
    INSERT INTO device_change (device, sequence, gone) SELECT * FROM unnest($1, $2, $3)
    ON CONFLICT (device) DO UPDATE SET sequence = excluded.sequence, gone = excluded.gone";

/// The statement that notes when devices, or their published files, changed last.
pub(super) fn write_changes(changes: &[Changed]) -> Outcome<Option<Ask<'static>>> {
    let row = |Changed { at, gone }: &'_ Changed| -> Outcome<_> {
        Ok(params![at.device.as_bytes().to_vec(), number(at.sequence.0)?, *gone])
    };
    let columns = columns(changes.iter().map(row).collect::<Outcome<Vec<_>>>()?);
    Ok(columns.map(|columns| Ask::new(CHANGED, columns)))
}

const RESTORE_CHANGES: &str = "
    INSERT INTO device_change (device, sequence, gone)
    SELECT device, sequence, NOT EXISTS (SELECT 1 FROM device d WHERE d.id = put.device)
    FROM unnest($1, $2) AS put (device, sequence)";

/// Notes changes at the points in the sequence that they had.
pub(super) async fn restore_changes(conn: &Conn, changes: &[DeviceChanged]) -> Outcome<()> {
    let rows = changes.iter().map(|at| Ok(params![at.device.as_bytes(), number(at.sequence.0)?]));
    if let Some(columns) = columns(rows.collect::<Outcome<Vec<_>>>()?) {
        conn.execute(RESTORE_CHANGES, &columns).await?;
    }
    Ok(())
}

const LOCK: &str = "SELECT id FROM device WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
const PUT: &str = "
    INSERT INTO device (id, revision, mac, display_name, model, owner, owner_bound_by, region, region_origin,
        admission, token_print, token_sealed, request_print, request_sealed, request_peer, request_at,
        former_token, template, firmware, vlan_mode, vlan_id, vlan_priority, language, rest_password_sealed,
        rest_password_print, overrides, lines, own, created_at)
    SELECT id, 1, mac, display_name, model, owner, owner_bound_by, region, region_origin,
        admission, token_print, token_sealed, request_print, request_sealed, request_peer, request_at,
        former_token, template, firmware, vlan_mode, vlan_id, vlan_priority, language, rest_password_sealed,
        rest_password_print, overrides, lines, own, created_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
        $22, $23, $24, $25, $26, $27, $28)
        AS put (id, mac, display_name, model, owner, owner_bound_by, region, region_origin,
        admission, token_print, token_sealed, request_print, request_sealed, request_peer, request_at,
        former_token, template, firmware, vlan_mode, vlan_id, vlan_priority, language, rest_password_sealed,
        rest_password_print, overrides, lines, own, created_at)
    ON CONFLICT (id) DO UPDATE SET
        revision = device.revision + 1, mac = excluded.mac, display_name = excluded.display_name,
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

/// Puts devices, no two of which have one id.
pub(super) async fn put_all(conn: &Conn, gathered: &mut Gathered, devices: &[&Device]) -> Outcome<()> {
    let wanted: Vec<DeviceId> = devices.iter().map(|device| device.id).collect();
    conn.rows(LOCK, &[ids(wanted.iter().map(DeviceId::as_bytes))]).await?;
    let former = count::device_keys(conn, &wanted).await?;
    let there: Vec<DeviceId> = wanted.iter().filter(|id| former.contains_key(id)).copied().collect();
    let pinned = if there.is_empty() { HashMap::new() } else { count::pinned(conn, &there).await? };
    upsert(conn, devices).await?;
    for device in devices {
        // An edit changes nothing of the status or of what is published, so nothing need be read again
        // to know this.
        let unseen = CountKey::of(device, None);
        let former = former.get(&device.id);
        let key = match former.cloned() {
            Some(CountKey { version, class, .. }) => CountKey { version, class, ..unseen },
            None => unseen,
        };
        gathered.counted.move_device(former, Some(&key));
        if let Some(current) = pinned.get(&device.id).and_then(|pinned| pinned.current.as_ref()) {
            let (chosen, own_changed) = (device.template.is_some(), device.own != current.own);
            let key = PinCountKey { chosen, own_changed, ..current.key.clone() };
            gathered.counted.move_pin(Some(&current.key), Some(&key));
        }
        gathered.changed(device.id);
    }
    Ok(())
}

/// Puts devices that were not there, and counts them; their place in the sequence of changes is another
/// row.
pub(super) async fn restore(conn: &Conn, gathered: &mut Gathered, devices: &[&Device]) -> Outcome<()> {
    upsert(conn, devices).await?;
    for device in devices {
        gathered.counted.move_device(None, Some(&CountKey::of(device, None)));
    }
    Ok(())
}

async fn upsert(conn: &Conn, devices: &[&Device]) -> Outcome<()> {
    let row = |device: &'_ &Device| -> Outcome<_> {
        let token = device.token.as_ref();
        let request = device.request.as_ref();
        let (password, password_print) = sealed_parts(device.rest_password.as_ref());
        Ok(params![
            device.id.as_bytes().to_vec(),
            device.mac.bytes().to_vec(),
            device.display_name.as_str().to_owned(),
            device.model.as_ref().map(ModelId::as_str).map(str::to_owned),
            device.owner.as_ref().map(|owner| owner.user.as_bytes().to_vec()),
            device.owner.map(|owner| word(owner.bound_by)).transpose()?,
            device.region.as_ref().map(|id| RegionId::as_bytes(id).to_vec()),
            word(device.region_origin)?,
            word(device.admission)?,
            token.map(|token| token.print.as_bytes().to_vec()),
            token.map(|token| token.sealed.as_bytes().to_vec()),
            request.map(|request| request.token.print.as_bytes().to_vec()),
            request.map(|request| request.token.sealed.as_bytes().to_vec()),
            request.map(|request| address(request.peer)),
            request.map(|request| request.at.as_millis()),
            device.former_token.as_ref().map(|print| Fingerprint::as_bytes(print).to_vec()),
            device.template.as_ref().map(|id| TemplateId::as_bytes(id).to_vec()),
            device.firmware.as_ref().map(|id| FirmwareId::as_bytes(id).to_vec()),
            device.vlan.mode.map(word).transpose()?,
            device.vlan.id,
            device.vlan.priority,
            device.language.as_ref().map(CfgValue::as_str).map(str::to_owned),
            password.map(<[u8]>::to_vec),
            password_print.map(|print| print.to_vec()),
            json(&device.overrides)?,
            json(&device.lines)?,
            device.own.as_bytes().to_vec(),
            device.created_at.as_millis(),
        ])
    };
    let Some(columns) = columns(devices.iter().map(row).collect::<Outcome<Vec<_>>>()?) else { return Ok(()) };
    conn.execute(PUT, &columns).await.map(drop).map_err(|fault| match devices {
        [device] => fault
            .taken("device_mac_key", "MAC address", &device.mac)
            .taken("device_token_print_key", "token of", &device.mac)
            .missing("device_region_fkey", "region")
            .missing("device_owner_fkey", "user")
            .missing("device_model_fkey", "phone model")
            .missing("device_template_fkey", "template")
            .missing("device_firmware_fkey", "firmware"),
        _ => fault,
    })
}

const DELETE: &str = "DELETE FROM device WHERE id = $1";

/// Deletes a device; status, alarms and published files go with it by the schema.
async fn delete(conn: &Conn, gathered: &mut Gathered, id: DeviceId) -> Outcome<()> {
    conn.rows(LOCK, &[ids([id.as_bytes()])]).await?;
    let Some(former) = count::device_keys(conn, &[id]).await?.remove(&id) else { return Ok(()) };
    let pinned = count::pinned(conn, &[id]).await?.remove(&id);
    conn.together(&[alarm_event::deleted(&id)?, Ask::new(DELETE, params![id.as_bytes()])]).await?;
    gathered.counted.move_device(Some(&former), None);
    gathered.counted.move_pin(pinned.as_ref().and_then(Pinned::key), None);
    for prefix in pinned.iter().flat_map(|pinned| pinned.held.all()) {
        gathered.counted.move_generation(Some(&prefix), None);
    }
    gathered.gone(id);
    Ok(())
}

const LONGEST_SILENT: &str = "
    SELECT d.id FROM device d LEFT JOIN status s ON s.device = d.id
    WHERE d.admission = $1
    ORDER BY coalesce(s.last_seen, d.created_at), d.id
    LIMIT $2";

async fn evict_pending(conn: &Conn, gathered: &mut Gathered, keep: u32) -> Outcome<()> {
    // How many there are is asked of the counters, because this runs with every announcement of a phone
    // and there may be ten thousand pending.
    let pending = count::admitted(conn, Admission::Pending).await? + gathered.admitted(Admission::Pending);
    let excess = pending - i64::from(keep);
    if excess <= 0 {
        return Ok(());
    }
    let evicted = all(conn, LONGEST_SILENT, &params![word(Admission::Pending)?, excess], |row| {
        Fields::new("device", row).bytes("id", DeviceId::from_bytes)
    })
    .await?;
    for id in evicted {
        delete(conn, gathered, id).await?;
    }
    Ok(())
}
