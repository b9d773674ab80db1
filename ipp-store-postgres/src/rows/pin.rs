//! Published files, and the generations that they are made from.

use std::sync::Arc;

use ipp_core::{
    digest::{ContentHash, Fingerprint},
    generation::{GenerationId, Part},
    id::{DeviceId, RegionId, RunId, TemplateId},
    store::{Pin, PinRecord, StoredRow, dump::GenerationRow},
};
use tokio_postgres::Row;

use super::{Fields, all, one, visit as visit_rows};
use crate::{connection::Conn, dump::Out, error::Outcome, value::params};

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

const PINS: &str = select!("WHERE p.device = $1 ORDER BY p.number DESC");
const EVERY: &str = select!("ORDER BY p.device, p.number");
const EVERY_PART: &str = "SELECT hash, content FROM part ORDER BY hash";
const EVERY_GENERATION: &str = "
    SELECT g.id, ARRAY(SELECT p.part FROM generation_part p WHERE p.generation = g.id ORDER BY p.position) AS parts
    FROM generation g ORDER BY g.id";
const GENERATION: &str = "SELECT id FROM generation WHERE id = $1";
const PARTS: &str = "
    SELECT p.hash, p.content
    FROM generation_part g JOIN part p ON p.hash = g.part
    WHERE g.generation = $1 ORDER BY g.position";

pub(crate) async fn of_device(conn: &Conn, device: DeviceId) -> Outcome<Vec<PinRecord>> {
    all(conn, PINS, &params![device.as_bytes()], |row| read(Fields::new("pin", row))).await
}

pub(crate) async fn generation(conn: &Conn, id: GenerationId) -> Outcome<Option<Vec<Part>>> {
    if one(conn, GENERATION, &params![id.as_bytes()], |_| Ok(())).await?.is_none() {
        return Ok(None);
    }
    all(conn, PARTS, &params![id.as_bytes()], read_part).await.map(Some)
}

/// Gives out all parts of generations by their hash.
pub(crate) async fn visit_parts(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY_PART, out, |row| Ok(StoredRow::Part(read_part(row)?))).await
}

/// Gives out all generations by id.
pub(crate) async fn visit_generations(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY_GENERATION, out, |row| {
        let fields = Fields::new("generation", row);
        let id = fields.bytes("id", GenerationId::from_bytes)?;
        let parts = fields.list("parts", ContentHash::from_bytes)?;
        Ok(StoredRow::Generation(GenerationRow { id, parts }))
    })
    .await
}

/// Gives out all published files by device, the oldest first.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Pin(Box::new(read(Fields::new("pin", row))?)))).await
}

fn read_part(row: &Row) -> Outcome<Part> {
    let fields = Fields::new("part", row);
    let hash = fields.bytes("hash", ContentHash::from_bytes)?;
    let content: Arc<[u8]> = fields.get::<&[u8]>("content")?.into();
    Ok(Part { hash, content })
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
        secrets: fields.sealed("secrets")?,
        digest: fields.bytes("digest", Fingerprint::from_bytes)?,
        length: fields.number("length")?,
        published_at: fields.time("published_at")?,
        run: fields.opt_bytes("run", RunId::from_bytes)?,
    };
    Ok(PinRecord { number, current: fields.get("current")?, pin })
}
