//! Generations, and which of them phones get.

use ipp_core::{
    digest::ContentHash,
    generation::{GenerationId, Part},
    id::{DeviceId, RegionId, RunId},
    store::{Pin, PinChange, PinCountKey, PinRecord, dump::GenerationRow},
};
use rusqlite::{Connection, params};

use super::{Counted, Effect, device};
use crate::{
    error::{Blame, Outcome},
    rows::{
        Fields,
        count::{self, Held, KEPT, Pinned},
        execute, file, json, number, one,
    },
};

pub(super) fn apply(conn: &Connection, counted: &mut Counted, change: &PinChange) -> Outcome<Effect> {
    match change {
        PinChange::Publish(pin) => publish(conn, counted, pin),
        PinChange::Revert { device, number } => revert(conn, counted, *device, *number),
        PinChange::StandIn { device, info, text } => {
            moved(conn, *device, file::put_stand_in(conn, *device, info, text)?)
        }
        PinChange::Resume(device) => moved(conn, *device, file::delete_stand_in(conn, *device)?),
        PinChange::Withdraw(device) => withdraw(conn, counted, *device),
    }
}

const PUT_GENERATION: &str = "INSERT INTO generation (id) VALUES (?1) ON CONFLICT DO NOTHING";
const WANTED: &str = "UPDATE generation SET idle_since = NULL WHERE id = ?1 AND idle_since IS NOT NULL";
const PUT_PART: &str = "INSERT INTO part (hash, content) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const ADD_PART: &str = "INSERT INTO generation_part (generation, position, part) VALUES (?1, ?2, ?3)";

/// Stores a generation; one that is there already stays as it is.
pub(super) fn put_generation(conn: &Connection, id: GenerationId, parts: &[Part]) -> Outcome<()> {
    if execute(conn, PUT_GENERATION, params![id.as_bytes()])? == 0 {
        // Somebody is about to point to it.
        execute(conn, WANTED, params![id.as_bytes()])?;
        return Ok(());
    }
    for (position, part) in parts.iter().enumerate() {
        put_part(conn, part)?;
        add_part(conn, id, position, part.hash)?;
    }
    Ok(())
}

/// Stores a part; one that is there already stays.
pub(super) fn put_part(conn: &Connection, part: &Part) -> Outcome<()> {
    execute(conn, PUT_PART, params![part.hash.as_bytes(), &*part.content])?;
    Ok(())
}

const PART_THERE: &str = "SELECT 1 FROM part WHERE hash = ?1";

fn add_part(conn: &Connection, id: GenerationId, position: usize, part: ContentHash) -> Outcome<()> {
    let row = params![id.as_bytes(), number(position as u64)?, part.as_bytes()];
    execute(conn, ADD_PART, row).map(drop).map_err(|error| {
        Blame::of(conn, error).missing("part of a generation", PART_THERE, params![part.as_bytes()]).fault()
    })
}

/// Stores a generation whose parts are there.
pub(super) fn restore_generation(conn: &Connection, row: &GenerationRow) -> Outcome<()> {
    execute(conn, PUT_GENERATION, params![row.id.as_bytes()])?;
    row.parts.iter().enumerate().try_for_each(|(position, part)| add_part(conn, row.id, position, *part))
}

const HEAD: &str = "
    INSERT INTO pin_head (device, last, current, generations) VALUES (?1, ?2, ?2, ?3)
    ON CONFLICT DO UPDATE SET
        last = excluded.last, current = excluded.current, generations = excluded.generations";
const PUBLISH: &str = "
    INSERT INTO pin (device, slot, number, generation, template, region, model, cohort, own, inputs, secrets, digest,
        length, published_at, run)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
    ON CONFLICT DO UPDATE SET
        number = excluded.number, generation = excluded.generation, template = excluded.template,
        region = excluded.region, model = excluded.model, cohort = excluded.cohort, own = excluded.own,
        inputs = excluded.inputs, secrets = excluded.secrets, digest = excluded.digest, length = excluded.length,
        published_at = excluded.published_at, run = excluded.run";

fn publish(conn: &Connection, counted: &mut Counted, pin: &Pin) -> Outcome<Effect> {
    let Some(former) = count::pinned(conn, pin.device)?.filter(|former| former.own == pin.own) else {
        return Ok(Effect::Skipped);
    };
    let next = former.last + 1;
    put(conn, next, pin)?;
    let mut held = former.held;
    let (before, after) = held.replace(next, pin.generation);
    execute(conn, HEAD, params![pin.device.as_bytes(), number(next)?, held.bytes()])?;
    counted.move_generation(before.as_ref(), after.as_ref());
    let key = PinCountKey {
        template: pin.template,
        chosen: former.chosen,
        region: pin.region,
        model: pin.model.clone(),
        cohort: pin.cohort,
        own_changed: false,
    };
    counted.move_pin(former.key(), Some(&key));
    if let Some(run) = pin.run {
        counted.published(run);
    }
    device::changed(conn, pin.device)?;
    Ok(Effect::Done)
}

const RESTORE_HEAD: &str = "
    INSERT INTO pin_head (device, last, current, generations) VALUES (?1, ?2, ?2, ?4)
    ON CONFLICT DO UPDATE SET
        last = excluded.last, current = iif(?3, excluded.current, current), generations = excluded.generations";
const HELD: &str = "SELECT last, generations FROM pin_head WHERE device = ?1";
const DEVICE_THERE: &str = "SELECT 1 FROM device WHERE id = ?1";

/// Puts a published file under the number that it had, the oldest first, and counts the current one.
pub(super) fn restore(conn: &Connection, counted: &mut Counted, record: &PinRecord) -> Outcome<()> {
    let PinRecord { number: at, current, pin } = record;
    let device = pin.device.as_bytes();
    put(conn, *at, pin)
        .map_err(|fault| Blame::of(conn, fault).missing("device", DEVICE_THERE, params![device]).fault())?;
    let held = one(conn, HELD, params![device], |row| Held::read(Fields::new("pin_head", row)))?;
    let mut held = held.unwrap_or_default();
    // The slots that are not put yet are empty, whatever the number says.
    let (_, after) = held.replace(*at, pin.generation);
    execute(conn, RESTORE_HEAD, params![device, number(*at)?, current, held.bytes()])?;
    counted.move_generation(None, after.as_ref());
    if *current {
        let pinned = count::pinned(conn, pin.device)?;
        counted.move_pin(None, pinned.as_ref().and_then(Pinned::key));
    }
    Ok(())
}

/// Puts a published file into the slot of its number.
fn put(conn: &Connection, at: u64, pin: &Pin) -> Outcome<()> {
    let row = params![
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
    ];
    execute(conn, PUBLISH, row)?;
    Ok(())
}

const REVERT: &str = "
    UPDATE pin_head SET current = ?2
    WHERE device = ?1 AND EXISTS (SELECT 1 FROM pin WHERE device = ?1 AND slot = ?2 % 5 AND number = ?2)";

fn revert(conn: &Connection, counted: &mut Counted, device: DeviceId, wanted: u64) -> Outcome<Effect> {
    // A number that no column can hold is the number of no row.
    let Ok(wanted) = i64::try_from(wanted) else { return Ok(Effect::Skipped) };
    let former = count::pinned(conn, device)?;
    if execute(conn, REVERT, params![device.as_bytes(), wanted])? == 0 {
        return Ok(Effect::Skipped);
    }
    let current = count::pinned(conn, device)?;
    counted.move_pin(former.as_ref().and_then(Pinned::key), current.as_ref().and_then(Pinned::key));
    device::changed(conn, device)?;
    Ok(Effect::Done)
}

const WITHDRAW_HEAD: &str = "DELETE FROM pin_head WHERE device = ?1";
const WITHDRAW: &str = "DELETE FROM pin WHERE device = ?1";

fn withdraw(conn: &Connection, counted: &mut Counted, device: DeviceId) -> Outcome<Effect> {
    let former = count::pinned(conn, device)?;
    let done = execute(conn, WITHDRAW_HEAD, params![device.as_bytes()])? > 0;
    execute(conn, WITHDRAW, params![device.as_bytes()])?;
    counted.move_pin(former.as_ref().and_then(Pinned::key), None);
    for prefix in former.iter().flat_map(|former| former.held.all()) {
        counted.move_generation(Some(&prefix), None);
    }
    moved(conn, device, done)
}

fn moved(conn: &Connection, device: DeviceId, done: bool) -> Outcome<Effect> {
    if done {
        device::changed(conn, device)?;
    }
    Ok(Effect::done_if(done))
}
