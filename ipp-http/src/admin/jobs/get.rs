//! One job.

use ipp_core::id::JobId;

use super::JobDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<JobId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<JobDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let job = call.admin()?.job(call.path.id).await?;
        Ok(Json(JobDocument::of(&job, call.app().ports().clock.now().wall)))
    }
}
