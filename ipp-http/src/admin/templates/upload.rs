//! Make a template of a file (TPL-03 to TPL-11).

use ipp_core::{
    app::admin::templates::NewTemplate,
    id::RegionId,
    text::{Label, TemplateName},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::TemplateSaved;
use crate::{
    admin::endpoint::{Call, Created, Endpoint, Nothing, XmlBody},
    problem::Problem,
};

/// What is not in the file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    /// The name; the file's own description where none is given.
    #[param(value_type = Option<String>)]
    name: Option<TemplateName>,
    /// What people note about it.
    #[param(value_type = Option<String>)]
    description: Option<Label>,
    /// The id of the region it is for; none for one that serves all regions.
    #[param(value_type = Option<String>)]
    region: Option<RegionId>,
    /// Whether phones of its region and model use it by default.
    #[serde(default)]
    default: bool,
}

impl UploadQuery {
    /// The template that is meant.
    pub(super) fn with(&self, content: &[u8]) -> NewTemplate {
        let content = content.to_vec();
        NewTemplate { name: self.name.clone(), region: self.region, default: self.default, content }
    }
}

pub(crate) struct Upload;

impl Endpoint for Upload {
    type Path = Nothing;
    type Query = UploadQuery;
    type Body = XmlBody;
    type Answer = Created<TemplateSaved>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let new = call.query.with(&call.body.0);
        let description = call.query.description.clone().unwrap_or_default();
        let saved = call.admin()?.add_template(new, description).await?;
        let location = format!("/api/v1/templates/{}", saved.row.value.id);
        Ok(Created { location, value: TemplateSaved::of(call.app(), &saved).await? })
    }
}
