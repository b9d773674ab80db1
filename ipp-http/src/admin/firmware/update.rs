//! Change an entry (FW-12).

use ipp_core::{catalog::Stored, firmware::Firmware, id::FirmwareId};

use super::{Confirmation, FirmwareDocument, FirmwareEdit};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, IfMatch, Json, JsonBody},
    problem::Problem,
};

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = ById<FirmwareId>;
    type Query = Confirmation;
    type Body = JsonBody<FirmwareEdit>;
    type Answer = Json<FirmwareDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let admin = call.admin()?;
        let JsonBody(edit) = &call.body;
        let mut entry = Firmware::clone(&admin.firmware_entry(call.path.id)?.value);
        edit.apply(&mut entry)?;
        admin.update_firmware(Stored { revision, value: entry }, call.query.confirm).await?;
        Ok(Json(FirmwareDocument::of(&admin, &admin.firmware_entry(call.path.id)?).await?))
    }
}
