//! What the catalogue is made of, but for templates: settings, regions, models, firmware and
//! placeholders above the device.

use std::{collections::BTreeMap, sync::Arc};

use ipp_core::{
    catalog::{Catalog, CatalogRevision, RowRevision, SharedScope, Stored},
    digest::{ContentHash, Fingerprint},
    firmware::{Firmware, FirmwareImage},
    id::{FirmwareId, RegionId},
    phone_model::{ModelId, PhoneModel},
    placeholder::{PlaceholderName, ScopeSet, ScopedValue, StoredValue},
    region::Region,
    settings::Settings,
    vault::SealedValue,
};
use tokio_postgres::Row;

use super::{Fields, all, file, one, stored, template};
use crate::{
    connection::Conn,
    error::{Outcome, corrupt},
};

const REVISION: &str = "SELECT single, catalog_revision FROM meta";
const SETTINGS: &str = "SELECT single, revision, value FROM settings";
const REGIONS: &str = "SELECT * FROM region";
const REGION_FIRMWARE: &str = "SELECT region, model, firmware FROM region_firmware";
const MODELS: &str = "SELECT * FROM phone_model";
const FIRMWARE: &str = "SELECT * FROM firmware";
const PLACEHOLDERS: &str = "SELECT * FROM placeholder";

pub(crate) async fn revision(conn: &Conn) -> Outcome<CatalogRevision> {
    let read = |row: &Row| Fields::new("meta", row).unsigned("catalog_revision").map(CatalogRevision);
    one(conn, REVISION, &[], read)
        .await?
        .ok_or_else(|| corrupt("meta", "catalog_revision", 0, "the row is missing"))
}

/// The whole catalogue; to be called inside one transaction.
pub(crate) async fn load(conn: &Conn) -> Outcome<Catalog> {
    let mut firmware_of_regions = BTreeMap::<RegionId, BTreeMap<ModelId, FirmwareId>>::new();
    for (region, model, firmware) in all(conn, REGION_FIRMWARE, &[], region_firmware).await? {
        firmware_of_regions.entry(region).or_default().insert(model, firmware);
    }
    let mut placeholders = BTreeMap::<SharedScope, ScopeSet>::new();
    let mut placeholder_revisions = BTreeMap::new();
    for (scope, name, row) in all(conn, PLACEHOLDERS, &[], placeholder).await? {
        placeholder_revisions.insert((scope.clone(), name.clone()), row.revision);
        placeholders.entry(scope).or_default().insert(name, row.value);
    }
    let regions = all(conn, REGIONS, &[], |row| {
        let (revision, mut region) = region(row)?;
        region.firmware = firmware_of_regions.remove(&region.id).unwrap_or_default();
        Ok((region.id, stored(revision, region)))
    })
    .await?;
    let empty = Catalog::empty().settings;
    Ok(Catalog {
        revision: revision(conn).await?,
        settings: one(conn, SETTINGS, &[], settings)
            .await?
            .map_or(empty, |(revision, settings)| stored(revision, settings)),
        regions: regions.into_iter().collect(),
        models: all(conn, MODELS, &[], model).await?.into_iter().collect(),
        templates: template::all_of(conn).await?.into_iter().collect(),
        firmware: all(conn, FIRMWARE, &[], firmware).await?.into_iter().collect(),
        placeholders: placeholders.into_iter().map(|(scope, set)| (scope, Arc::new(set))).collect(),
        files: file::shared(conn)
            .await?
            .into_iter()
            .map(|(name, revision, file)| (name, stored(revision, file)))
            .collect(),
        placeholder_revisions,
    })
}

fn settings(row: &Row) -> Outcome<(RowRevision, Settings)> {
    let fields = Fields::new("settings", row);
    Ok((RowRevision(fields.unsigned("revision")?), fields.json("value")?))
}

fn region(row: &Row) -> Outcome<(RowRevision, Region)> {
    let fields = Fields::new("region", row);
    let region = Region {
        id: fields.bytes("id", RegionId::from_bytes)?,
        name: fields.parse("name")?,
        description: fields.parse("description")?,
        aliases: fields.json("aliases")?,
        identity: fields.word("identity")?,
        networks: fields.json("networks")?,
        through_proxy: fields.get("through_proxy")?,
        zero_touch: fields.get("zero_touch")?,
        publish_on_save: fields.get("publish_on_save")?,
        firmware: BTreeMap::new(),
        lines: fields.json("lines")?,
    };
    Ok((RowRevision(fields.unsigned("revision")?), region))
}

fn region_firmware(row: &Row) -> Outcome<(RegionId, ModelId, FirmwareId)> {
    let fields = Fields::new("region_firmware", row);
    Ok((
        fields.bytes("region", RegionId::from_bytes)?,
        fields.parse("model")?,
        fields.bytes("firmware", FirmwareId::from_bytes)?,
    ))
}

fn model(row: &Row) -> Outcome<(ModelId, Stored<Arc<PhoneModel>>)> {
    let fields = Fields::new("phone_model", row);
    let model = PhoneModel { id: fields.parse("id")?, title: fields.parse("title")? };
    Ok((model.id.clone(), stored(RowRevision(fields.unsigned("revision")?), model)))
}

fn firmware(row: &Row) -> Outcome<(FirmwareId, Stored<Arc<Firmware>>)> {
    let fields = Fields::new("firmware", row);
    let image = match fields.opt_bytes("image_hash", ContentHash::from_bytes)? {
        Some(hash) => Some(FirmwareImage {
            hash,
            length: fields.unsigned("image_length")?,
            uploaded_at: fields.time("image_uploaded_at")?,
        }),
        None => None,
    };
    let firmware = Firmware {
        id: fields.bytes("id", FirmwareId::from_bytes)?,
        name: fields.parse("name")?,
        model: fields.opt_parse("model")?,
        description: fields.parse("description")?,
        version: fields.parse("version")?,
        image,
    };
    Ok((firmware.id, stored(RowRevision(fields.unsigned("revision")?), firmware)))
}

fn placeholder(row: &Row) -> Outcome<(SharedScope, PlaceholderName, Stored<ScopedValue>)> {
    let fields = Fields::new("placeholder", row);
    let region = fields.opt_bytes("region", RegionId::from_bytes)?;
    let scope = match (region, fields.opt_parse("model")?) {
        (Some(region), None) => SharedScope::Region(region),
        (None, Some(model)) => SharedScope::Model(model),
        (None, None) => SharedScope::System,
        (Some(_), Some(_)) => return Err(fields.wrong("region", "a placeholder of a region and of a model")),
    };
    let value = match fields.opt_parse("plain")? {
        Some(plain) => StoredValue::Plain(plain),
        None => StoredValue::Secret(SealedValue {
            sealed: fields.sealed("sealed")?,
            print: fields.bytes("print", Fingerprint::from_bytes)?,
        }),
    };
    let value = ScopedValue { value, description: fields.parse("description")? };
    let revision = RowRevision(fields.unsigned("revision")?);
    Ok((scope, fields.parse("name")?, Stored { revision, value }))
}
