//! One entry.

use ipp_core::id::FirmwareId;

use super::FirmwareDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<FirmwareId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<FirmwareDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let row = admin.firmware_entry(call.path.id)?;
        Ok(Tagged { revision: row.revision, value: FirmwareDocument::of(&admin, &row).await? })
    }
}
