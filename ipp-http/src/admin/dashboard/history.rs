//! How many devices were in which state, hour by hour.

use http::StatusCode;
use ipp_core::{
    id::RegionId,
    log::{Figures, Hour},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing, parse},
    problem::Problem,
};

/// Which hours, of which regions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Hours {
    /// How many hours back: 1 to 8,784, else 168. What is older than the settings keep is not there.
    hours: Option<u16>,
    /// Only devices of this region (its id); may be given more than once.
    region: Vec<String>,
}

/// The figures of the hours that were sampled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryDocument {
    /// The earliest first. An hour during which no server ran is not among them.
    items: Vec<HourItem>,
}

/// The figures of one hour, taken once during it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HourItem {
    /// When the hour begins, in UTC.
    hour: String,
    /// All devices: registered, non-registered and disconnected.
    devices: u64,
    /// Connected and registered.
    registered: u64,
    /// Connected and not registered, or never seen.
    non_registered: u64,
    /// Silent for too long.
    disconnected: u64,
    /// Waiting for approval, among all.
    pending: u64,
}

pub(crate) struct History;

impl Endpoint for History {
    type Path = Nothing;
    type Query = Hours;
    type Body = NoBody;
    type Answer = Json<HistoryDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let hours = call.query.hours.unwrap_or(168);
        if !(1..=8_784).contains(&hours) {
            let detail = format!("{hours} hours; 1 to 8,784 are allowed.");
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail).at("hours"));
        }
        let regions = call.query.region.iter().map(|id| parse(id, "region"));
        let regions = regions.collect::<Result<Vec<RegionId>, Problem>>()?;
        let regions = Some(regions.as_slice()).filter(|regions| !regions.is_empty());
        let admin = call.admin()?;
        let found = admin.history(admin.hours_ago(hours - 1), regions).await?;
        Ok(Json(HistoryDocument { items: found.into_iter().map(item).collect() }))
    }
}

fn item((hour, figures): (Hour, Figures)) -> HourItem {
    let devices = figures.devices();
    let Figures { registered, non_registered, disconnected, pending } = figures;
    HourItem { hour: hour.to_string(), devices, registered, non_registered, disconnected, pending }
}
