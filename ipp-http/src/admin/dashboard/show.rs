//! The figures of the dashboard.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// How many devices are in which state, among those that may be seen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DashboardDocument {
    /// All devices: registered, non-registered and disconnected.
    devices: u64,
    /// Connected and registered.
    registered: u64,
    /// Connected and not registered, or never seen.
    non_registered: u64,
    /// Silent for too long.
    disconnected: u64,
    /// The share of registered devices in whole per cent.
    registered_percent: u8,
    /// Waiting for approval, among all.
    pending: u64,
    /// Registered devices by region.
    by_region: Vec<Share>,
    /// Registered devices by model.
    by_model: Vec<Share>,
    /// Registered devices by firmware version.
    by_version: Vec<Share>,
}

/// A share of the registered devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Share {
    /// The region's id, the model or the version; empty where it is not known.
    key: String,
    /// What people read.
    title: String,
    /// How many.
    devices: u64,
}

pub(crate) struct Show;

impl Endpoint for Show {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<DashboardDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let figures = call.admin()?.dashboard().await?;
        let snapshot = call.app().snapshot();
        let named = |text: &String, devices: &u64| Share {
            key: text.clone(),
            title: if text.is_empty() { "unknown".to_owned() } else { text.clone() },
            devices: *devices,
        };
        let by_region = figures.by_region.iter().map(|(id, devices)| {
            let region = id.and_then(|id| snapshot.catalog.region(id));
            Share {
                key: id.map_or_else(String::new, |id| id.to_string()),
                title: region.map_or_else(|| "no region".to_owned(), |region| region.name.to_string()),
                devices: *devices,
            }
        });
        Ok(Json(DashboardDocument {
            devices: figures.devices(),
            registered: figures.registered,
            non_registered: figures.non_registered,
            disconnected: figures.disconnected,
            pending: figures.pending,
            registered_percent: figures.registered_percent(),
            by_region: by_region.collect(),
            by_model: figures.by_model.iter().map(|(model, devices)| named(model, devices)).collect(),
            by_version: figures.by_version.iter().map(|(version, devices)| named(version, devices)).collect(),
        }))
    }
}
