//! Delete a template (TPL-45).

use ipp_core::id::TemplateId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent},
    problem::Problem,
};

/// How.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteQuery {
    /// Also where it is the default that phones use.
    #[serde(default)]
    force: bool,
}

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ById<TemplateId>;
    type Query = DeleteQuery;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_template(call.path.id, call.query.force).await?;
        Ok(NoContent)
    }
}
