//! Try those phones of a job again that failed.

use ipp_core::{id::JobId, job::Steer};

use super::{JobDocument, steered};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Retry;

impl Endpoint for Retry {
    type Path = ById<JobId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<JobDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        steered(call, Steer::Retry).await
    }
}
