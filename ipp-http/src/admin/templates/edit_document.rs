//! Save what an editor, or another file, makes of a template (TPL-24, TPL-25, TPL-40).

use ipp_core::id::TemplateId;

use super::TemplateSaved;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, Nothing, XmlBody},
    problem::Problem,
};

pub(crate) struct EditDocument;

impl Endpoint for EditDocument {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = XmlBody;
    type Answer = Json<TemplateSaved>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let XmlBody(content) = &call.body;
        let saved = call.admin()?.edit_template_document(call.path.id, revision, content).await?;
        Ok(Json(TemplateSaved::of(call.app(), &saved).await?))
    }
}
