//! The counters: what devices and published files count as, and how many there are of each kind.

use std::{collections::HashMap, sync::LazyLock};

use ipp_core::{
    digest::Fingerprint,
    generation::GenerationId,
    id::{DeviceId, RegionId, TemplateId},
    phone_model::ModelId,
    status::{Connectivity, Registration, StatusClass},
    store::{CountKey, PinCountKey},
};
use rusqlite::{Connection, params, params_from_iter};

use super::{Fields, TOGETHER, all, among, execute, one, status, word};
use crate::error::{Outcome, corrupt};

const DEVICES: &str = "SELECT * FROM device_count";
macro_rules! device_keys {
    () => {
        "SELECT d.id, d.region, d.model, d.admission, s.version, s.disconnected, s.registration
        FROM device d LEFT JOIN status s ON s.device = d.id WHERE d.id"
    };
}
const DEVICE_UP: &str = "
    INSERT INTO device_count (region, model, version, admission, class, devices) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO UPDATE SET devices = devices + excluded.devices";
const DEVICE_DOWN: &str = "
    UPDATE device_count SET devices = devices - ?6
    WHERE region = ?1 AND model = ?2 AND version = ?3 AND admission = ?4 AND class = ?5 AND devices > ?6";
const DEVICE_OUT: &str = "
    DELETE FROM device_count
    WHERE region = ?1 AND model = ?2 AND version = ?3 AND admission = ?4 AND class = ?5 AND devices = ?6";

const PINS: &str = "SELECT * FROM pin_count";
const PINNED: &str = "
    SELECT d.id, d.own, d.template IS NOT NULL AS chosen, h.last, h.generations, p.template, p.region, p.model, p.cohort,
        p.own AS pin_own
    FROM device d
    LEFT JOIN pin_head h ON h.device = d.id
    LEFT JOIN pin p ON p.device = d.id AND p.slot = h.current % 5
    WHERE d.id = ?1";
const GENERATION_UP: &str = "
    INSERT INTO generation_count (prefix, pins) VALUES (?1, ?2)
    ON CONFLICT DO UPDATE SET pins = pins + excluded.pins";
const GENERATION_DOWN: &str = "UPDATE generation_count SET pins = pins - ?2 WHERE prefix = ?1 AND pins > ?2";
const GENERATION_OUT: &str = "DELETE FROM generation_count WHERE prefix = ?1 AND pins = ?2";
const PIN_UP: &str = "
    INSERT INTO pin_count (template, chosen, region, model, cohort, own_changed, devices)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT DO UPDATE SET devices = devices + excluded.devices";
const PIN_DOWN: &str = "
    UPDATE pin_count SET devices = devices - ?7
    WHERE template = ?1 AND chosen = ?2 AND region = ?3 AND model = ?4 AND cohort = ?5 AND own_changed = ?6
        AND devices > ?7";
const PIN_OUT: &str = "
    DELETE FROM pin_count
    WHERE template = ?1 AND chosen = ?2 AND region = ?3 AND model = ?4 AND cohort = ?5 AND own_changed = ?6
        AND devices = ?7";

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
        Ok((pin_count_key(fields)?, fields.unsigned("devices")?))
    })?;
    counts.sort_unstable();
    Ok(counts)
}

/// What a device counts as now; `None` where there is no such device.
pub(crate) fn device_key(conn: &Connection, device: DeviceId) -> Outcome<Option<CountKey>> {
    let sql = concat!(device_keys!(), " = ?1");
    one(conn, sql, params![device.as_bytes()], |row| read_device_key(Fields::new("device", row)))
}

/// What each of these devices counts as now, where it is there.
pub(crate) fn device_keys(
    conn: &Connection,
    devices: &[DeviceId; TOGETHER],
) -> Outcome<HashMap<DeviceId, CountKey>> {
    static KEYS: LazyLock<String> = LazyLock::new(|| format!("{} {}", device_keys!(), among(TOGETHER)));
    let found = all(conn, &KEYS, params_from_iter(devices.iter().map(DeviceId::as_bytes)), |row| {
        let fields = Fields::new("device", row);
        Ok((fields.bytes("id", DeviceId::from_bytes)?, read_device_key(fields)?))
    })?;
    Ok(found.into_iter().collect())
}

fn read_device_key(fields: Fields<'_>) -> Outcome<CountKey> {
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

/// The beginning of a generation's id, under which its use is counted.
pub(crate) type Prefix = [u8; 8];

/// How many published files of a device are kept: as many as there are slots.
pub(crate) const KEPT: usize = 5;

/// The generations of the files of a device, by slot.
#[derive(Clone, Copy, Default)]
pub(crate) struct Held([Option<Prefix>; KEPT]);

impl Held {
    /// Reads the slots that are in use.
    fn new(last: u64, bytes: &[u8]) -> Self {
        let mut held = Self::default();
        for (slot, (place, prefix)) in held.0.iter_mut().zip(bytes.as_chunks().0).enumerate() {
            // Numbers begin at 1, so up to the fifth file slots stay empty, 0 for longest.
            let used = last >= KEPT as u64 || (slot > 0 && slot as u64 <= last);
            *place = used.then_some(*prefix);
        }
        held
    }

    /// Reads them from a row that also tells the number that was given last.
    pub(crate) fn read(fields: Fields<'_>) -> Outcome<Self> {
        Ok(Self::new(fields.unsigned("last")?, &fields.get::<Vec<u8>>("generations")?))
    }

    /// Puts a generation into the slot of a file's number; answers what was there.
    pub(crate) fn replace(
        &mut self,
        number: u64,
        generation: GenerationId,
    ) -> (Option<Prefix>, Option<Prefix>) {
        let prefix = generation.as_bytes().first_chunk().copied();
        let slot = usize::try_from(number % KEPT as u64).ok();
        let place = slot.and_then(|slot| self.0.get_mut(slot));
        (place.and_then(|place| std::mem::replace(place, prefix)), prefix)
    }

    /// As the column holds them.
    pub(crate) fn bytes(&self) -> [u8; 8 * KEPT] {
        let mut bytes = [0; 8 * KEPT];
        for (to, from) in bytes.as_chunks_mut().0.iter_mut().zip(self.0) {
            *to = from.unwrap_or_default();
        }
        bytes
    }

    /// Each of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = Prefix> {
        self.0.into_iter().flatten()
    }
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

/// What is published for a device now; `None` where there is no such device.
pub(crate) fn pinned(conn: &Connection, device: DeviceId) -> Outcome<Option<Pinned>> {
    one(conn, PINNED, params![device.as_bytes()], |row| {
        let fields = Fields::new("device", row);
        let own = fields.bytes("own", Fingerprint::from_bytes)?;
        let chosen = fields.get("chosen")?;
        if fields.get::<Option<i64>>("last")?.is_none() {
            return Ok(Pinned { own, chosen, last: 0, held: Held::default(), current: None });
        }
        let (last, held) = (fields.unsigned("last")?, Held::read(fields)?);
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
        Ok(Pinned { own, chosen, last, held, current: Some(CurrentPin { own: pin_own, key }) })
    })
}

/// Adds `by` to the devices of a kind, or takes them from it.
pub(crate) fn add_devices(conn: &Connection, key: &CountKey, by: i64) -> Outcome<()> {
    let model = key.model.as_ref().map_or("", |model| model.as_str());
    let (admission, class) = (word(key.admission)?, word(key.class)?);
    let step = |sql: &str, by| {
        let region = region_bytes(key.region.as_ref());
        execute(conn, sql, params![region, model, key.version, admission, class, by])
    };
    if add(by, [DEVICE_UP, DEVICE_DOWN, DEVICE_OUT], step)? {
        return Ok(());
    }
    Err(corrupt("device_count", "devices", format_args!("{key:?}"), "a device was never counted"))
}

/// The same for their published files.
pub(crate) fn add_pins(conn: &Connection, key: &PinCountKey, by: i64) -> Outcome<()> {
    let step = |sql: &str, by| {
        let (template, region) = (key.template.as_bytes(), region_bytes(key.region.as_ref()));
        let (model, cohort) = (key.model.as_str(), key.cohort.as_bytes());
        execute(conn, sql, params![template, key.chosen, region, model, cohort, key.own_changed, by])
    };
    if add(by, [PIN_UP, PIN_DOWN, PIN_OUT], step)? {
        return Ok(());
    }
    Err(corrupt("pin_count", "devices", format_args!("{key:?}"), "a file was never counted"))
}

/// The same for the files that are made from a generation.
pub(crate) fn add_generations(conn: &Connection, prefix: Prefix, by: i64) -> Outcome<()> {
    let step = |sql: &str, by| execute(conn, sql, params![prefix, by]);
    if add(by, [GENERATION_UP, GENERATION_DOWN, GENERATION_OUT], step)? {
        return Ok(());
    }
    Err(corrupt("generation_count", "pins", format_args!("{prefix:02x?}"), "a file was never counted"))
}

/// Whether there was enough to take from. The last of its kind takes the row with it.
fn add(
    by: i64,
    [up, down, out]: [&str; 3],
    step: impl Fn(&str, i64) -> rusqlite::Result<usize>,
) -> rusqlite::Result<bool> {
    match by {
        0 => Ok(true),
        1.. => step(up, by).map(|_| true),
        ..0 => Ok(step(down, -by)? == 1 || step(out, -by)? == 1),
    }
}

fn pin_count_key(fields: Fields<'_>) -> Outcome<PinCountKey> {
    Ok(PinCountKey {
        template: fields.bytes("template", TemplateId::from_bytes)?,
        chosen: fields.get("chosen")?,
        region: region(fields)?,
        model: fields.parse("model")?,
        cohort: fields.bytes("cohort", Fingerprint::from_bytes)?,
        own_changed: fields.get("own_changed")?,
    })
}

pub(super) fn region_bytes(region: Option<&RegionId>) -> &[u8] {
    region.map_or(&[], |region| region.as_bytes())
}

pub(super) fn region(fields: Fields<'_>) -> Outcome<Option<RegionId>> {
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
