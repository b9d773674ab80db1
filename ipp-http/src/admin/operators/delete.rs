//! Delete an account.

use ipp_core::id::OperatorId;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ById<OperatorId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_operator(call.path.id).await?;
        Ok(NoContent)
    }
}
