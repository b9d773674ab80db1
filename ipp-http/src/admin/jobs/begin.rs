//! Begin a job: one command to many phones, in batches, now or later.

use ipp_core::app::admin::jobs::NewJob;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ActionDocument, JobDocument, PaceDocument};
use crate::{
    admin::{
        devices::{bulk::selection, filter::FilterDocument},
        endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse},
    },
    problem::Problem,
};

/// What a job is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobRequest {
    action: ActionDocument,
    /// The ids of the devices that were picked.
    ids: Option<Vec<String>>,
    /// All devices that pass now.
    filter: Option<FilterDocument>,
    /// How fast it goes; as usual for the action where absent: restarts 5 at once with 120 seconds between.
    pace: Option<PaceDocument>,
    /// When it begins, such as `2026-11-24T03:00:00Z`; at once where absent.
    starts_at: Option<String>,
}

pub(crate) struct Begin;

impl Endpoint for Begin {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<JobRequest>;
    type Answer = Created<JobDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(JobRequest { action, ids, filter, pace, starts_at }) = &call.body;
        let new = NewJob {
            action: action.parse()?,
            phones: selection(call.app(), &admin, ids.as_deref(), filter.as_ref())?,
            pace: pace.as_ref().map(PaceDocument::parse).transpose()?,
            starts_at: starts_at.as_deref().map(|at| parse(at, "/starts_at")).transpose()?,
        };
        let job = admin.begin_job(new).await?;
        let document = JobDocument::of(&job, job.created_at);
        Ok(Created { location: format!("/jobs/{}", job.id), value: document })
    }
}
