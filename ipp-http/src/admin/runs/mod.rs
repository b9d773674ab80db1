//! Runs: what was published in one go.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod revert;

use ipp_core::store::Run;
use serde::Serialize;
use utoipa::ToSchema;

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunDocument {
    /// Its id.
    id: String,
    /// Who began it: an administrator, or `server` for a region that publishes on save.
    actor: String,
    /// When it began.
    began_at: String,
    /// When its last batch was made.
    last_at: String,
    /// How many files it published.
    published: u64,
    /// How many files could not be made.
    failed: u64,
}

impl RunDocument {
    fn of(run: Run) -> Self {
        let Run { id, actor, began_at, last_at, published, failed } = run;
        Self {
            id: id.to_string(),
            actor,
            began_at: began_at.to_string(),
            last_at: last_at.to_string(),
            published,
            failed,
        }
    }
}
