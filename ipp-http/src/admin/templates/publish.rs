//! *Generate Global Configuration Template*: publish the shared part of templates (TPL-42).

use ipp_core::id::TemplateId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, JsonBody, NoContent, Nothing, parse},
    problem::Problem,
};

/// Which templates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplatesToPublish {
    /// Their ids; all templates where nothing is named. All are published or none is.
    templates: Option<Vec<String>>,
}

pub(crate) struct Publish;

impl Endpoint for Publish {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<TemplatesToPublish>;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let ids: Vec<TemplateId> = match &call.body.0.templates {
            None => admin.templates()?.iter().map(|row| row.value.id).collect(),
            Some(ids) => ids
                .iter()
                .enumerate()
                .map(|(at, id)| parse(id, &format!("/templates/{at}")))
                .collect::<Result<_, _>>()?,
        };
        admin.publish_templates(&ids).await?;
        Ok(NoContent)
    }
}
