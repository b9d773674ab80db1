//! Published files, and the generations that they are made from.

use std::sync::Arc;

use ipp_core::{
    digest::{ContentHash, Fingerprint},
    generation::{GenerationId, Part},
    id::{DeviceId, RegionId, RunId, TemplateId},
    store::{Pin, PinRecord, dump::GenerationRow},
    vault::Sealed,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, one, visit as visit_rows};
use crate::error::Outcome;

/// Published files under the names that their columns have where they are joined with the device.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT p.device AS pin_device, p.number, p.generation, p.template AS pin_template,
                p.region AS pin_region, p.model AS pin_model, p.cohort, p.own AS pin_own, p.inputs, p.secrets,
                p.digest, p.length, p.published_at, p.run, p.number = h.current AS current
            FROM pin p JOIN pin_head h ON h.device = p.device ",
            $which
        )
    };
}

const PINS: &str = select!("WHERE p.device = ?1 ORDER BY p.number DESC");
const EVERY: &str = select!("ORDER BY p.device, p.number");
const EVERY_PART: &str = "SELECT hash, content FROM part ORDER BY hash";
const EVERY_GENERATION: &str = "SELECT id FROM generation ORDER BY id";
const PARTS_OF: &str = "SELECT part FROM generation_part WHERE generation = ?1 ORDER BY position";
const GENERATION: &str = "SELECT id FROM generation WHERE id = ?1";
const PARTS: &str = "
    SELECT p.hash, p.content
    FROM generation_part g JOIN part p ON p.hash = g.part
    WHERE g.generation = ?1 ORDER BY g.position";

pub(crate) fn of_device(conn: &Connection, device: DeviceId) -> Outcome<Vec<PinRecord>> {
    all(conn, PINS, params![device.as_bytes()], |row| read(Fields::new("pin", row)))
}

pub(crate) fn generation(conn: &Connection, id: GenerationId) -> Outcome<Option<Vec<Part>>> {
    if one(conn, GENERATION, params![id.as_bytes()], |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    all(conn, PARTS, params![id.as_bytes()], read_part).map(Some)
}

/// Shows all parts of generations by their hash.
pub(crate) fn visit_parts(conn: &Connection, mut show: impl FnMut(Part) -> Outcome<()>) -> Outcome<()> {
    visit_rows(conn, EVERY_PART, |row| show(read_part(row)?))
}

/// Shows all generations by id.
pub(crate) fn visit_generations(
    conn: &Connection,
    mut show: impl FnMut(GenerationRow) -> Outcome<()>,
) -> Outcome<()> {
    visit_rows(conn, EVERY_GENERATION, |row| {
        let id = Fields::new("generation", row).bytes("id", GenerationId::from_bytes)?;
        let parts = all(conn, PARTS_OF, params![id.as_bytes()], |row| {
            Fields::new("generation_part", row).bytes("part", ContentHash::from_bytes)
        })?;
        show(GenerationRow { id, parts })
    })
}

/// Shows all published files by device, the oldest first.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(PinRecord) -> Outcome<()>) -> Outcome<()> {
    visit_rows(conn, EVERY, |row| show(read(Fields::new("pin", row))?))
}

fn read_part(row: &Row<'_>) -> Outcome<Part> {
    let fields = Fields::new("part", row);
    let content: Arc<[u8]> = fields.get::<Vec<u8>>("content")?.into();
    Ok(Part { hash: fields.bytes("hash", ContentHash::from_bytes)?, content })
}

/// The current published file in a row that is joined with the device.
pub(super) fn read_current(row: Fields<'_>) -> Outcome<Option<PinRecord>> {
    let fields = row.of("pin");
    fields.opt_bytes("pin_device", DeviceId::from_bytes)?.map(|_| read(fields)).transpose()
}

fn read(fields: Fields<'_>) -> Outcome<PinRecord> {
    let device = fields.bytes("pin_device", DeviceId::from_bytes)?;
    let number = fields.unsigned("number")?;
    let pin = Pin {
        device,
        generation: fields.bytes("generation", GenerationId::from_bytes)?,
        template: fields.bytes("pin_template", TemplateId::from_bytes)?,
        region: fields.opt_bytes("pin_region", RegionId::from_bytes)?,
        model: fields.parse("pin_model")?,
        cohort: fields.bytes("cohort", Fingerprint::from_bytes)?,
        own: fields.bytes("pin_own", Fingerprint::from_bytes)?,
        inputs: fields.json("inputs")?,
        secrets: fields.get("secrets").map(Sealed::from_bytes)?,
        digest: fields.bytes("digest", Fingerprint::from_bytes)?,
        length: fields.get("length")?,
        published_at: fields.time("published_at")?,
        run: fields.opt_bytes("run", RunId::from_bytes)?,
    };
    Ok(PinRecord { number, current: fields.get("current")?, pin })
}
