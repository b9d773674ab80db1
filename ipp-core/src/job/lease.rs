//! For how long a node holds a job.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// For how long a node holds a job, which is how long the job waits for another node once it has died: 10 to
/// 3,600 s, 60 where nothing is said. A batch that takes longer loses its lease, and what it sent then is
/// *unknown*; phones have 5 s to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct LeaseSeconds(u16);

/// The time is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a node holds a job for 10 to 3600 seconds, not {0}")]
pub struct LeaseError(u16);

impl LeaseSeconds {
    /// The time.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Default for LeaseSeconds {
    fn default() -> Self {
        Self(60)
    }
}

impl TryFrom<u16> for LeaseSeconds {
    type Error = LeaseError;

    fn try_from(seconds: u16) -> Result<Self, LeaseError> {
        if (10..=3_600).contains(&seconds) { Ok(Self(seconds)) } else { Err(LeaseError(seconds)) }
    }
}

impl From<LeaseSeconds> for u16 {
    fn from(seconds: LeaseSeconds) -> Self {
        seconds.0
    }
}
