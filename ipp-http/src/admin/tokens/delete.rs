//! Delete one of the own API tokens.

use ipp_core::id::ApiTokenId;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ById<ApiTokenId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_token(call.path.id).await?;
        Ok(NoContent)
    }
}
