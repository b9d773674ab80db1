//! How fast a job goes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How fast a job goes: so many phones at once, and so long until the next so many. *Delay Time* of the
/// manual is a batch of one (AMB-56).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// How many phones are commanded at once.
    pub batch: BatchSize,
    /// How long it is from one batch to the next.
    pub pause: PauseSeconds,
}

/// How many phones are commanded at once: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct BatchSize(u16);

/// How long it is from one batch to the next: 0 to 3,600 s (AMB-56).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PauseSeconds(u16);

/// The pace is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaceError {
    /// The size of a batch.
    #[error("a batch has 1 to 100 phones, not {0}")]
    Batch(u16),
    /// The time between batches.
    #[error("the time between batches is 0 to 3600 seconds, not {0}")]
    Pause(u16),
}

impl Pace {
    /// Five phones, and two minutes until the next five (MUL-13).
    pub const RESTART: Self = Self { batch: BatchSize(5), pause: PauseSeconds(120) };
    /// One phone every two seconds (MUL-19).
    pub const ONE_BY_ONE: Self = Self { batch: BatchSize(1), pause: PauseSeconds(2) };
    /// Twenty phones every two seconds.
    pub const LIGHT: Self = Self { batch: BatchSize(20), pause: PauseSeconds(2) };

    /// When a job of so many items is over at the latest that begins its next batch at `from`, apart from the
    /// time that phones take to answer: 10,000 restarts take 67 hours (AMB-57).
    pub fn end(self, from: Timestamp, items: u64) -> Timestamp {
        let pauses = items.div_ceil(u64::from(self.batch.0)).saturating_sub(1);
        from.plus(Duration::from_secs(pauses.saturating_mul(u64::from(self.pause.0))))
    }
}

impl BatchSize {
    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl PauseSeconds {
    /// The number of seconds.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The time.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl TryFrom<u16> for BatchSize {
    type Error = PaceError;

    fn try_from(number: u16) -> Result<Self, PaceError> {
        if (1..=100).contains(&number) { Ok(Self(number)) } else { Err(PaceError::Batch(number)) }
    }
}

impl TryFrom<u16> for PauseSeconds {
    type Error = PaceError;

    fn try_from(number: u16) -> Result<Self, PaceError> {
        if number <= 3_600 { Ok(Self(number)) } else { Err(PaceError::Pause(number)) }
    }
}

impl From<BatchSize> for u16 {
    fn from(size: BatchSize) -> Self {
        size.0
    }
}

impl From<PauseSeconds> for u16 {
    fn from(seconds: PauseSeconds) -> Self {
        seconds.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AMB-57: 10,000 restarts are 2,000 batches, with 1,999 pauses of two minutes between.
    #[test]
    fn the_end_is_known_before_the_beginning() {
        let start = Timestamp::from_millis(0);
        assert_eq!(Pace::RESTART.end(start, 10_000).since(start).as_secs(), 1_999 * 120);
        assert_eq!(Pace::RESTART.end(start, 5), start);
        assert_eq!(Pace::RESTART.end(start, 0), start);
        assert_eq!(Pace::ONE_BY_ONE.end(start, 3).since(start).as_secs(), 4);
    }

    /// AMB-56: 0 to 3,600 seconds.
    #[test]
    fn paces_have_bounds() {
        assert_eq!(BatchSize::try_from(0), Err(PaceError::Batch(0)));
        assert_eq!(BatchSize::try_from(101), Err(PaceError::Batch(101)));
        assert_eq!(PauseSeconds::try_from(3_601), Err(PaceError::Pause(3_601)));
        assert!(PauseSeconds::try_from(0).is_ok() && BatchSize::try_from(100).is_ok());
    }
}
