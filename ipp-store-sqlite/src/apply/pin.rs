//! Generations, and which of them phones get.

use ipp_core::{
    generation::{GenerationId, Part},
    id::{DeviceId, RegionId, RunId},
    store::{Pin, PinChange},
};
use rusqlite::{Connection, Row, params};

use super::{Effect, device};
use crate::{
    error::Outcome,
    rows::{count, execute, json, number, one},
};

pub(super) fn apply(conn: &Connection, change: &PinChange) -> Outcome<Effect> {
    let device = match change {
        PinChange::Publish(pin) => pin.device,
        PinChange::Revert { device, .. } => *device,
    };
    let counted = count::pin_key(conn, device)?;
    let done = match change {
        PinChange::Publish(pin) => publish(conn, pin)?,
        PinChange::Revert { number, .. } => revert(conn, device, *number)?,
    };
    if done {
        count::move_pin(conn, counted.as_ref(), count::pin_key(conn, device)?.as_ref())?;
        device::changed(conn, device)?;
    }
    Ok(Effect::done_if(done))
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

/// How many published files of a device are kept.
const KEPT: u8 = 5;

const DEVICE_UNCHANGED: &str = "SELECT 1 FROM device WHERE id = ?1 AND own = ?2";
const NONE_CURRENT: &str = "UPDATE pin SET current = 0 WHERE device = ?1 AND current = 1";
const PUBLISH: &str = "
    INSERT INTO pin (device, number, current, generation, template, region, model, cohort, own, inputs, secrets,
        digest, length, published_at, run)
    VALUES (?1, (SELECT ifnull(max(number), 0) + 1 FROM pin WHERE device = ?1), 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
        ?10, ?11, ?12, ?13)";
const DROP_OLD: &str = "
    DELETE FROM pin
    WHERE device = ?1 AND number <= (SELECT max(number) FROM pin WHERE device = ?1) - ?2";

fn publish(conn: &Connection, pin: &Pin) -> Outcome<bool> {
    let device = pin.device.as_bytes();
    if !there(conn, DEVICE_UNCHANGED, params![device, pin.own.as_bytes()])? {
        return Ok(false);
    }
    let row = params![
        device,
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
    execute(conn, NONE_CURRENT, params![device])?;
    execute(conn, PUBLISH, row)?;
    execute(conn, DROP_OLD, params![device, KEPT])?;
    Ok(true)
}

const PIN_THERE: &str = "SELECT 1 FROM pin WHERE device = ?1 AND number = ?2";
const MAKE_CURRENT: &str = "UPDATE pin SET current = 1 WHERE device = ?1 AND number = ?2";

fn revert(conn: &Connection, device: DeviceId, number: u64) -> Outcome<bool> {
    // A number that no column can hold is the number of no row.
    let Ok(number) = i64::try_from(number) else { return Ok(false) };
    if !there(conn, PIN_THERE, params![device.as_bytes(), number])? {
        return Ok(false);
    }
    execute(conn, NONE_CURRENT, params![device.as_bytes()])?;
    execute(conn, MAKE_CURRENT, params![device.as_bytes(), number])?;
    Ok(true)
}

fn there(conn: &Connection, question: &str, params: impl rusqlite::Params) -> Outcome<bool> {
    let answer = |_: &Row<'_>| Ok(());
    Ok(one(conn, question, params, answer)?.is_some())
}
