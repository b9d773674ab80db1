//! Move a placeholder from one region to another (AMB-11, C38).

use ipp_core::catalog::SharedScope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ByScopeAndName, refused};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, NoContent, Nothing, parse},
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
    const IF_MATCH: IfMatch = IfMatch::WhereThere;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let to = parse(&call.body.0.to, "/to")?;
        let (scope, name) = (&call.path.scope.0, &call.path.name);
        let SharedScope::Region(from) = scope else { return Err(Problem::not_found()) };
        let admin = call.admin()?;
        let there = admin.placeholder(scope, name)?.is_some();
        let revision = call.if_match_where(there)?;
        let moved = admin.move_placeholder(name.clone(), *from, to, revision).await;
        moved.map_err(|error| refused(&admin, &call.path, error.into()))?;
        Ok(NoContent)
    }
}
