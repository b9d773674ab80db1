//! Jobs: all for whoever sees all regions, else one's own.

use ipp_core::{
    id::JobId,
    job::JobState,
    store::{JobFilter, Page},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::JobDocument;
use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing},
        page::limit,
    },
    problem::Problem,
};

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Jobs {
    /// Only those that are not over.
    open: Option<bool>,
    /// Only those of this author.
    author: Option<String>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<JobId>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    /// The latest first.
    items: Vec<JobDocument>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Jobs;
    type Body = NoBody;
    type Answer = Json<JobPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let limit = limit(call.query.limit)?;
        let is_open = |state: &JobState| call.query.open.is_none_or(|open| open != state.is_over());
        let states = JobState::ALL.into_iter().filter(is_open).collect();
        let filter = JobFilter { states, author: call.query.author.clone() };
        let jobs = call.admin()?.jobs(filter, Page { after: call.query.after, limit }).await?;
        let full = jobs.len() == limit as usize;
        let next = jobs.last().filter(|_| full).map(|job| job.id.to_string());
        let now = call.app().ports().clock.now().wall;
        Ok(Json(JobPage { items: jobs.iter().map(|job| JobDocument::of(job, now)).collect(), next }))
    }
}
