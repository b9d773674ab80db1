//! One region.

use ipp_core::id::RegionId;

use super::RegionDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<RegionId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<RegionDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let row = call.admin()?.region(call.path.id)?;
        Ok(Tagged { revision: row.revision, value: RegionDocument::of(&row) })
    }
}
