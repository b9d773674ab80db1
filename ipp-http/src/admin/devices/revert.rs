//! Go back to a file that was published before.

use ipp_core::id::DeviceId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, JsonBody, NoContent, Nothing},
    problem::Problem,
};

/// Which file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevertRequest {
    /// Its number.
    number: u64,
}

pub(crate) struct Revert;

impl Endpoint for Revert {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = JsonBody<RevertRequest>;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        call.admin()?.revert_device(call.path.id, asked.number).await?;
        Ok(NoContent)
    }
}
