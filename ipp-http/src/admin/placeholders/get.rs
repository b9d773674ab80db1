//! One placeholder of a scope.

use super::{ByScopeAndName, PlaceholderDocument};
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ByScopeAndName;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<PlaceholderDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let (scope, name) = (&call.path.scope.0, &call.path.name);
        let row = call.admin()?.placeholder(scope, name)?.ok_or_else(Problem::not_found)?;
        Ok(Tagged { revision: row.revision, value: PlaceholderDocument::of(name, &row) })
    }
}
