//! Let a scope inherit a placeholder again (AMB-12, C38).

use super::{ByScopeAndName, refused};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ByScopeAndName;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;
    const IF_MATCH: IfMatch = IfMatch::WhereThere;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let (scope, name) = (&call.path.scope.0, &call.path.name);
        let admin = call.admin()?;
        let there = admin.placeholder(scope, name)?.is_some();
        let revision = call.if_match_where(there)?;
        let deleted = admin.delete_placeholder(scope.clone(), name.clone(), revision).await;
        deleted.map_err(|error| refused(&admin, &call.path, error.into()))?;
        Ok(NoContent)
    }
}
