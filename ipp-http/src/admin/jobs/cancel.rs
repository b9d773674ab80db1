//! Cancel a job before its next batch (MUL-23).

use ipp_core::{id::JobId, job::Steer};

use super::{JobDocument, steered};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Cancel;

impl Endpoint for Cancel {
    type Path = ById<JobId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<JobDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        steered(call, Steer::Cancel).await
    }
}
