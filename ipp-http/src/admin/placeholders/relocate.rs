//! Move a placeholder from one region to another (AMB-11).

use ipp_core::catalog::SharedScope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ByScopeAndName;
use crate::{
    admin::endpoint::{Call, Endpoint, JsonBody, NoContent, Nothing, parse},
    problem::Problem,
};

/// Where it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceholderMove {
    /// The id of the other region, which must not set the placeholder yet.
    to: String,
}

pub(crate) struct Relocate;

impl Endpoint for Relocate {
    type Path = ByScopeAndName;
    type Query = Nothing;
    type Body = JsonBody<PlaceholderMove>;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let to = parse(&call.body.0.to, "/to")?;
        match &call.path.scope.0 {
            SharedScope::Region(from) => {
                call.admin()?.move_placeholder(call.path.name.clone(), *from, to).await?;
                Ok(NoContent)
            }
            SharedScope::System | SharedScope::Model(_) => Err(Problem::not_found()),
        }
    }
}
