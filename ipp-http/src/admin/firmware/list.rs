//! The entries, and the image that each model takes by itself (FW-05 to FW-08).

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::FirmwareDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entries {
    /// Only entries whose name has this in it, ASCII case aside.
    name: Option<String>,
    /// Only entries with an image, or only those without.
    has_image: Option<bool>,
}

/// The entries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirmwareList {
    /// By name.
    items: Vec<FirmwareDocument>,
    /// The models.
    models: Vec<ModelImage>,
}

/// A model and the image that its phones take by themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelImage {
    /// The model.
    model: String,
    /// The file name that its phones ask for.
    default_name: String,
    /// The id of the entry that answers it; null where there is none.
    firmware: Option<String>,
    /// Whether there is an image.
    has_image: bool,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Entries;
    type Body = NoBody;
    type Answer = Json<FirmwareList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let wanted = call.query.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        let mut items = Vec::new();
        for row in admin.firmware_entries()? {
            let entry = &row.value;
            let called = entry.name.as_str().to_ascii_lowercase().contains(&wanted);
            if called && call.query.has_image.is_none_or(|has| has == entry.image.is_some()) {
                items.push(FirmwareDocument::of(&admin, &row).await?);
            }
        }
        let models = admin.default_firmware()?.into_iter().map(|of| ModelImage {
            model: of.model.id.to_string(),
            default_name: of.model.id.default_firmware(),
            firmware: of.entry.as_ref().map(|row| row.value.id.to_string()),
            has_image: of.entry.is_some_and(|row| row.value.image.is_some()),
        });
        Ok(Json(FirmwareList { items, models: models.collect() }))
    }
}
