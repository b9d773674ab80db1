//! The image of an entry (FW-11).

use axum::body::Body;
use ipp_core::id::FirmwareId;

use crate::{
    admin::endpoint::{Attachment, ById, Call, Endpoint, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Download;

impl Endpoint for Download {
    type Path = ById<FirmwareId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Attachment;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let entry = call.admin()?.firmware_entry(call.path.id)?.value;
        let image = entry.image.ok_or_else(Problem::not_found)?;
        Ok(Attachment {
            name: entry.name.to_string(),
            kind: "application/octet-stream",
            revision: None,
            length: image.length,
            content: Body::new(call.images().stream(image.hash, 0..image.length)),
        })
    }
}
