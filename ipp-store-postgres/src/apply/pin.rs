//! Generations, and which of them phones get.

use std::collections::BTreeMap;

use ipp_core::{
    digest::ContentHash,
    generation::{GenerationId, Part},
    id::{DeviceId, RegionId, RunId},
    store::{Pin, PinChange, PinCountKey, PinRecord, dump::GenerationRow},
};

use super::{Effect, Gathered};
use crate::{
    connection::{Ask, Conn},
    error::Outcome,
    rows::{
        Fields, all,
        count::{self, Pinned},
        file,
        held::{Held, KEPT},
        json, number,
    },
    value::{columns, ids, params},
};

pub(super) async fn apply(conn: &Conn, gathered: &mut Gathered, change: &PinChange) -> Outcome<Effect> {
    let (device, done) = match change {
        PinChange::Publish(pin) => {
            let done = publish(conn, gathered, &[pin]).await?;
            return Ok(Effect::done_if(done == [true]));
        }
        PinChange::Revert { device, number } => return revert(conn, gathered, *device, *number).await,
        PinChange::StandIn { device, info, text } => {
            (*device, file::put_stand_in(conn, *device, info, text).await?)
        }
        PinChange::Resume(device) => (*device, file::delete_stand_in(conn, *device).await?),
        PinChange::Withdraw(device) => (*device, withdraw(conn, gathered, *device).await?),
    };
    if done {
        gathered.changed(device);
    }
    Ok(Effect::done_if(done))
}

const PUT_GENERATION: &str = "INSERT INTO generation (id) VALUES ($1) ON CONFLICT DO NOTHING";
// Somebody is about to point to it.
const WANTED: &str = "UPDATE generation SET idle_since = NULL WHERE id = $1 AND idle_since IS NOT NULL";
const PUT_PARTS: &str =
    "INSERT INTO part (hash, content) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING";
const ADD_PARTS: &str =
    "INSERT INTO generation_part (generation, position, part) SELECT * FROM unnest($1, $2, $3)";

/// Stores a generation; one that is there already stays as it is, and begins its time anew.
pub(super) async fn put_generation(conn: &Conn, id: GenerationId, parts: &[Part]) -> Outcome<()> {
    if conn.execute(PUT_GENERATION, &params![id.as_bytes()]).await? == 0 {
        conn.execute(WANTED, &params![id.as_bytes()]).await?;
        return Ok(());
    }
    put_parts(conn, parts.iter()).await?;
    add_parts(conn, id, parts.iter().map(|part| part.hash)).await
}

/// Stores parts; those that are there already stay.
pub(super) async fn put_parts<'a>(conn: &Conn, parts: impl Iterator<Item = &'a Part>) -> Outcome<()> {
    let rows = parts.map(|part| params![part.hash.as_bytes(), &*part.content]);
    if let Some(columns) = columns(rows) {
        conn.execute(PUT_PARTS, &columns).await?;
    }
    Ok(())
}

async fn add_parts(conn: &Conn, id: GenerationId, parts: impl Iterator<Item = ContentHash>) -> Outcome<()> {
    let row = |(position, part): (i64, ContentHash)| {
        params![id.as_bytes().to_vec(), position, part.as_bytes().to_vec()]
    };
    if let Some(columns) = columns((0_i64..).zip(parts).map(row)) {
        conn.execute(ADD_PARTS, &columns)
            .await
            .map_err(|fault| fault.missing("generation_part_part_fkey", "part of a generation"))?;
    }
    Ok(())
}

/// Stores a generation whose parts are there.
pub(super) async fn restore_generation(conn: &Conn, row: &GenerationRow) -> Outcome<()> {
    conn.execute(PUT_GENERATION, &params![row.id.as_bytes()]).await?;
    add_parts(conn, row.id, row.parts.iter().copied()).await
}

const HEADS: &str = "
    INSERT INTO pin_head (device, last, current, generations)
    SELECT device, last, last, generations FROM unnest($1, $2, $3) AS put (device, last, generations)
    ON CONFLICT (device) DO UPDATE SET
        last = excluded.last, current = excluded.current, generations = excluded.generations";
const PUT: &str = "
    INSERT INTO pin (device, slot, number, generation, template, region, model, cohort, own, inputs, secrets, digest,
        length, published_at, run)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (device, slot) DO UPDATE SET
        number = excluded.number, generation = excluded.generation, template = excluded.template,
        region = excluded.region, model = excluded.model, cohort = excluded.cohort, own = excluded.own,
        inputs = excluded.inputs, secrets = excluded.secrets, digest = excluded.digest, length = excluded.length,
        published_at = excluded.published_at, run = excluded.run";

/// Publishes files for devices, none of which is named twice; which of them.
pub(super) async fn publish(conn: &Conn, gathered: &mut Gathered, pins: &[&Pin]) -> Outcome<Vec<bool>> {
    let devices: Vec<DeviceId> = pins.iter().map(|pin| pin.device).collect();
    let former = count::pinned(conn, &devices).await?;
    let fits = |pin: &Pin| former.get(&pin.device).filter(|former| former.own == pin.own);
    let numbered: BTreeMap<DeviceId, (u64, &Pin)> =
        pins.iter().filter_map(|pin| Some((pin.device, (fits(pin)?.last + 1, *pin)))).collect();
    let files = put(numbered.values().copied())?;
    let mut heads = Vec::with_capacity(numbered.len());
    for (device, (at, pin)) in &numbered {
        let mut held = former.get(device).map(|former| former.held).unwrap_or_default();
        let (before, after) = held.replace(*at, pin.generation);
        gathered.counted.move_generation(before.as_ref(), after.as_ref());
        heads.push(params![device.as_bytes(), number(*at)?, held.bytes()]);
    }
    let heads = columns(heads).map(|heads| Ask::new(HEADS, heads));
    conn.together(&files.into_iter().chain(heads).collect::<Vec<_>>()).await?;
    let mut done = Vec::with_capacity(pins.len());
    for pin in pins {
        let before = fits(pin);
        done.push(before.is_some());
        let Some(before) = before else { continue };
        let key = PinCountKey {
            template: pin.template,
            chosen: before.chosen,
            region: pin.region,
            model: pin.model.clone(),
            cohort: pin.cohort,
            own_changed: false,
        };
        gathered.counted.move_pin(before.key(), Some(&key));
        if let Some(run) = pin.run {
            gathered.counted.published(run);
        }
        gathered.changed(pin.device);
    }
    Ok(done)
}

const RESTORE_LAST: &str = "
    INSERT INTO pin_head (device, last, current, generations)
    SELECT device, last, last, generations FROM unnest($1, $2, $3) AS put (device, last, generations)
    ON CONFLICT (device) DO UPDATE SET last = excluded.last, generations = excluded.generations";
const RESTORE_CURRENT: &str = "
    UPDATE pin_head SET current = put.at FROM unnest($1, $2) AS put (device, at) WHERE pin_head.device = put.device";

/// Puts published files under the numbers that they had, the oldest of a device first, and counts the
/// current ones.
pub(super) async fn restore(conn: &Conn, gathered: &mut Gathered, records: &[&PinRecord]) -> Outcome<()> {
    let files = put(records.iter().map(|record| (record.number, &record.pin)))?;
    conn.together(files.as_slice()).await.map_err(|fault| fault.missing("pin_slot_device_fkey", "device"))?;
    let mut heads = held(conn, records.iter().map(|record| &record.pin.device)).await?;
    let mut current = BTreeMap::new();
    for PinRecord { number: at, current: is_current, pin } in records.iter().copied() {
        let (last, held) = heads.entry(pin.device).or_default();
        *last = *at;
        // The slots that are not put yet are empty, whatever the number says.
        let (_, after) = held.replace(*at, pin.generation);
        gathered.counted.move_generation(None, after.as_ref());
        if *is_current {
            current.insert(pin.device, *at);
        }
    }
    let last = heads
        .iter()
        .map(|(device, (last, held))| Ok(params![device.as_bytes(), number(*last)?, held.bytes()]));
    if let Some(columns) = columns(last.collect::<Outcome<Vec<_>>>()?) {
        conn.execute(RESTORE_LAST, &columns).await?;
    }
    let rows = current.iter().map(|(device, at)| Ok(params![device.as_bytes(), number(*at)?]));
    if let Some(columns) = columns(rows.collect::<Outcome<Vec<_>>>()?) {
        conn.execute(RESTORE_CURRENT, &columns).await?;
    }
    let current: Vec<DeviceId> = current.into_keys().collect();
    for pinned in count::pinned(conn, &current).await?.values() {
        gathered.counted.move_pin(None, pinned.key());
    }
    Ok(())
}

const HELD: &str = "SELECT device, last, generations FROM pin_head WHERE device = ANY($1)";

/// The numbers that were given last, and the generations of the files that are kept.
async fn held(
    conn: &Conn,
    devices: impl Iterator<Item = &DeviceId>,
) -> Outcome<BTreeMap<DeviceId, (u64, Held)>> {
    let found = all(conn, HELD, &[ids(devices.map(DeviceId::as_bytes))], |row| {
        let fields = Fields::new("pin_head", row);
        let device = fields.bytes("device", DeviceId::from_bytes)?;
        Ok((device, (fields.unsigned("last")?, Held::read(fields)?)))
    })
    .await?;
    Ok(found.into_iter().collect())
}

/// The statement that puts published files into the slots of their numbers.
fn put<'a>(pins: impl Iterator<Item = (u64, &'a Pin)>) -> Outcome<Option<Ask<'a>>> {
    let row = |(at, pin): (u64, &'a Pin)| -> Outcome<_> {
        Ok(params![
            pin.device.as_bytes(),
            number(at % KEPT as u64)?,
            number(at)?,
            pin.generation.as_bytes(),
            pin.template.as_bytes(),
            pin.region.as_ref().map(RegionId::as_bytes),
            pin.model.as_str(),
            pin.cohort.as_bytes(),
            pin.own.as_bytes(),
            json(&pin.inputs)?,
            pin.secrets.as_bytes(),
            pin.digest.as_bytes(),
            pin.length,
            pin.published_at.as_millis(),
            pin.run.as_ref().map(RunId::as_bytes),
        ])
    };
    Ok(columns(pins.map(row).collect::<Outcome<Vec<_>>>()?).map(|columns| Ask::new(PUT, columns)))
}

const REVERT: &str = "
    UPDATE pin_head SET current = $2
    WHERE device = $1 AND EXISTS (SELECT 1 FROM pin WHERE device = $1 AND slot = $2 % 5 AND number = $2)";

async fn revert(conn: &Conn, gathered: &mut Gathered, device: DeviceId, wanted: u64) -> Outcome<Effect> {
    // A number that no column can hold is the number of no row.
    let Ok(wanted) = i64::try_from(wanted) else { return Ok(Effect::Skipped) };
    let former = count::pinned(conn, &[device]).await?.remove(&device);
    if conn.execute(REVERT, &params![device.as_bytes(), wanted]).await? == 0 {
        return Ok(Effect::Skipped);
    }
    let current = count::pinned(conn, &[device]).await?.remove(&device);
    let key = |pinned: &Option<Pinned>| pinned.as_ref().and_then(Pinned::key).cloned();
    gathered.counted.move_pin(key(&former).as_ref(), key(&current).as_ref());
    gathered.changed(device);
    Ok(Effect::Done)
}

const WITHDRAW_HEAD: &str = "DELETE FROM pin_head WHERE device = $1";
const WITHDRAW: &str = "DELETE FROM pin WHERE device = $1";

async fn withdraw(conn: &Conn, gathered: &mut Gathered, device: DeviceId) -> Outcome<bool> {
    let former = count::pinned(conn, &[device]).await?.remove(&device);
    let done = conn.execute(WITHDRAW_HEAD, &params![device.as_bytes()]).await? > 0;
    conn.execute(WITHDRAW, &params![device.as_bytes()]).await?;
    gathered.counted.move_pin(former.as_ref().and_then(Pinned::key), None);
    for prefix in former.iter().flat_map(|former| former.held.all()) {
        gathered.counted.move_generation(Some(&prefix), None);
    }
    Ok(done)
}
