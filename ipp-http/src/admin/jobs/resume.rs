//! Let a job that is paused go on; what it missed is not caught up in a burst.

use ipp_core::{id::JobId, job::Steer};

use super::{JobDocument, steered};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Resume;

impl Endpoint for Resume {
    type Path = ById<JobId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<JobDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        steered(call, Steer::Resume).await
    }
}
