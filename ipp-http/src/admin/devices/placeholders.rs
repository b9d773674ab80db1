//! The placeholders of a device with their values and where these come from.

use ipp_core::{id::DeviceId, placeholder::Origin, render::Explained};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

/// The placeholders of a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceholderList {
    /// By name.
    items: Vec<PlaceholderDocument>,
}

/// A placeholder as one device sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceholderDocument {
    /// Its bare name.
    name: String,
    /// The value that wins, then those that it shadows; empty where nothing sets it.
    values: Vec<ValueDocument>,
}

/// A value and where it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueDocument {
    /// `default`, `system`, `model`, `region` or `device`.
    #[schema(value_type = String)]
    origin: Origin,
    /// The value; absent for a secret.
    value: Option<String>,
    /// Whether it is a secret.
    secret: bool,
}

/// A placeholder of a device.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct OfDevice {
    /// The id of the device.
    #[param(value_type = String)]
    pub(super) id: DeviceId,
    /// The name of the placeholder.
    pub(super) name: String,
}

pub(crate) struct Placeholders;

impl Endpoint for Placeholders {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<PlaceholderList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let found = call.admin()?.device_placeholders(call.path.id).await?;
        let items = found.value.into_iter().map(PlaceholderDocument::of).collect();
        Ok(Tagged { revision: found.revision, value: PlaceholderList { items } })
    }
}

impl PlaceholderDocument {
    pub(super) fn of(explained: Explained) -> Self {
        let value = |shown: ipp_core::render::explain::Shown| ValueDocument {
            origin: shown.origin,
            secret: shown.value.is_none(),
            value: shown.value,
        };
        Self { name: explained.name.to_string(), values: explained.layers.into_iter().map(value).collect() }
    }
}
