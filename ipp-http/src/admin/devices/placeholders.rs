//! The placeholders of a device with their values and where these come from.

use ipp_core::{
    app::{AppError, admin::Admin},
    catalog::{RowRevision, Stored},
    id::DeviceId,
    placeholder::{Origin, PlaceholderName},
    render::Explained,
    store::AnyStore,
    text::CfgValue,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged, parse},
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

/// Sets a placeholder of a device, or lets it inherit again; answers the placeholder as it is now, with
/// the version of the device. Where somebody else was quicker, that is shown beside the refusal.
pub(super) async fn edit(
    admin: &Admin<'_, AnyStore>,
    asked: &OfDevice,
    revision: RowRevision,
    value: Option<CfgValue>,
) -> Result<Tagged<PlaceholderDocument>, Problem> {
    let name: PlaceholderName = parse(&asked.name, "name")?;
    let set = admin.set_device_placeholder(asked.id, Some(revision), name.clone(), value).await;
    if let Err(error) = set {
        let problem = Problem::from(error);
        return match one(admin, asked.id, &name).await {
            Ok(now) if problem.is_stale() => Err(problem.beside(now.revision, &now.value)),
            Ok(_) | Err(_) => Err(problem),
        };
    }
    let now = one(admin, asked.id, &name).await?;
    Ok(Tagged { revision: now.revision, value: now.value })
}

async fn one(
    admin: &Admin<'_, AnyStore>,
    id: DeviceId,
    name: &PlaceholderName,
) -> Result<Stored<PlaceholderDocument>, AppError> {
    let now = admin.device_placeholder(id, name).await?;
    Ok(Stored { revision: now.revision, value: PlaceholderDocument::of(now.value) })
}
