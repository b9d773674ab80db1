//! Let a scope inherit a placeholder again (AMB-12).

use super::ByScopeAndName;
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ByScopeAndName;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_placeholder(call.path.scope.0.clone(), call.path.name.clone()).await?;
        Ok(NoContent)
    }
}
