//! The phones of a job, and what became of each (MUL-22).

use http::StatusCode;
use ipp_core::{
    id::JobId,
    job::ItemState,
    store::{JobItems, Page},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::JobItemDocument;
use crate::{
    admin::{
        endpoint::{ById, Call, Endpoint, Json, NoBody},
        page::limit,
    },
    problem::Problem,
};

/// Which phones of a job.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Items {
    /// Only those that are so far: `queued`, `sending`, `accepted`, `failed`, `skipped`, `unknown`, `cancelled`,
    /// `confirmed` or `waiting`.
    state: Option<String>,
    /// The `next` of the page before.
    after: Option<u32>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of phones of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobItemPage {
    /// In the order of the job.
    items: Vec<JobItemDocument>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = ById<JobId>;
    type Query = Items;
    type Body = NoBody;
    type Answer = Json<JobItemPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let limit = limit(call.query.limit)?;
        let state = call.query.state.as_deref().map(state).transpose()?;
        let which = JobItems { job: call.path.id, state };
        let items = call.admin()?.job_items(which, Page { after: call.query.after, limit }).await?;
        let full = items.len() == limit as usize;
        let items: Vec<JobItemDocument> = items.iter().map(JobItemDocument::of).collect();
        let next = items.last().filter(|_| full).map(|item| item.number);
        Ok(Json(JobItemPage { items, next }))
    }
}

fn state(word: &str) -> Result<ItemState, Problem> {
    ItemState::ALL.into_iter().find(|state| state.word() == word).ok_or_else(|| {
        let words = ItemState::ALL.map(ItemState::word).join(", ");
        Problem::new(StatusCode::BAD_REQUEST, format!("`{word}` is no state; use one of {words}")).at("state")
    })
}
