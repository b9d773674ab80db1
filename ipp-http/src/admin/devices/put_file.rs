//! Put a file in the place of what is published for a device (CFG-06, CFG-09).

use ipp_core::id::DeviceId;

use super::DeviceDocument;
use crate::{
    admin::endpoint::{ById, Call, CfgBody, Endpoint, IfMatch, Json, Nothing},
    problem::Problem,
};

pub(crate) struct PutFile;

impl Endpoint for PutFile {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = CfgBody;
    type Answer = Json<DeviceDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let CfgBody(bytes) = &call.body;
        let record = call.admin()?.put_device_file(call.path.id, revision, bytes).await?;
        Ok(Json(DeviceDocument::of(call.app(), &record)))
    }
}
