//! The counters: what devices and published files count as, and how many there are of each kind.
//!
//! Each writer adds to rows of its own lane; what there is of a kind is the sum over the lanes.

use std::collections::HashMap;

use ipp_core::{
    device::Admission,
    digest::Fingerprint,
    id::{DeviceId, RegionId, TemplateId},
    phone_model::ModelId,
    status::{Connectivity, Registration, StatusClass},
    store::{CountKey, PinCountKey},
};

use super::{
    Fields, all,
    held::{Held, Prefix},
    one, status, word,
};
use crate::{
    connection::{Ask, Conn},
    error::{Fault, Outcome},
    value::{Value, columns, ids, params},
};

const DEVICES: &str = "
    SELECT region, model, version, admission, class, sum(devices)::bigint AS devices FROM device_count
    GROUP BY region, model, version, admission, class HAVING sum(devices) <> 0";
const ADMITTED: &str =
    "SELECT coalesce(sum(devices), 0)::bigint AS devices FROM device_count WHERE admission = $1";
const DEVICE_KEYS: &str = "
    SELECT d.id, d.region, d.model, d.admission, s.version, s.disconnected, s.registration
    FROM device d LEFT JOIN status s ON s.device = d.id WHERE d.id = ANY($1)";
const DEVICES_STEP: &str = "
    INSERT INTO device_count (lane, region, model, version, admission, class, devices)
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7)
    ON CONFLICT (lane, region, model, version, admission, class)
        DO UPDATE SET devices = device_count.devices + excluded.devices";
const DEVICES_OUT: &str = "
    DELETE FROM device_count c
    USING unnest($2, $3, $4, $5, $6, $7) AS k (region, model, version, admission, class, step)
    WHERE c.lane = $1 AND k.step < 0 AND c.devices = 0 AND c.region = k.region AND c.model = k.model
        AND c.version = k.version AND c.admission = k.admission AND c.class = k.class";

const PINS: &str = "
    SELECT template, chosen, region, model, cohort, own_changed, sum(devices)::bigint AS devices FROM pin_count
    GROUP BY template, chosen, region, model, cohort, own_changed HAVING sum(devices) <> 0";
const PINNED: &str = "
    SELECT d.id, d.own, d.template IS NOT NULL AS chosen, h.last, h.generations, p.template, p.region, p.model, p.cohort,
        p.own AS pin_own
    FROM device d
    LEFT JOIN pin_head h ON h.device = d.id
    LEFT JOIN pin p ON p.device = d.id AND p.slot = h.current % 5
    WHERE d.id = ANY($1)";
const PINS_STEP: &str = "
    INSERT INTO pin_count (lane, template, chosen, region, model, cohort, own_changed, devices)
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (lane, template, chosen, region, model, cohort, own_changed)
        DO UPDATE SET devices = pin_count.devices + excluded.devices";
const PINS_OUT: &str = "
    DELETE FROM pin_count c
    USING unnest($2, $3, $4, $5, $6, $7, $8)
        AS k (template, chosen, region, model, cohort, own_changed, step)
    WHERE c.lane = $1 AND k.step < 0 AND c.devices = 0 AND c.template = k.template AND c.chosen = k.chosen
        AND c.region = k.region AND c.model = k.model AND c.cohort = k.cohort
        AND c.own_changed = k.own_changed";
const GENERATIONS_STEP: &str = "
    INSERT INTO generation_count (prefix, pins) SELECT * FROM unnest($1, $2)
    ON CONFLICT (prefix) DO UPDATE SET pins = generation_count.pins + excluded.pins";
const GENERATIONS_OUT: &str = "
    DELETE FROM generation_count c USING unnest($1, $2) AS k (prefix, step)
    WHERE k.step < 0 AND c.pins = 0 AND c.prefix = k.prefix";

pub(crate) async fn devices(conn: &Conn) -> Outcome<Vec<(CountKey, u64)>> {
    let mut counts = all(conn, DEVICES, &[], |row| {
        let fields = Fields::new("device_count", row);
        let key = CountKey {
            region: region(fields)?,
            model: model(fields)?,
            version: fields.text("version")?,
            admission: fields.word("admission")?,
            class: fields.word("class")?,
        };
        Ok((key, fields.unsigned("devices")?))
    })
    .await?;
    counts.sort_unstable();
    Ok(counts)
}

/// How many devices are admitted so far, as it was committed.
pub(crate) async fn admitted(conn: &Conn, admission: Admission) -> Outcome<i64> {
    let read = |row: &_| Fields::new("device_count", row).get("devices");
    Ok(one(conn, ADMITTED, &params![word(admission)?], read).await?.unwrap_or_default())
}

pub(crate) async fn pins(conn: &Conn) -> Outcome<Vec<(PinCountKey, u64)>> {
    let mut counts = all(conn, PINS, &[], |row| {
        let fields = Fields::new("pin_count", row);
        let key = PinCountKey {
            template: fields.bytes("template", TemplateId::from_bytes)?,
            chosen: fields.get("chosen")?,
            region: region(fields)?,
            model: fields.parse("model")?,
            cohort: fields.bytes("cohort", Fingerprint::from_bytes)?,
            own_changed: fields.get("own_changed")?,
        };
        Ok((key, fields.unsigned("devices")?))
    })
    .await?;
    counts.sort_unstable();
    Ok(counts)
}

/// What devices count as now, those that there are. Whoever is to move them holds the locks on their rows.
pub(crate) async fn device_keys(conn: &Conn, devices: &[DeviceId]) -> Outcome<HashMap<DeviceId, CountKey>> {
    let found = all(conn, DEVICE_KEYS, &[ids(devices.iter().map(DeviceId::as_bytes))], |row| {
        let fields = Fields::new("device", row);
        let id = fields.bytes("id", DeviceId::from_bytes)?;
        let status: Option<(Registration, Connectivity)> = match fields.get::<Option<bool>>("disconnected")? {
            Some(_) => Some((status::registration(fields)?, status::connectivity(fields)?)),
            None => None,
        };
        let key = CountKey {
            region: fields.opt_bytes("region", RegionId::from_bytes)?,
            model: fields.opt_parse("model")?,
            admission: fields.word("admission")?,
            version: fields.opt_text("version")?.unwrap_or_default(),
            class: StatusClass::of(
                status.as_ref().map(|(registration, connectivity)| (registration, *connectivity)),
            ),
        };
        Ok((id, key))
    })
    .await?;
    Ok(found.into_iter().collect())
}

/// A device as far as publishing for it is concerned.
pub(crate) struct Pinned {
    /// The fingerprint of the device's own values.
    pub(crate) own: Fingerprint,
    /// Whether its template was chosen for the device itself.
    pub(crate) chosen: bool,
    /// The number that was given last; 0 where nothing was ever published.
    pub(crate) last: u64,
    /// The generations of the files that are kept.
    pub(crate) held: Held,
    /// What it gets, where something is published.
    pub(crate) current: Option<CurrentPin>,
}

/// What the current published file of a device is made of, and what it counts as.
pub(crate) struct CurrentPin {
    pub(crate) own: Fingerprint,
    pub(crate) key: PinCountKey,
}

impl Pinned {
    /// What the device's published file counts as.
    pub(crate) fn key(&self) -> Option<&PinCountKey> {
        self.current.as_ref().map(|current| &current.key)
    }
}

/// What is published for devices now, those that there are.
pub(crate) async fn pinned(conn: &Conn, devices: &[DeviceId]) -> Outcome<HashMap<DeviceId, Pinned>> {
    let found = all(conn, PINNED, &[ids(devices.iter().map(DeviceId::as_bytes))], |row| {
        let fields = Fields::new("device", row);
        let id = fields.bytes("id", DeviceId::from_bytes)?;
        let own = fields.bytes("own", Fingerprint::from_bytes)?;
        let chosen = fields.get("chosen")?;
        let Some(last) = fields.opt_unsigned("last")? else {
            return Ok((id, Pinned { own, chosen, last: 0, held: Held::default(), current: None }));
        };
        let held = Held::read(fields)?;
        let fields = fields.of("pin");
        let mut key = PinCountKey {
            template: fields.bytes("template", TemplateId::from_bytes)?,
            chosen,
            region: fields.opt_bytes("region", RegionId::from_bytes)?,
            model: fields.parse("model")?,
            cohort: fields.bytes("cohort", Fingerprint::from_bytes)?,
            own_changed: false,
        };
        let pin_own = fields.bytes("pin_own", Fingerprint::from_bytes)?;
        key.own_changed = own != pin_own;
        Ok((id, Pinned { own, chosen, last, held, current: Some(CurrentPin { own: pin_own, key }) }))
    })
    .await?;
    Ok(found.into_iter().collect())
}

/// The statements that add to the devices of each kind, or take from them.
pub(crate) fn step_devices(lane: i64, steps: Vec<(CountKey, i64)>) -> Outcome<Vec<Ask<'static>>> {
    let row = |(key, by): (CountKey, i64)| {
        Ok::<_, Fault>(params![
            region_bytes(key.region.as_ref()),
            key.model.as_ref().map_or_else(String::new, ToString::to_string),
            key.version,
            word(key.admission)?,
            word(key.class)?,
            by,
        ])
    };
    let down = steps.iter().any(|(_, by)| *by < 0);
    let steps = steps.into_iter().map(row).collect::<Outcome<Vec<_>>>()?;
    Ok(step(Some(lane), columns(steps), down.then_some(DEVICES_OUT), DEVICES_STEP))
}

/// The same for their published files.
pub(crate) fn step_pins(lane: i64, steps: Vec<(PinCountKey, i64)>) -> Vec<Ask<'static>> {
    let row = |(key, by): (PinCountKey, i64)| {
        params![
            key.template.as_bytes().to_vec(),
            key.chosen,
            region_bytes(key.region.as_ref()),
            key.model.as_str().to_owned(),
            key.cohort.as_bytes().to_vec(),
            key.own_changed,
            by,
        ]
    };
    let down = steps.iter().any(|(_, by)| *by < 0);
    step(Some(lane), columns(steps.into_iter().map(row)), down.then_some(PINS_OUT), PINS_STEP)
}

/// The same for the files that are made from a generation. These are in no lane: all of them are counted
/// under one lock.
pub(crate) fn step_generations(steps: Vec<(Prefix, i64)>) -> Vec<Ask<'static>> {
    let down = steps.iter().any(|(_, by)| *by < 0);
    let rows = steps.into_iter().map(|(prefix, by)| params![prefix.to_vec(), by]);
    step(None, columns(rows), down.then_some(GENERATIONS_OUT), GENERATIONS_STEP)
}

/// The last of its kind takes the row with it.
fn step<const N: usize>(
    lane: Option<i64>,
    columns: Option<[Value<'static>; N]>,
    out: Option<&'static str>,
    step: &'static str,
) -> Vec<Ask<'static>> {
    let Some(columns) = columns else { return Vec::new() };
    let params: Vec<Value<'_>> = lane.map(Value::from).into_iter().chain(columns).collect();
    let out = out.map(|out| Ask::new(out, params.clone()));
    [Ask::new(step, params)].into_iter().chain(out).collect()
}

pub(super) fn region_bytes(region: Option<&RegionId>) -> Vec<u8> {
    region.map_or_else(Vec::new, |region| region.as_bytes().to_vec())
}

fn region(fields: Fields<'_>) -> Outcome<Option<RegionId>> {
    region_of(fields, "region", fields.get("region")?)
}

/// The region in a column that has no NULL.
pub(super) fn region_of(fields: Fields<'_>, column: &str, bytes: &[u8]) -> Outcome<Option<RegionId>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let id = bytes.try_into().map_err(|_| fields.wrong(column, "an id has sixteen bytes"))?;
    Ok(Some(RegionId::from_bytes(id)))
}

fn model(fields: Fields<'_>) -> Outcome<Option<ModelId>> {
    if fields.get::<&str>("model")?.is_empty() {
        return Ok(None);
    }
    fields.parse("model").map(Some)
}
