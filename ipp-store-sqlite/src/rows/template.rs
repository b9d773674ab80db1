//! Templates.

use std::sync::Arc;

use ipp_core::{
    catalog::{RowRevision, Stored},
    generation::GenerationId,
    id::{RegionId, TemplateId},
    template::{Published, Template, TemplateDocument},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, json, stored};
use crate::error::{Blame, Outcome};

const PUT: &str = "
    INSERT INTO template (id, revision, name, description, model, region, builtin, is_default, document, original,
        defaults, published_generation, published_at)
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, name = excluded.name, description = excluded.description,
        model = excluded.model, region = excluded.region, builtin = excluded.builtin,
        is_default = excluded.is_default, document = excluded.document, original = excluded.original,
        defaults = excluded.defaults";

const NAME_TAKEN: &str = "SELECT 1 FROM template WHERE name = ?1 AND id <> ?2";
const DEFAULT_TAKEN: &str = "
    SELECT 1 FROM template
    WHERE is_default = 1 AND ifnull(region, x'') = ifnull(?1, x'') AND model = ?2 AND id <> ?3";
const MODEL_THERE: &str = "SELECT 1 FROM phone_model WHERE id = ?1";
const REGION_THERE: &str = "SELECT 1 WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM region WHERE id = ?1)";

const DELETE: &str = "DELETE FROM template WHERE id = ?1";
const PUBLISH: &str = "UPDATE template SET published_generation = ?2, published_at = ?3 WHERE id = ?1";
const ALL: &str = "SELECT * FROM template";

pub(crate) fn put(conn: &Connection, template: &Template) -> Outcome<()> {
    let (id, region) = (template.id.as_bytes(), template.region.as_ref().map(RegionId::as_bytes));
    let (name, model) = (template.name.as_str(), template.model.as_str());
    let put = params![
        id,
        name,
        template.description.as_str(),
        model,
        region,
        template.builtin,
        template.default,
        template.document.bytes(),
        &*template.original,
        json(&template.defaults)?,
        template.published.as_ref().map(|published| published.generation.as_bytes()),
        template.published.map(|published| published.at.as_millis()),
    ];
    execute(conn, PUT, put).map(drop).map_err(|error| {
        Blame::of(conn, error)
            .taken("template name", &template.name, NAME_TAKEN, params![name, id])
            .taken(
                "default template of the region and model",
                &template.model,
                DEFAULT_TAKEN,
                params![region, model, id],
            )
            .missing("phone model", MODEL_THERE, params![model])
            .missing("region", REGION_THERE, params![region])
            .fault()
    })
}

pub(crate) fn delete(conn: &Connection, id: TemplateId) -> Outcome<()> {
    execute(conn, DELETE, params![id.as_bytes()])
        .map(drop)
        .map_err(|error| Blame::of(conn, error).in_use("template").fault())
}

/// Points a template at what was published of it; whether there is one.
pub(crate) fn publish(conn: &Connection, id: TemplateId, published: &Published) -> Outcome<bool> {
    let publish = params![id.as_bytes(), published.generation.as_bytes(), published.at.as_millis()];
    Ok(execute(conn, PUBLISH, publish)? == 1)
}

pub(super) fn all_of(conn: &Connection) -> Outcome<Vec<(TemplateId, Stored<Arc<Template>>)>> {
    all(conn, ALL, [], read)
}

fn read(row: &Row<'_>) -> Outcome<(TemplateId, Stored<Arc<Template>>)> {
    let fields = Fields::new("template", row);
    let bytes: Vec<u8> = fields.get("document")?;
    let document = TemplateDocument::parse(&bytes).map_err(|error| fields.wrong("document", error))?;
    let published = match fields.opt_bytes("published_generation", GenerationId::from_bytes)? {
        Some(generation) => Some(Published { generation, at: fields.time("published_at")? }),
        None => None,
    };
    let template = Template {
        id: fields.bytes("id", TemplateId::from_bytes)?,
        name: fields.parse("name")?,
        description: fields.parse("description")?,
        model: fields.parse("model")?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        builtin: fields.get("builtin")?,
        default: fields.get("is_default")?,
        document: Arc::new(document),
        original: fields.get::<Vec<u8>>("original")?.into(),
        defaults: fields.json("defaults")?,
        published,
    };
    Ok((template.id, stored(RowRevision(fields.unsigned("revision")?), template)))
}
