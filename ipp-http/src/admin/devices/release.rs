//! Refuse a token that was presented beside the phone's own.

use ipp_core::id::DeviceId;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Release;

impl Endpoint for Release {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.release_request(call.path.id).await?;
        Ok(NoContent)
    }
}
