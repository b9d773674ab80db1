//! Changes of the catalogue: settings, regions, models, firmware and placeholders.

use super::Effect;
use crate::{
    connection::Conn,
    error::Outcome,
    rows::{file, json, number, one, sealed_parts, template, word},
    value::{Value, columns, params},
};
use ipp_core::{
    catalog::{CatalogRevision, RowRevision, SharedScope},
    firmware::Firmware,
    id::RegionId,
    phone_model::{ModelId, PhoneModel},
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    region::Region,
    settings::Settings,
    store::{CatalogChange, StoreError, StoreErrorKind},
};

/// Applies a change of the catalogue, whose revision is `former` as yet.
pub(super) async fn apply(conn: &Conn, former: CatalogRevision, change: &CatalogChange) -> Outcome<Effect> {
    match change {
        CatalogChange::Settings(settings) => put_settings(conn, settings).await?,
        CatalogChange::PutRegion(region) => put_region(conn, region).await?,
        CatalogChange::DeleteRegion(id) => {
            delete(conn, "region", DELETE_REGION, id.as_bytes().into()).await?;
        }
        CatalogChange::PutModel(model) => put_model(conn, model).await?,
        CatalogChange::DeleteModel(id) => {
            delete(conn, "phone model", DELETE_MODEL, id.as_str().into()).await?;
        }
        CatalogChange::PutTemplate(template) => template::put(conn, template).await?,
        CatalogChange::DeleteTemplate(id) => template::delete(conn, *id).await?,
        CatalogChange::PublishTemplate(id, published) => {
            return template::publish(conn, *id, published).await.map(Effect::done_if);
        }
        CatalogChange::PutFirmware(firmware) => put_firmware(conn, firmware).await?,
        CatalogChange::PutFile(shared, text) => file::put_shared(conn, shared, text).await?,
        CatalogChange::DeleteFile(name) => file::delete_shared(conn, name).await?,
        CatalogChange::DeleteFirmware(id) => {
            delete(conn, "firmware", DELETE_FIRMWARE, id.as_bytes().into()).await?;
        }
        CatalogChange::Placeholder(scope, name, Some(value)) => {
            set_placeholder(conn, former, scope, name, value).await?;
        }
        CatalogChange::Placeholder(scope, name, None) => remove_placeholder(conn, scope, name).await?,
    }
    Ok(Effect::Done)
}

const PUT_SETTINGS: &str = "
    INSERT INTO settings (single, revision, value) VALUES (0, 1, $1)
    ON CONFLICT (single) DO UPDATE SET revision = settings.revision + 1, value = excluded.value";

pub(super) async fn put_settings(conn: &Conn, settings: &Settings) -> Outcome<()> {
    conn.execute(PUT_SETTINGS, &params![json(settings)?]).await?;
    Ok(())
}

const PUT_REGION: &str = "
    INSERT INTO region (id, revision, name, folded, description, aliases, identity, networks, through_proxy,
        zero_touch, publish_on_save, lines)
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (id) DO UPDATE SET
        revision = region.revision + 1, name = excluded.name, folded = excluded.folded,
        description = excluded.description, aliases = excluded.aliases, identity = excluded.identity,
        networks = excluded.networks, through_proxy = excluded.through_proxy, zero_touch = excluded.zero_touch,
        publish_on_save = excluded.publish_on_save, lines = excluded.lines";
const CLEAR_REGION_FIRMWARE: &str = "DELETE FROM region_firmware WHERE region = $1";
const ADD_REGION_FIRMWARE: &str =
    "INSERT INTO region_firmware (region, model, firmware) SELECT * FROM unnest($1, $2, $3)";
const DELETE_REGION: &str = "DELETE FROM region WHERE id = $1";

pub(super) async fn put_region(conn: &Conn, region: &Region) -> Outcome<()> {
    let (id, folded) = (region.id.as_bytes(), region.name.folded());
    let put = params![
        id,
        region.name.as_str(),
        folded,
        region.description.as_str(),
        json(&region.aliases)?,
        word(region.identity)?,
        json(&region.networks)?,
        region.through_proxy,
        region.zero_touch,
        region.publish_on_save,
        json(&region.lines)?,
    ];
    conn.execute(PUT_REGION, &put)
        .await
        .map_err(|fault| fault.taken("region_folded_key", "region name", &region.name))?;
    conn.execute(CLEAR_REGION_FIRMWARE, &params![id]).await?;
    let firmware = region.firmware.iter();
    let firmware = firmware.map(|(model, firmware)| params![id, model.as_str(), firmware.as_bytes()]);
    if let Some(firmware) = columns(firmware) {
        conn.execute(ADD_REGION_FIRMWARE, &firmware)
            .await
            .map_err(|fault| fault.missing("region_firmware_firmware_fkey", "firmware"))?;
    }
    Ok(())
}

const PUT_MODEL: &str = "
    INSERT INTO phone_model (id, revision, title) VALUES ($1, 1, $2)
    ON CONFLICT (id) DO UPDATE SET revision = phone_model.revision + 1, title = excluded.title";
const DELETE_MODEL: &str = "DELETE FROM phone_model WHERE id = $1";

pub(super) async fn put_model(conn: &Conn, model: &PhoneModel) -> Outcome<()> {
    conn.execute(PUT_MODEL, &params![model.id.as_str(), model.title.as_str()]).await?;
    Ok(())
}

const PUT_FIRMWARE: &str = "
    INSERT INTO firmware (id, revision, name, folded, model, description, version, image_hash, image_length,
        image_uploaded_at)
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (id) DO UPDATE SET
        revision = firmware.revision + 1, name = excluded.name, folded = excluded.folded, model = excluded.model,
        description = excluded.description, version = excluded.version, image_hash = excluded.image_hash,
        image_length = excluded.image_length, image_uploaded_at = excluded.image_uploaded_at";
const DELETE_FIRMWARE: &str = "DELETE FROM firmware WHERE id = $1";

pub(super) async fn put_firmware(conn: &Conn, firmware: &Firmware) -> Outcome<()> {
    let (id, folded) = (firmware.id.as_bytes(), firmware.name.as_str().to_ascii_lowercase());
    let model = firmware.model.as_ref().map(ModelId::as_str);
    let image = firmware.image.as_ref();
    let put = params![
        id,
        firmware.name.as_str(),
        folded,
        model,
        firmware.description.as_str(),
        firmware.version.as_str(),
        image.map(|image| image.hash.as_bytes()),
        image.map(|image| number(image.length)).transpose()?,
        image.map(|image| image.uploaded_at.as_millis()),
    ];
    conn.execute(PUT_FIRMWARE, &put).await.map(drop).map_err(|fault| {
        fault
            .taken("firmware_folded_key", "firmware name", &firmware.name)
            .missing("firmware_model_fkey", "phone model")
    })
}

// One that is set again after it was taken out has a later revision than it ever had.
const SET_PLACEHOLDER: &str = "
    INSERT INTO placeholder (name, region, model, revision, plain, sealed, print, description)
    VALUES ($1, $2, $3, $8, $4, $5, $6, $7)
    ON CONFLICT (coalesce(region, ''::bytea), coalesce(model, ''), name) DO UPDATE SET
        revision = placeholder.revision + 1, plain = excluded.plain, sealed = excluded.sealed, print = excluded.print,
        description = excluded.description";
const REMOVE_PLACEHOLDER: &str = "
    DELETE FROM placeholder
    WHERE coalesce(region, ''::bytea) = coalesce($2, ''::bytea) AND coalesce(model, '') = coalesce($3, '') AND name = $1";
const SCOPE_THERE: &str = "
    SELECT 1 WHERE ($1 IS NULL OR EXISTS (SELECT 1 FROM region WHERE id = $1))
        AND ($2 IS NULL OR EXISTS (SELECT 1 FROM phone_model WHERE id = $2))";

pub(super) async fn set_placeholder(
    conn: &Conn,
    former: CatalogRevision,
    scope: &SharedScope,
    name: &PlaceholderName,
    value: &ScopedValue,
) -> Outcome<()> {
    let (region, model) = scope_columns(scope);
    let (plain, secret) = match &value.value {
        StoredValue::Plain(plain) => (Some(plain.as_str()), None),
        StoredValue::Secret(secret) => (None, Some(secret)),
    };
    let (sealed, print) = sealed_parts(secret);
    let first = number(former.0 + 1)?;
    let set = params![name.as_str(), region, model, plain, sealed, print, value.description.as_str(), first];
    conn.execute(SET_PLACEHOLDER, &set).await.map(drop).map_err(|fault| {
        fault.missing("placeholder_region_fkey", "scope").missing("placeholder_model_fkey", "scope")
    })
}

const REVISE_PLACEHOLDER: &str = "
    UPDATE placeholder SET revision = $4
    WHERE coalesce(region, ''::bytea) = coalesce($2, ''::bytea) AND coalesce(model, '') = coalesce($3, '') AND name = $1";

/// Gives a placeholder the revision that it had.
pub(super) async fn revise_placeholder(
    conn: &Conn,
    scope: &SharedScope,
    name: &PlaceholderName,
    revision: RowRevision,
) -> Outcome<()> {
    let (region, model) = scope_columns(scope);
    let revise = params![name.as_str(), region, model, number(revision.0)?];
    conn.execute(REVISE_PLACEHOLDER, &revise).await?;
    Ok(())
}

/// Taking out what is not there is no error, but a scope that does not exist is.
async fn remove_placeholder(conn: &Conn, scope: &SharedScope, name: &PlaceholderName) -> Outcome<()> {
    let (region, model) = scope_columns(scope);
    let removed = conn.execute(REMOVE_PLACEHOLDER, &params![name.as_str(), region, model]).await?;
    if removed == 0 && one(conn, SCOPE_THERE, &params![region, model], |_| Ok(())).await?.is_none() {
        return Err(StoreError::new(StoreErrorKind::Referenced, "the scope does not exist").into());
    }
    Ok(())
}

/// The columns `region` and `model` of a scope.
pub(super) fn scope_columns(scope: &SharedScope) -> (Option<&[u8; 16]>, Option<&str>) {
    match scope {
        SharedScope::System => (None, None),
        SharedScope::Model(model) => (None, Some(model.as_str())),
        SharedScope::Region(region) => (Some(RegionId::as_bytes(region)), None),
    }
}

async fn delete(conn: &Conn, what: &str, sql: &str, id: Value<'_>) -> Outcome<()> {
    conn.execute(sql, &[id]).await.map(drop).map_err(|fault| fault.in_use(what))
}
