//! The file of a template, byte for byte (TPL-39).

use ipp_core::id::TemplateId;

use crate::{
    admin::endpoint::{Attachment, ById, Call, Endpoint, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Document;

impl Endpoint for Document {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Attachment;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let row = call.admin()?.template(call.path.id)?;
        let bytes = row.value.document.bytes().to_vec();
        Ok(Attachment {
            name: format!("{}.xml", row.value.name),
            kind: "application/xml",
            revision: Some(row.revision),
            length: bytes.len() as u64,
            content: bytes.into(),
        })
    }
}
