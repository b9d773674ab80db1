//! Take a run back: each phone that still has its file goes back to the file before it.

use ipp_core::id::{DeviceId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    admin::{
        devices::bulk::BulkReport,
        endpoint::{ById, Call, Endpoint, Json, JsonBody, Nothing, parse},
    },
    problem::Problem,
};

/// Where to go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunRevertRequest {
    /// The `next` of the answer before; absent for the first time.
    after: Option<String>,
}

/// What became of the phones: at most 1,000 with one request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunReverted {
    #[serde(flatten)]
    report: BulkReport,
    /// What to send as `after` to go on; absent where all phones were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) struct Revert;

impl Endpoint for Revert {
    type Path = ById<RunId>;
    type Query = Nothing;
    type Body = JsonBody<RunRevertRequest>;
    type Answer = Json<RunReverted>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let after: Option<DeviceId> =
            call.body.0.after.as_deref().map(|after| parse(after, "/after")).transpose()?;
        let reverted = call.admin()?.revert_run(call.path.id, after).await?;
        let next = reverted.next.map(|next| next.to_string());
        Ok(Json(RunReverted { report: BulkReport::of(reverted.items), next }))
    }
}
