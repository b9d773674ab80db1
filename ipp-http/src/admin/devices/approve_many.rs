//! Approve phones that wait, into one region (APR-07 to APR-09, AMB-28).

use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    bulk::{BulkReport, selection},
    filter::FilterDocument,
    vlan::VlanDocument,
};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// Which devices, and where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveManyRequest {
    /// The ids of those that were picked.
    ids: Option<Vec<String>>,
    /// All that pass.
    filter: Option<FilterDocument>,
    /// The id of the region.
    region: String,
    /// VLAN discovery; `cdp_lldp` where it is not named.
    vlan: Option<VlanDocument>,
}

pub(crate) struct ApproveMany;

impl Endpoint for ApproveMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<ApproveManyRequest>;
    type Answer = Json<BulkReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(asked) = &call.body;
        let region = parse(&asked.region, "/region")?;
        let vlan = VlanDocument::of_approval(asked.vlan.as_ref())?;
        let selection = selection(call.app(), &admin, asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(BulkReport::of(admin.approve_many(&selection, region, vlan).await?)))
    }
}
