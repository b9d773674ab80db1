//! The last runs: all for whoever may read the logs, else one's own.

use ipp_core::{id::RunId, store::Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::RunDocument;
use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing},
        page::limit,
    },
    problem::Problem,
};

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Runs {
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<RunId>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunPage {
    /// The latest first.
    items: Vec<RunDocument>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Runs;
    type Body = NoBody;
    type Answer = Json<RunPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let limit = limit(call.query.limit)?;
        let runs = call.admin()?.runs(Page { after: call.query.after, limit }).await?;
        let full = runs.len() == limit as usize;
        let next = runs.last().filter(|_| full).map(|run| run.id.to_string());
        Ok(Json(RunPage { items: runs.into_iter().map(RunDocument::of).collect(), next }))
    }
}
