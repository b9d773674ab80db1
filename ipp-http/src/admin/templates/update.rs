//! Change name, description, defaults and the default mark of a template (TPL-08, TPL-10, AMB-02).

use std::collections::BTreeMap;

use ipp_core::{app::admin::templates::TemplateEdit, id::TemplateId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::TemplateSaved;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, IfMatch, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// What is to be changed of a template; what is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TemplateUpdate {
    /// Its name.
    name: Option<String>,
    /// What people note about it.
    description: Option<String>,
    /// Values of placeholders where no scope sets one: all of them.
    defaults: Option<BTreeMap<String, String>>,
    /// Whether phones of its region and model use it by default. The template that was the default
    /// loses the mark.
    default: Option<bool>,
}

impl TemplateUpdate {
    pub(in crate::admin) fn parsed(&self) -> Result<TemplateEdit, Problem> {
        let default = |(name, value): (&String, &String)| {
            let pointer = format!("/defaults/{name}");
            Ok((parse(name, &pointer)?, parse(value, &pointer)?))
        };
        Ok(TemplateEdit {
            name: self.name.as_deref().map(|name| parse(name, "/name")).transpose()?,
            description: self.description.as_deref().map(|text| parse(text, "/description")).transpose()?,
            defaults: self
                .defaults
                .as_ref()
                .map(|defaults| defaults.iter().map(default).collect::<Result<_, Problem>>())
                .transpose()?,
            default: self.default,
        })
    }
}

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = JsonBody<TemplateUpdate>;
    type Answer = Json<TemplateSaved>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let edit = call.body.0.parsed()?;
        let saved = call.admin()?.update_template(call.path.id, revision, edit).await?;
        Ok(Json(TemplateSaved::of(call.app(), &saved).await?))
    }
}
