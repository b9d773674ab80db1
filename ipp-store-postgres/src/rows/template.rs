//! Templates.

use std::sync::Arc;

use ipp_core::{
    catalog::{RowRevision, Stored},
    generation::GenerationId,
    id::{RegionId, TemplateId},
    template::{Published, Template, TemplateDocument},
};
use tokio_postgres::Row;

use super::{Fields, all, json, stored};
use crate::{connection::Conn, error::Outcome, value::params};

const PUT: &str = "
    INSERT INTO template (id, revision, name, description, model, region, builtin, is_default, document, original,
        defaults, published_generation, published_at)
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO UPDATE SET
        revision = template.revision + 1, name = excluded.name, description = excluded.description,
        model = excluded.model, region = excluded.region, builtin = excluded.builtin,
        is_default = excluded.is_default, document = excluded.document, original = excluded.original,
        defaults = excluded.defaults";

const DELETE: &str = "DELETE FROM template WHERE id = $1";
const PUBLISH: &str = "UPDATE template SET published_generation = $2, published_at = $3 WHERE id = $1";
const ALL: &str = "SELECT * FROM template";

pub(crate) async fn put(conn: &Conn, template: &Template) -> Outcome<()> {
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
    conn.execute(PUT, &put).await.map(drop).map_err(|fault| {
        fault
            .taken("template_name_key", "template name", &template.name)
            .taken("template_default", "default template of the region and model", &template.model)
            .missing("template_model_fkey", "phone model")
            .missing("template_region_fkey", "region")
    })
}

pub(crate) async fn delete(conn: &Conn, id: TemplateId) -> Outcome<()> {
    conn.execute(DELETE, &params![id.as_bytes()]).await.map(drop).map_err(|fault| fault.in_use("template"))
}

/// Points a template at what was published of it; whether there is one.
pub(crate) async fn publish(conn: &Conn, id: TemplateId, published: &Published) -> Outcome<bool> {
    let publish = params![id.as_bytes(), published.generation.as_bytes(), published.at.as_millis()];
    Ok(conn.execute(PUBLISH, &publish).await? == 1)
}

pub(super) async fn all_of(conn: &Conn) -> Outcome<Vec<(TemplateId, Stored<Arc<Template>>)>> {
    all(conn, ALL, &[], read).await
}

fn read(row: &Row) -> Outcome<(TemplateId, Stored<Arc<Template>>)> {
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
