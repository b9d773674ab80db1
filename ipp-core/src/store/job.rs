//! What is written of jobs, and how they are asked for.

use std::time::Duration;

use crate::{
    id::{DeviceId, JobId, NodeId},
    job::{ItemState, Job, JobState, Steer},
    log::LogText,
    mac::Mac,
    outbound::SessionId,
    time::Timestamp,
};

/// A change of a job or of its items. All are conditional: skipped where there is no such job.
#[derive(Debug, Clone)]
pub enum JobChange {
    /// Begins a job with these phones, in this order; all of them are queued. Skipped where there is a job
    /// of that id.
    Begin(Box<Job>, Vec<(DeviceId, Mac)>),
    /// A node takes the lease, and settles what the holder before left in the middle. Skipped where another
    /// holds it, or nothing is due.
    Take {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
        /// When.
        at: Timestamp,
        /// For how long.
        lease: Duration,
    },
    /// A command is about to leave. Skipped where the lease is of another epoch, the job does not go on, the
    /// item is not queued, or another job is sending to the same phone (C25).
    Sending {
        /// The job.
        job: JobId,
        /// The epoch of the lease.
        epoch: u64,
        /// The item.
        item: u32,
        /// The id of the attempt.
        session: SessionId,
        /// When.
        at: Timestamp,
    },
    /// An item got somewhere. Skipped where the lease is of another epoch, or the item is neither queued nor
    /// sending.
    Settle {
        /// The job.
        job: JobId,
        /// The epoch of the lease.
        epoch: u64,
        /// The item.
        item: u32,
        /// Where it got.
        state: ItemState,
        /// What the phone said, or why not.
        text: LogText,
        /// When.
        at: Timestamp,
    },
    /// The next batch is due at that time, and the lease is kept so long. Skipped where it is of another
    /// epoch.
    GoOn {
        /// The job.
        job: JobId,
        /// The epoch of the lease.
        epoch: u64,
        /// When the next batch is due.
        next_at: Timestamp,
        /// Until when nobody else may take the lease.
        until: Timestamp,
    },
    /// The phone of an item has done what it was told, whoever works on the job. Skipped where the item does
    /// not [await evidence](ItemState::awaits_evidence).
    Confirm {
        /// The job.
        job: JobId,
        /// The item.
        item: u32,
        /// How that is known.
        text: LogText,
        /// When.
        at: Timestamp,
    },
    /// An item that waits for its phone's report gets somewhere, whoever works on the job. Skipped where the
    /// item does not wait, or the job does not go on.
    Hand {
        /// The job.
        job: JobId,
        /// The item.
        item: u32,
        /// The id of the attempt, where the command leaves.
        session: Option<SessionId>,
        /// Where it got.
        state: ItemState,
        /// What there is to tell.
        text: LogText,
        /// When.
        at: Timestamp,
    },
    /// Somebody steers the job. Skipped where that is out of place.
    Steer {
        /// The job.
        job: JobId,
        /// What is wanted.
        steer: Steer,
        /// When.
        at: Timestamp,
    },
}

impl JobChange {
    /// The job that it is about.
    pub const fn job(&self) -> JobId {
        match self {
            Self::Begin(job, _) => job.id,
            Self::Take { job, .. }
            | Self::Sending { job, .. }
            | Self::Settle { job, .. }
            | Self::GoOn { job, .. }
            | Self::Confirm { job, .. }
            | Self::Hand { job, .. }
            | Self::Steer { job, .. } => *job,
        }
    }
}

/// Which jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct JobFilter {
    /// Only those in one of these states; none means any.
    pub states: Vec<JobState>,
    /// Only those of this author.
    pub author: Option<String>,
}

impl JobFilter {
    /// Whether a job passes.
    pub fn passes(&self, job: &Job) -> bool {
        (self.states.is_empty() || self.states.contains(&job.state))
            && self.author.as_ref().is_none_or(|author| job.author.name == *author)
    }
}

/// Which items of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobItems {
    /// The job.
    pub job: JobId,
    /// Only those in this state.
    pub state: Option<ItemState>,
}
