//! One account.

use ipp_core::id::OperatorId;

use super::OperatorDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<OperatorId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<OperatorDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let row = call.admin()?.operator(call.path.id).await?;
        Ok(Tagged { revision: row.revision, value: OperatorDocument::of(&row) })
    }
}
