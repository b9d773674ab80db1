//! Take a device's file away: what people wrote first, then what is published (CFG-07).

use ipp_core::id::DeviceId;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct DeleteFile;

impl Endpoint for DeleteFile {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_device_file(call.path.id).await?;
        Ok(NoContent)
    }
}
