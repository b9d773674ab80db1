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
        Ok(Json(RegionList { items: regions.iter().map(RegionDocument::of).collect() }))
    }
}
