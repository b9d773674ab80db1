//! Runs: what was published in one go, and for how many phones.

use serde::{Deserialize, Serialize};

use crate::{id::RunId, time::Timestamp};

/// A run that published files for many devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id, which stands in what it published.
    pub id: RunId,
    /// Who began it.
    pub actor: String,
    /// When its first batch was made.
    pub began_at: Timestamp,
    /// When its last batch was made.
    pub last_at: Timestamp,
    /// How many files it published.
    pub published: u64,
    /// How many files could not be made.
    pub failed: u64,
}

/// What a batch of a run says of it. The files that the batch itself publishes under the run's id are
/// counted as they are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNote {
    /// The run.
    pub id: RunId,
    /// Who began it.
    pub actor: String,
    /// When the batch was made.
    pub at: Timestamp,
    /// How many further files could not be made.
    pub failed: u64,
}

/// Which runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct RunFilter {
    /// Only this one.
    pub id: Option<RunId>,
    /// Only those that this actor began.
    pub actor: Option<String>,
}

/// How many runs are kept: the latest by their ids.
pub const KEPT_RUNS: usize = 1_000;

impl RunFilter {
    /// Whether a run passes.
    pub fn passes(&self, run: &Run) -> bool {
        self.id.is_none_or(|id| run.id == id) && self.actor.as_ref().is_none_or(|actor| run.actor == *actor)
    }
}

impl Run {
    /// A run after a note about it, and so many files that were published with that.
    #[must_use]
    pub fn after(before: Option<&Self>, note: &RunNote) -> Self {
        let RunNote { id, actor, at, failed } = note;
        match before {
            Some(run) => Self {
                last_at: run.last_at.max(*at),
                failed: run.failed.saturating_add(*failed),
                ..run.clone()
            },
            None => Self {
                id: *id,
                actor: actor.clone(),
                began_at: *at,
                last_at: *at,
                published: 0,
                failed: *failed,
            },
        }
    }
}
