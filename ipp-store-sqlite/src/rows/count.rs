//! The counters: what devices and published files count as, read and moved by one.

use ipp_core::{
    digest::Fingerprint,
    id::{DeviceId, RegionId, TemplateId},
    phone_model::ModelId,
    status::{Connectivity, Registration, StatusClass},
    store::{CountKey, PinCountKey},
};
use rusqlite::{Connection, params};

use super::{Fields, all, execute, one, status, word};
use crate::error::{Outcome, corrupt};

const DEVICES: &str = "SELECT * FROM device_count";
const DEVICE_KEY: &str = "
    SELECT d.id, d.region, d.model, d.admission, s.version, s.disconnected, s.registration
    FROM device d LEFT JOIN status s ON s.device = d.id WHERE d.id = ?1";
const DEVICE_UP: &str = "
    INSERT INTO device_count (region, model, version, admission, class, devices) VALUES (?1, ?2, ?3, ?4, ?5, 1)
    ON CONFLICT DO UPDATE SET devices = devices + 1";
const DEVICE_DOWN: &str = "
    UPDATE device_count SET devices = devices - 1
    WHERE region = ?1 AND model = ?2 AND version = ?3 AND admission = ?4 AND class = ?5 AND devices > 1";
const DEVICE_OUT: &str = "
    DELETE FROM device_count
    WHERE region = ?1 AND model = ?2 AND version = ?3 AND admission = ?4 AND class = ?5 AND devices = 1";

const PINS: &str = "SELECT * FROM pin_count";
const PIN_KEY: &str = "
    SELECT p.device, p.template, d.template IS NOT NULL AS chosen, p.region, p.model, p.cohort,
        d.own <> p.own AS own_changed
    FROM pin p JOIN device d ON d.id = p.device WHERE p.device = ?1 AND p.current = 1";
const PIN_UP: &str = "
    INSERT INTO pin_count (template, chosen, region, model, cohort, own_changed, devices)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)
    ON CONFLICT DO UPDATE SET devices = devices + 1";
const PIN_DOWN: &str = "
    UPDATE pin_count SET devices = devices - 1
    WHERE template = ?1 AND chosen = ?2 AND region = ?3 AND model = ?4 AND cohort = ?5 AND own_changed = ?6
        AND devices > 1";
const PIN_OUT: &str = "
    DELETE FROM pin_count
    WHERE template = ?1 AND chosen = ?2 AND region = ?3 AND model = ?4 AND cohort = ?5 AND own_changed = ?6
        AND devices = 1";

pub(crate) fn devices(conn: &Connection) -> Outcome<Vec<(CountKey, u64)>> {
    let mut counts = all(conn, DEVICES, [], |row| {
        let fields = Fields::new("device_count", row);
        let key = CountKey {
            region: region(fields)?,
            model: model(fields)?,
            version: fields.get("version")?,
            admission: fields.word("admission")?,
            class: fields.word("class")?,
        };
        Ok((key, fields.unsigned("devices")?))
    })?;
    counts.sort_unstable();
    Ok(counts)
}

pub(crate) fn pins(conn: &Connection) -> Outcome<Vec<(PinCountKey, u64)>> {
    let mut counts = all(conn, PINS, [], |row| {
        let fields = Fields::new("pin_count", row);
        Ok((pin_count_key(fields, region(fields)?)?, fields.unsigned("devices")?))
    })?;
    counts.sort_unstable();
    Ok(counts)
}

/// What a device counts as now; `None` where there is no such device.
pub(crate) fn device_key(conn: &Connection, device: DeviceId) -> Outcome<Option<CountKey>> {
    one(conn, DEVICE_KEY, params![device.as_bytes()], |row| {
        let fields = Fields::new("device", row);
        let status: Option<(Registration, Connectivity)> = match fields.get::<Option<i64>>("disconnected")? {
            Some(_) => Some((status::registration(fields)?, status::connectivity(fields)?)),
            None => None,
        };
        Ok(CountKey {
            region: fields.opt_bytes("region", RegionId::from_bytes)?,
            model: fields.opt_parse("model")?,
            version: fields.get::<Option<String>>("version")?.unwrap_or_default(),
            admission: fields.word("admission")?,
            class: StatusClass::of(
                status.as_ref().map(|(registration, connectivity)| (registration, *connectivity)),
            ),
        })
    })
}

/// What the published file of a device counts as now; `None` where nothing is published.
pub(crate) fn pin_key(conn: &Connection, device: DeviceId) -> Outcome<Option<PinCountKey>> {
    one(conn, PIN_KEY, params![device.as_bytes()], |row| {
        let fields = Fields::new("pin", row);
        pin_count_key(fields, fields.opt_bytes("region", RegionId::from_bytes)?)
    })
}

/// Moves one device from what it counted as to what it counts as.
pub(crate) fn move_device(
    conn: &Connection,
    before: Option<&CountKey>,
    after: Option<&CountKey>,
) -> Outcome<()> {
    if before == after {
        return Ok(());
    }
    // The last device of its kind takes the row with it.
    if let Some(key) = before
        && step_device(conn, DEVICE_DOWN, key)? == 0
        && step_device(conn, DEVICE_OUT, key)? == 0
    {
        let row = format_args!("{key:?}");
        return Err(corrupt("device_count", "devices", row, "a device was never counted"));
    }
    after.map_or(Ok(()), |key| step_device(conn, DEVICE_UP, key).map(drop))
}

/// The same for its published file.
pub(crate) fn move_pin(
    conn: &Connection,
    before: Option<&PinCountKey>,
    after: Option<&PinCountKey>,
) -> Outcome<()> {
    if before == after {
        return Ok(());
    }
    if let Some(key) = before
        && step_pin(conn, PIN_DOWN, key)? == 0
        && step_pin(conn, PIN_OUT, key)? == 0
    {
        return Err(corrupt("pin_count", "devices", format_args!("{key:?}"), "a file was never counted"));
    }
    after.map_or(Ok(()), |key| step_pin(conn, PIN_UP, key).map(drop))
}

fn step_device(conn: &Connection, sql: &str, key: &CountKey) -> Outcome<usize> {
    let model = key.model.as_ref().map_or("", |model| model.as_str());
    let step = params![
        region_bytes(key.region.as_ref()),
        model,
        key.version,
        word(key.admission)?,
        word(key.class)?
    ];
    Ok(execute(conn, sql, step)?)
}

fn step_pin(conn: &Connection, sql: &str, key: &PinCountKey) -> Outcome<usize> {
    let step = params![
        key.template.as_bytes(),
        key.chosen,
        region_bytes(key.region.as_ref()),
        key.model.as_str(),
        key.cohort.as_bytes(),
        key.own_changed,
    ];
    Ok(execute(conn, sql, step)?)
}

fn pin_count_key(fields: Fields<'_>, region: Option<RegionId>) -> Outcome<PinCountKey> {
    Ok(PinCountKey {
        template: fields.bytes("template", TemplateId::from_bytes)?,
        chosen: fields.get("chosen")?,
        region,
        model: fields.parse("model")?,
        cohort: fields.bytes("cohort", Fingerprint::from_bytes)?,
        own_changed: fields.get("own_changed")?,
    })
}

fn region_bytes(region: Option<&RegionId>) -> &[u8] {
    region.map_or(&[], |region| region.as_bytes())
}

fn region(fields: Fields<'_>) -> Outcome<Option<RegionId>> {
    let bytes: Vec<u8> = fields.get("region")?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let id = bytes.try_into().map_err(|_| fields.wrong("region", "an id has sixteen bytes"))?;
    Ok(Some(RegionId::from_bytes(id)))
}

fn model(fields: Fields<'_>) -> Outcome<Option<ModelId>> {
    let text: String = fields.get("model")?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| fields.wrong("model", error))
}
