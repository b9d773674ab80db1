//! Move devices, and with them their users, to a region (DEV-28, AMB-103).

use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    bulk::{BulkReport, selection},
    filter::FilterDocument,
};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// Which devices, and where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveRequest {
    /// The ids of those that were picked.
    ids: Option<Vec<String>>,
    /// All that pass.
    filter: Option<FilterDocument>,
    /// The id of the region.
    region: String,
}

pub(crate) struct MoveMany;

impl Endpoint for MoveMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<MoveRequest>;
    type Answer = Json<BulkReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(asked) = &call.body;
        let region = parse(&asked.region, "/region")?;
        let selection = selection(call.app(), &admin, asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(BulkReport::of(admin.move_devices(&selection, region).await?)))
    }
}
