//! The regions that may be seen (REG-13).

use serde::Serialize;
use utoipa::ToSchema;

use super::RegionDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The regions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegionList {
    /// Whether they are the host application's: none is made or renamed here then.
    from_host: bool,
    /// By name.
    items: Vec<RegionDocument>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<RegionList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let regions = call.admin()?.regions()?;
        let from_host = call.app().ports().host.regions.is_some();
        Ok(Json(RegionList { from_host, items: regions.iter().map(RegionDocument::of).collect() }))
    }
}
