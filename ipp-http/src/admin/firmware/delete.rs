//! Delete an entry that nothing has chosen (FW-13).

use ipp_core::id::FirmwareId;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ById<FirmwareId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_firmware(call.path.id).await?;
        Ok(NoContent)
    }
}
