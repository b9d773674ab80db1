//! A job, and what may become of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Author, ItemState, JobAction, JobCounts, Pace};
use crate::{
    id::{JobId, NodeId},
    time::Timestamp,
};

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub action: JobAction,
    /// Who began it.
    pub author: Author,
    /// How fast it goes.
    pub pace: Pace,
    /// When it was made.
    pub created_at: Timestamp,
    /// How far it is.
    pub state: JobState,
    /// When its next batch may go, at the earliest.
    pub next_at: Timestamp,
    /// When its last item got somewhere, or when it was cancelled.
    pub ended_at: Option<Timestamp>,
    /// How many items are in which state.
    pub counts: JobCounts,
    /// Who works on it.
    pub lease: Lease,
}

/// How far a job is. The numbers are those of the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum JobState {
    /// It goes on when its next batch is due.
    Active = 0,
    /// It waits until somebody lets it go on.
    Paused = 1,
    /// No item is left.
    Finished = 2,
    /// Somebody ended it; what was sending may still get somewhere.
    Cancelled = 3,
}

/// Who works on a job. At most one node has the present epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lease {
    /// How often it was taken.
    pub epoch: u64,
    /// Who took it last.
    pub holder: Option<NodeId>,
    /// Until when nobody else may take it; `None` where it was never taken.
    pub until: Option<Timestamp>,
}

/// What somebody wants of a job (MUL-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steer {
    /// Begin no further batch until told.
    Pause,
    /// Go on.
    Resume,
    /// Begin no further batch at all.
    Cancel,
    /// Try those again that failed, and where that does no harm those of which nothing is known.
    Retry,
}

/// All items in one state get into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The state that they are in.
    pub from: ItemState,
    /// The state that they get into.
    pub to: ItemState,
}

impl JobState {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Active, Self::Paused, Self::Finished, Self::Cancelled];

    /// The state of that number.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What it is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more is begun, whatever is done but to try again.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Active | Self::Paused => false,
            Self::Finished | Self::Cancelled => true,
        }
    }
}

impl Job {
    /// A job that begins.
    pub fn new(
        id: JobId,
        action: JobAction,
        author: Author,
        pace: Pace,
        (created_at, starts_at): (Timestamp, Timestamp),
        items: u64,
    ) -> Self {
        let (state, counts, lease) = (JobState::Active, JobCounts::beginning(items), Lease::default());
        let mut job = Self {
            id,
            action,
            author,
            pace,
            created_at,
            state,
            next_at: starts_at,
            ended_at: None,
            counts,
            lease,
        };
        job.settle(created_at);
        job
    }

    /// Whether there is something to do at that time.
    pub fn is_due(&self, at: Timestamp) -> bool {
        self.state == JobState::Active && self.next_at <= at || self.is_left(at)
    }

    /// Whether its holder has gone in the middle of a batch: what was sending has to be settled, even where
    /// the job is paused or cancelled meanwhile.
    pub fn is_left(&self, at: Timestamp) -> bool {
        self.counts.sending > 0 && self.is_free(at)
    }

    /// Whether the lease may be taken.
    pub fn is_free(&self, at: Timestamp) -> bool {
        self.lease.until.is_none_or(|until| until <= at)
    }

    /// When it will be over at the latest, if nobody interferes; `None` where it does not go on.
    pub fn expected_end(&self, now: Timestamp) -> Option<Timestamp> {
        let goes_on = self.state == JobState::Active;
        goes_on.then(|| self.pace.end(self.next_at.max(now), self.counts.queued))
    }

    /// A node takes the lease; what becomes of the items that the holder before left in the middle. `None`
    /// where there is nothing to do, or another holds it.
    #[must_use]
    pub fn take(&mut self, node: NodeId, at: Timestamp, lease: Duration) -> Option<Move> {
        if !self.is_free(at) || !self.is_due(at) {
            return None;
        }
        let epoch = self.lease.epoch.saturating_add(1);
        self.lease = Lease { epoch, holder: Some(node), until: Some(at.plus(lease)) };
        let to = if !self.action.is_idempotent() {
            ItemState::Unknown
        } else if self.state == JobState::Cancelled {
            ItemState::Cancelled
        } else {
            ItemState::Queued
        };
        let lost = Move { from: ItemState::Sending, to };
        self.shift(lost.from, lost.to, self.counts.sending, at);
        Some(lost)
    }

    /// Whether a step of that epoch counts.
    pub const fn is_held(&self, epoch: u64) -> bool {
        self.lease.epoch == epoch && self.lease.holder.is_some()
    }

    /// Whether a step of that epoch may begin an item.
    pub fn may_send(&self, epoch: u64) -> bool {
        self.state == JobState::Active && self.is_held(epoch)
    }

    /// Its holder goes on with the next batch at `next_at`, and keeps the lease until `until`; where it does
    /// not want the lease any more, until now.
    pub fn go_on(&mut self, next_at: Timestamp, until: Timestamp) {
        self.next_at = next_at;
        self.lease.until = Some(until);
    }

    /// Some items got from one state into another. What has no open item is over.
    pub fn shift(&mut self, from: ItemState, to: ItemState, items: u64, at: Timestamp) {
        self.counts.shift(from, to, items);
        self.settle(at);
    }

    /// Somebody steers; what becomes of items. `None` where that is out of place: a job that is over does not
    /// go on, and what has not failed is not tried again.
    #[must_use]
    pub fn steer(&mut self, steer: Steer, at: Timestamp) -> Option<Vec<Move>> {
        let moves: Vec<Move> = match (steer, self.state) {
            (Steer::Pause, JobState::Active) => {
                self.state = JobState::Paused;
                Vec::new()
            }
            (Steer::Resume, JobState::Paused) => {
                // Batches that were missed are not caught up in a burst (C23).
                (self.state, self.next_at) = (JobState::Active, self.next_at.max(at));
                Vec::new()
            }
            (Steer::Cancel, JobState::Active | JobState::Paused) => {
                (self.state, self.ended_at) = (JobState::Cancelled, Some(at));
                [ItemState::Queued, ItemState::Waiting]
                    .map(|from| Move { from, to: ItemState::Cancelled })
                    .to_vec()
            }
            (
                Steer::Retry,
                JobState::Active | JobState::Paused | JobState::Finished | JobState::Cancelled,
            ) => {
                let unknown = self.action.is_idempotent().then_some(ItemState::Unknown);
                let again = [Some(ItemState::Failed), unknown].into_iter().flatten();
                let again: Vec<ItemState> = again.filter(|state| self.counts.of(*state) > 0).collect();
                if again.is_empty() {
                    return None;
                }
                if self.state.is_over() {
                    (self.state, self.ended_at, self.next_at) =
                        (JobState::Active, None, self.next_at.max(at));
                }
                again.into_iter().map(|from| Move { from, to: ItemState::Queued }).collect()
            }
            (Steer::Pause, JobState::Paused | JobState::Finished | JobState::Cancelled)
            | (Steer::Resume, JobState::Active | JobState::Finished | JobState::Cancelled)
            | (Steer::Cancel, JobState::Finished | JobState::Cancelled) => return None,
        };
        for Move { from, to } in &moves {
            self.counts.shift(*from, *to, self.counts.of(*from));
        }
        self.settle(at);
        Some(moves)
    }

    /// The job as it comes back from a backup: it waits until somebody lets it go on, because some of its
    /// phones may have been commanded after the backup was made.
    #[must_use]
    pub fn restored(mut self) -> Self {
        if self.state == JobState::Active {
            self.state = JobState::Paused;
        }
        self
    }

    fn settle(&mut self, at: Timestamp) {
        if !self.state.is_over() && self.counts.open() == 0 {
            (self.state, self.ended_at) = (JobState::Finished, Some(at));
        }
    }
}
