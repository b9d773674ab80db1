//! A file that phones share, byte for byte (CFG-10).

use super::{ByName, Which, get::read};
use crate::{
    admin::endpoint::{Attachment, Call, Endpoint, NoBody},
    problem::Problem,
};

pub(crate) struct Download;

impl Endpoint for Download {
    type Path = ByName;
    type Query = Which;
    type Body = NoBody;
    type Answer = Attachment;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let file = read(&call).await?;
        Ok(Attachment {
            name: call.path.name.to_string(),
            kind: "text/plain; charset=utf-8",
            revision: file.revision,
            length: file.text.len() as u64,
            content: file.text.into(),
        })
    }
}
