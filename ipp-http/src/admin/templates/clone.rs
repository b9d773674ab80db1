//! Copy a template (TPL-14).

use ipp_core::{app::admin::templates::TemplateCopy, id::TemplateId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::TemplateSaved;
use crate::{
    admin::endpoint::{ById, Call, Created, Endpoint, JsonBody, Nothing, parse, required},
    problem::Problem,
};

/// The copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateClone {
    /// Its name; region and model in it help people.
    name: Option<String>,
    /// What people note about it.
    #[serde(default)]
    description: String,
    /// The id of the region it is for.
    region: Option<String>,
    /// The model it is for; that of the source where none is given.
    model: Option<String>,
    /// Whether phones of its region and model use it by default.
    #[serde(default)]
    default: bool,
}

pub(crate) struct Clone;

impl Endpoint for Clone {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = JsonBody<TemplateClone>;
    type Answer = Created<TemplateSaved>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(new) = &call.body;
        let copy = TemplateCopy {
            name: parse(required(new.name.as_deref(), "/name")?, "/name")?,
            description: parse(&new.description, "/description")?,
            region: new.region.as_deref().map(|id| parse(id, "/region")).transpose()?,
            model: new.model.as_deref().map(|id| parse(id, "/model")).transpose()?,
            default: new.default,
        };
        let saved = call.admin()?.clone_template(call.path.id, copy).await?;
        let location = format!("/api/v1/templates/{}", saved.row.value.id);
        Ok(Created { location, value: TemplateSaved::of(call.app(), &saved).await? })
    }
}
