//! The private file that a device gets, byte for byte; noted in the audit log (CFG-10).

use ipp_core::id::DeviceId;

use crate::{
    admin::endpoint::{Attachment, ById, Call, Endpoint, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct DownloadFile;

impl Endpoint for DownloadFile {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Attachment;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let file = call.admin()?.reveal_device_file(call.path.id).await?;
        Ok(Attachment {
            name: format!("{}.cfg", file.record.device.value.mac),
            kind: "text/plain; charset=utf-8",
            revision: Some(file.record.stand_in.map(|written| written.revision).unwrap_or_default()),
            length: file.text.len() as u64,
            content: file.text.into(),
        })
    }
}
