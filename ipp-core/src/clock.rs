//! The port that tells the time.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::time::{Now, Timestamp};

/// Tells the time. The real one lives at the edge.
pub trait Clock: fmt::Debug + Send + Sync {
    /// What time it is.
    fn now(&self) -> Now;
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<Now>);

impl ManualClock {
    /// A clock that shows `wall`.
    pub const fn at(wall: Timestamp) -> Self {
        Self(Mutex::new(Now { wall, mono: Duration::ZERO }))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Now { wall: now.wall.plus(by), mono: now.mono + by };
    }

    /// Sets the wall clock, as an administrator or NTP does; no time passes.
    pub fn set(&self, wall: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wall = wall;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
