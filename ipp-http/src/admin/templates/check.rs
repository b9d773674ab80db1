//! What would be refused of a template (AMB-08, PLH-33).

use ipp_core::{app::admin::templates::Checked, id::TemplateId};
use serde::Serialize;
use utoipa::ToSchema;

use super::TemplateFinding;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// What a look through a template says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateChecked {
    /// Why files cannot be made of it.
    obstacles: Vec<TemplateObstacle>,
    /// What works, but perhaps not as meant.
    findings: Vec<TemplateFinding>,
}

/// Why files cannot be made of a template.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateObstacle {
    /// The name of the region in which they cannot; `null` for phones without one.
    region: Option<String>,
    /// The line of the XML, counted from 1.
    line: Option<u32>,
    /// The placeholder.
    placeholder: Option<String>,
    /// What it is, and what to do.
    message: String,
}

impl TemplateChecked {
    pub(super) fn of(checked: &Checked) -> Self {
        let obstacles = checked.obstacles.iter().map(|obstacle| TemplateObstacle {
            region: obstacle.region.as_ref().map(ToString::to_string),
            line: obstacle.line,
            placeholder: obstacle.placeholder.as_ref().map(ToString::to_string),
            message: obstacle.message.clone(),
        });
        Self { obstacles: obstacles.collect(), findings: TemplateFinding::all(&checked.findings) }
    }
}

pub(crate) struct Check;

impl Endpoint for Check {
    type Path = ById<TemplateId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<TemplateChecked>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(Json(TemplateChecked::of(&call.admin()?.check_template(call.path.id)?)))
    }
}
