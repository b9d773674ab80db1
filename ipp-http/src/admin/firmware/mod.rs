//! Firmware.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod download;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod upload;

use ipp_core::{
    app::{AppError, admin::Admin},
    catalog::Stored,
    firmware::Firmware,
    store::AnyStore,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::endpoint::parse;
use crate::problem::Problem;

/// A firmware entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirmwareDocument {
    /// Its id.
    id: String,
    /// The version of the entry; an edit names it as If-Match.
    revision: u64,
    /// The file name that phones ask for.
    name: String,
    /// The model it is for.
    model: Option<String>,
    /// What people note about it.
    description: String,
    /// The version of the firmware.
    version: String,
    /// Its image; null until one is uploaded.
    image: Option<ImageDocument>,
    /// How many phones get its image by its name, or because their region prefers it.
    phones: u64,
}

/// An image.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageDocument {
    /// The hash of its bytes, hexadecimal.
    sha256: String,
    /// Its length in bytes.
    length: u64,
    /// When it was uploaded.
    uploaded_at: String,
}

impl FirmwareDocument {
    async fn of(admin: &Admin<'_, AnyStore>, row: &Stored<impl AsRef<Firmware>>) -> Result<Self, AppError> {
        let entry = row.value.as_ref();
        Ok(Self {
            id: entry.id.to_string(),
            revision: row.revision.0,
            name: entry.name.to_string(),
            model: entry.model.as_ref().map(ToString::to_string),
            description: entry.description.to_string(),
            version: entry.version.to_string(),
            image: entry.image.map(|image| ImageDocument {
                sha256: image.hash.to_string(),
                length: image.length,
                uploaded_at: image.uploaded_at.to_string(),
            }),
            phones: admin.phones_of_firmware(entry).await?,
        })
    }
}

/// What is to be set of an entry; what is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FirmwareEdit {
    /// The file name that phones ask for, ending in `.img`.
    name: Option<String>,
    /// The id of the model it is for; empty for none.
    model: Option<String>,
    /// What people note about it.
    description: Option<String>,
    /// The version; an upload fills it in.
    version: Option<String>,
}

impl FirmwareEdit {
    fn apply(&self, entry: &mut Firmware) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            entry.name = parse(name, "/name")?;
        }
        match self.model.as_deref() {
            None => {}
            Some("") => entry.model = None,
            Some(model) => entry.model = Some(parse(model, "/model")?),
        }
        if let Some(description) = &self.description {
            entry.description = parse(description, "/description")?;
        }
        if let Some(version) = &self.version {
            entry.version = parse(version, "/version")?;
        }
        Ok(())
    }
}

/// Whether somebody means it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Confirmation {
    /// That the phones which take the image by its name, or by their region, shall get it.
    confirm: bool,
}
