//! Changes of the catalogue: settings, regions, models, firmware and placeholders.

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
use rusqlite::{Connection, params};

use super::Effect;
use crate::{
    error::{Blame, Outcome, corrupt},
    rows::{Fields, execute, file, json, number, one, sealed_parts, template, word},
};

const BUMP: &str = "UPDATE meta SET catalog_revision = catalog_revision + 1 RETURNING only, catalog_revision";

/// Gives the catalogue its next revision.
pub(super) fn bump(conn: &Connection) -> Outcome<CatalogRevision> {
    one(conn, BUMP, [], |row| Fields::new("meta", row).unsigned("catalog_revision").map(CatalogRevision))?
        .ok_or_else(|| corrupt("meta", "catalog_revision", 0, "the row is missing"))
}

/// Applies a change of the catalogue.
pub(super) fn apply(conn: &Connection, change: &CatalogChange) -> Outcome<Effect> {
    match change {
        CatalogChange::Settings(settings) => put_settings(conn, settings)?,
        CatalogChange::PutRegion(region) => put_region(conn, region)?,
        CatalogChange::DeleteRegion(id) => delete(conn, "region", DELETE_REGION, id.as_bytes())?,
        CatalogChange::PutModel(model) => put_model(conn, model)?,
        CatalogChange::DeleteModel(id) => delete(conn, "phone model", DELETE_MODEL, id.as_str())?,
        CatalogChange::PutTemplate(template) => template::put(conn, template)?,
        CatalogChange::DeleteTemplate(id) => template::delete(conn, *id)?,
        CatalogChange::PublishTemplate(id, published) => {
            return template::publish(conn, *id, published).map(Effect::done_if);
        }
        CatalogChange::PutFirmware(firmware) => put_firmware(conn, firmware)?,
        CatalogChange::PutFile(shared, text) => file::put_shared(conn, shared, text)?,
        CatalogChange::DeleteFile(name) => file::delete_shared(conn, name)?,
        CatalogChange::DeleteFirmware(id) => delete(conn, "firmware", DELETE_FIRMWARE, id.as_bytes())?,
        CatalogChange::Placeholder(scope, name, Some(value)) => set_placeholder(conn, scope, name, value)?,
        CatalogChange::Placeholder(scope, name, None) => remove_placeholder(conn, scope, name)?,
    }
    Ok(Effect::Done)
}

const PUT_SETTINGS: &str = "
    INSERT INTO settings (only, revision, value) VALUES (0, 1, ?1)
    ON CONFLICT DO UPDATE SET revision = revision + 1, value = excluded.value";

pub(super) fn put_settings(conn: &Connection, settings: &Settings) -> Outcome<()> {
    execute(conn, PUT_SETTINGS, params![json(settings)?])?;
    Ok(())
}

const PUT_REGION: &str = "
    INSERT INTO region (id, revision, name, folded, description, aliases, identity, networks, through_proxy,
        zero_touch, publish_on_save, lines)
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, name = excluded.name, folded = excluded.folded,
        description = excluded.description, aliases = excluded.aliases, identity = excluded.identity,
        networks = excluded.networks, through_proxy = excluded.through_proxy, zero_touch = excluded.zero_touch,
        publish_on_save = excluded.publish_on_save, lines = excluded.lines";
const REGION_TAKEN: &str = "SELECT 1 FROM region WHERE folded = ?1 AND id <> ?2";
const CLEAR_REGION_FIRMWARE: &str = "DELETE FROM region_firmware WHERE region = ?1";
const ADD_REGION_FIRMWARE: &str = "INSERT INTO region_firmware (region, model, firmware) VALUES (?1, ?2, ?3)";
const FIRMWARE_THERE: &str = "SELECT 1 FROM firmware WHERE id = ?1";
const DELETE_REGION: &str = "DELETE FROM region WHERE id = ?1";

pub(super) fn put_region(conn: &Connection, region: &Region) -> Outcome<()> {
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
    execute(conn, PUT_REGION, put).map_err(|error| {
        Blame::of(conn, error).taken("region name", &region.name, REGION_TAKEN, params![folded, id]).fault()
    })?;
    execute(conn, CLEAR_REGION_FIRMWARE, params![id])?;
    for (model, firmware) in &region.firmware {
        execute(conn, ADD_REGION_FIRMWARE, params![id, model.as_str(), firmware.as_bytes()]).map_err(
            |error| {
                Blame::of(conn, error)
                    .missing("firmware", FIRMWARE_THERE, params![firmware.as_bytes()])
                    .fault()
            },
        )?;
    }
    Ok(())
}

const PUT_MODEL: &str = "
    INSERT INTO phone_model (id, revision, title) VALUES (?1, 1, ?2)
    ON CONFLICT (id) DO UPDATE SET revision = revision + 1, title = excluded.title";
const MODEL_THERE: &str = "SELECT 1 FROM phone_model WHERE id = ?1";
const DELETE_MODEL: &str = "DELETE FROM phone_model WHERE id = ?1";

pub(super) fn put_model(conn: &Connection, model: &PhoneModel) -> Outcome<()> {
    execute(conn, PUT_MODEL, params![model.id.as_str(), model.title.as_str()])?;
    Ok(())
}

const PUT_FIRMWARE: &str = "
    INSERT INTO firmware (id, revision, name, folded, model, description, version, image_hash, image_length,
        image_uploaded_at)
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, name = excluded.name, folded = excluded.folded, model = excluded.model,
        description = excluded.description, version = excluded.version, image_hash = excluded.image_hash,
        image_length = excluded.image_length, image_uploaded_at = excluded.image_uploaded_at";
const FIRMWARE_TAKEN: &str = "SELECT 1 FROM firmware WHERE folded = ?1 AND id <> ?2";
const DELETE_FIRMWARE: &str = "DELETE FROM firmware WHERE id = ?1";

pub(super) fn put_firmware(conn: &Connection, firmware: &Firmware) -> Outcome<()> {
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
    execute(conn, PUT_FIRMWARE, put).map(drop).map_err(|error| {
        Blame::of(conn, error)
            .taken("firmware name", &firmware.name, FIRMWARE_TAKEN, params![folded, id])
            .missing("phone model", MODEL_THERE, params![model])
            .fault()
    })
}

// One that is set again after it was taken out has a later revision than it ever had.
const SET_PLACEHOLDER: &str = "
    INSERT INTO placeholder (name, region, model, revision, plain, sealed, print, description)
    VALUES (?1, ?2, ?3, (SELECT catalog_revision + 1 FROM meta), ?4, ?5, ?6, ?7)
    ON CONFLICT (ifnull(region, x''), ifnull(model, ''), name) DO UPDATE SET
        revision = revision + 1, plain = excluded.plain, sealed = excluded.sealed, print = excluded.print,
        description = excluded.description";
const REMOVE_PLACEHOLDER: &str = "
    DELETE FROM placeholder
    WHERE ifnull(region, x'') = ifnull(?2, x'') AND ifnull(model, '') = ifnull(?3, '') AND name = ?1";
const SCOPE_THERE: &str = "
    SELECT 1 WHERE (?1 IS NULL OR EXISTS (SELECT 1 FROM region WHERE id = ?1))
        AND (?2 IS NULL OR EXISTS (SELECT 1 FROM phone_model WHERE id = ?2))";

pub(super) fn set_placeholder(
    conn: &Connection,
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
    let set = params![name.as_str(), region, model, plain, sealed, print, value.description.as_str()];
    execute(conn, SET_PLACEHOLDER, set)
        .map(drop)
        .map_err(|error| Blame::of(conn, error).missing("scope", SCOPE_THERE, params![region, model]).fault())
}

const REVISE_PLACEHOLDER: &str = "
    UPDATE placeholder SET revision = ?4
    WHERE ifnull(region, x'') = ifnull(?2, x'') AND ifnull(model, '') = ifnull(?3, '') AND name = ?1";

/// Gives a placeholder the revision that it had.
pub(super) fn revise_placeholder(
    conn: &Connection,
    scope: &SharedScope,
    name: &PlaceholderName,
    revision: RowRevision,
) -> Outcome<()> {
    let (region, model) = scope_columns(scope);
    execute(conn, REVISE_PLACEHOLDER, params![name.as_str(), region, model, number(revision.0)?])?;
    Ok(())
}

/// Taking out what is not there is no error, but a scope that does not exist is.
fn remove_placeholder(conn: &Connection, scope: &SharedScope, name: &PlaceholderName) -> Outcome<()> {
    let (region, model) = scope_columns(scope);
    let removed = execute(conn, REMOVE_PLACEHOLDER, params![name.as_str(), region, model])?;
    if removed == 0 && one(conn, SCOPE_THERE, params![region, model], |_| Ok(()))?.is_none() {
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

fn delete(conn: &Connection, what: &str, sql: &str, id: impl rusqlite::ToSql) -> Outcome<()> {
    execute(conn, sql, params![id]).map(drop).map_err(|error| Blame::of(conn, error).in_use(what).fault())
}
