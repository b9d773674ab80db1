//! Delete a region that nothing refers to (REG-10).

use ipp_core::id::RegionId;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ById<RegionId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_region(call.path.id).await?;
        Ok(NoContent)
    }
}
