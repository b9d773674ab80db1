//! One template.

use ipp_core::id::TemplateId;

use super::TemplateDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<TemplateDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let row = call.admin()?.template(call.path.id)?;
        Ok(Tagged { revision: row.revision, value: TemplateDocument::of(call.app(), &row).await? })
    }
}
