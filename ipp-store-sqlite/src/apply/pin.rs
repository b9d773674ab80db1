//! Generations, and which of them phones get.

use ipp_core::{
    generation::{GenerationId, Part},
    id::{DeviceId, RegionId, RunId},
    store::{Pin, PinChange, PinCountKey},
};
use rusqlite::{Connection, params};

use super::{Counted, Effect, device};
use crate::{
    error::Outcome,
    rows::{
        count::{self, Pinned},
        execute, file, json, number,
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
const PUT_PART: &str = "INSERT INTO part (hash, content) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const ADD_PART: &str = "INSERT INTO generation_part (generation, position, part) VALUES (?1, ?2, ?3)";

/// Stores a generation; one that is there already stays as it is.
pub(super) fn put_generation(conn: &Connection, id: GenerationId, parts: &[Part]) -> Outcome<()> {
    if execute(conn, PUT_GENERATION, params![id.as_bytes()])? == 0 {
        return Ok(());
    }
    for (position, part) in parts.iter().enumerate() {
        execute(conn, PUT_PART, params![part.hash.as_bytes(), &*part.content])?;
        execute(conn, ADD_PART, params![id.as_bytes(), number(position as u64)?, part.hash.as_bytes()])?;
    }
    Ok(())
}

/// How many published files of a device are kept: as many as there are slots.
const KEPT: u64 = 5;

const HEAD: &str = "
    INSERT INTO pin_head (device, last, current) VALUES (?1, ?2, ?2)
    ON CONFLICT DO UPDATE SET last = excluded.last, current = excluded.current";
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
    let device = pin.device.as_bytes();
    let next = number(former.last + 1)?;
    let slot = number((former.last + 1) % KEPT)?;
    let row = params![
        device,
        slot,
        next,
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
    execute(conn, HEAD, params![device, next])?;
    let key = PinCountKey {
        template: pin.template,
        chosen: former.chosen,
        region: pin.region,
        model: pin.model.clone(),
        cohort: pin.cohort,
        own_changed: false,
    };
    counted.move_pin(former.key(), Some(&key));
    device::changed(conn, pin.device)?;
    Ok(Effect::Done)
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
    moved(conn, device, done)
}

fn moved(conn: &Connection, device: DeviceId, done: bool) -> Outcome<Effect> {
    if done {
        device::changed(conn, device)?;
    }
    Ok(Effect::done_if(done))
}
