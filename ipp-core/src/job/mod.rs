//! Bulk jobs: one command for many phones, over minutes or days.
//!
//! A job and its items are rows. Each item is committed as *sending* before the packet leaves, so that
//! after a crash nobody sends again what may have arrived and does more when it arrives twice (C21). The
//! node that works on a job holds its lease; each lease has an *epoch*, and every step of an item names it,
//! so that a node that wakes up late changes nothing any more (C22). When the next batch is due stands in
//! the row, so that neither a restart nor a failover bursts or doubles (C23).
//!
//! What stands here is pure: [`Job`] and what may become of it. The stores apply it to their rows, and
//! `app::jobs` does the work.

mod action;
mod author;
mod counts;
mod item;
mod lease;
mod pace;
mod state;

pub use action::JobAction;
pub use author::{Author, Authority};
pub use counts::JobCounts;
pub use item::{ItemState, JobItem};
pub use lease::{LeaseError, LeaseSeconds};
pub use pace::{BatchSize, Pace, PaceError, PauseSeconds};
pub use state::{Job, JobState, Lease, Move, Steer};

/// The most items of a job.
pub const MAX_ITEMS: usize = 100_000;
