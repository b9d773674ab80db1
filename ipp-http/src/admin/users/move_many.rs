//! Move users with their devices to a region (MUL-08).

use serde::Deserialize;
use utoipa::ToSchema;

use super::bulk::{UserFilterDocument, UserReport, selection};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// Which users, and where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveUsersRequest {
    /// The ids of those that were picked.
    ids: Option<Vec<String>>,
    /// All that pass.
    filter: Option<UserFilterDocument>,
    /// The id of the region.
    region: String,
}

pub(crate) struct MoveMany;

impl Endpoint for MoveMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<MoveUsersRequest>;
    type Answer = Json<UserReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let region = parse(&asked.region, "/region")?;
        let selection = selection(asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(UserReport::of(call.admin()?.move_users(&selection, region).await?)))
    }
}
