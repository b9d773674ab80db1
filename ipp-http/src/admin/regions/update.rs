//! Change a region (REG-12).

use ipp_core::{catalog::Stored, id::RegionId, region::Region};

use super::{RegionDocument, RegionEdit};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, IfMatch, Json, JsonBody, Nothing},
    problem::Problem,
};

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = ById<RegionId>;
    type Query = Nothing;
    type Body = JsonBody<RegionEdit>;
    type Answer = Json<RegionDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let admin = call.admin()?;
        let JsonBody(edit) = &call.body;
        let mut region = Region::clone(&admin.region(call.path.id)?.value);
        edit.apply(&mut region)?;
        admin.update_region(Stored { revision, value: region }).await?;
        Ok(Json(RegionDocument::of(&admin.region(call.path.id)?)))
    }
}
