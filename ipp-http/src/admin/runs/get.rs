//! One run.

use ipp_core::id::RunId;

use super::RunDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<RunId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<RunDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(Json(RunDocument::of(call.admin()?.run(call.path.id).await?)))
    }
}
