//! Save what an editor, or another file, makes of a template (TPL-24, TPL-25, TPL-40, C38).

use ipp_core::{app::admin::Admin, id::TemplateId, store::AnyStore};
use serde::Serialize;

use super::TemplateSaved;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, IfMatch, Json, Nothing, XmlBody},
    problem::Problem,
};

pub(crate) struct EditDocument;

/// What somebody else made of the template meanwhile.
#[derive(Debug, Serialize)]
struct DocumentNow {
    /// The XML file.
    document: String,
}

impl Endpoint for EditDocument {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = XmlBody;
    type Answer = Json<TemplateSaved>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let XmlBody(content) = &call.body;
        let admin = call.admin()?;
        let saved = admin.edit_template_document(call.path.id, revision, content).await;
        let saved = saved.map_err(|error| refused(&admin, call.path.id, error.into()))?;
        Ok(Json(TemplateSaved::of(call.app(), &saved).await?))
    }
}

/// A refused edit, with the document that stands now where somebody else was quicker.
fn refused(admin: &Admin<'_, AnyStore>, id: TemplateId, problem: Problem) -> Problem {
    match admin.template(id) {
        Ok(row) if problem.is_stale() => {
            let document = String::from_utf8_lossy(row.value.document.bytes()).into_owned();
            problem.beside(row.revision, &DocumentNow { document })
        }
        Ok(_) | Err(_) => problem,
    }
}
