//! Pause a job: no further batch begins until it is resumed.

use ipp_core::{id::JobId, job::Steer};

use super::{JobDocument, steered};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Pause;

impl Endpoint for Pause {
    type Path = ById<JobId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<JobDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        steered(call, Steer::Pause).await
    }
}
