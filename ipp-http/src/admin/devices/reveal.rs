//! The private file that a device gets, with its secrets; noted in the audit log.

use ipp_core::id::DeviceId;

use super::file::FileText;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Reveal;

impl Endpoint for Reveal {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<FileText>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(FileText::of(call.app(), call.admin()?.reveal_device_file(call.path.id).await?))
    }
}
