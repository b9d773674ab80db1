//! Put a template back to its factory text, or to what was uploaded first (TPL-36, AMB-15).

use ipp_core::id::TemplateId;

use super::TemplateSaved;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, IfMatch, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Restore;

impl Endpoint for Restore {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<TemplateSaved>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let saved = call.admin()?.restore_template(call.path.id, revision).await?;
        Ok(Json(TemplateSaved::of(call.app(), &saved).await?))
    }
}
