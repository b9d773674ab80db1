//! Phone models.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod put;

use ipp_core::{
    catalog::Stored,
    phone_model::{ModelId, PhoneModel},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The model in the path.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct ByModel {
    /// The id of a model, such as `430HD` or `430HD_LYNC`.
    #[param(value_type = String)]
    id: ModelId,
}

/// A phone model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelDocument {
    /// Its id.
    id: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// The name that people see.
    title: String,
    /// What its phones call themselves.
    hardware: String,
    /// `generic` or `lync`.
    kind: String,
    /// The firmware file that its phones ask for by themselves.
    default_firmware: String,
}

impl ModelDocument {
    fn of(row: &Stored<impl AsRef<PhoneModel>>) -> Self {
        let model = row.value.as_ref();
        Self {
            id: model.id.to_string(),
            revision: row.revision.0,
            title: model.title.to_string(),
            hardware: model.id.hardware().to_owned(),
            kind: super::word(model.id.kind()),
            default_firmware: model.id.default_firmware(),
        }
    }
}
