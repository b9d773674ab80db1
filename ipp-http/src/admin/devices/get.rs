//! One device.

use ipp_core::id::DeviceId;

use super::DeviceDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<DeviceDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let record = call.admin()?.device(call.path.id).await?;
        Ok(Tagged { revision: record.device.revision, value: DeviceDocument::of(call.app(), &record) })
    }
}
