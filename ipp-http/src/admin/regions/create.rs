//! Make a region (REG-03).

use ipp_core::region::Region;

use super::{RegionDocument, RegionEdit};
use crate::{
    admin::endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse, required},
    problem::Problem,
};

pub(crate) struct Create;

impl Endpoint for Create {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<RegionEdit>;
    type Answer = Created<RegionDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(edit) = &call.body;
        let name = parse(required(edit.name.as_deref(), "/name")?, "/name")?;
        // Everything is parsed before anything is made.
        let mut proposed = Region::new(ipp_core::id::RegionId::from_bytes([0; 16]), name);
        edit.apply(&mut proposed)?;
        let made = admin
            .create_region(proposed.name.clone(), |region| *region = Region { id: region.id, ..proposed })
            .await?;
        let value = RegionDocument::of(&admin.region(made.id)?);
        Ok(Created { location: format!("/api/v1/regions/{}", made.id), value })
    }
}
