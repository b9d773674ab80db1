//! The clock of the machine.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ipp_core::{
    clock::Clock,
    time::{Now, Timestamp},
};

/// The time of the operating system: wall clock in milliseconds, and monotonic time since this
/// value was made. Every part of one process must share one of these, or monotonic times cannot be
/// compared.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    pub fn new() -> Self {
        Self { started: instant() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: timestamp(wall()), mono: instant().duration_since(self.started) }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the implementation of the Clock port")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the implementation of the Clock port")]
fn wall() -> SystemTime {
    SystemTime::now()
}

/// A machine without a battery may start before 1970; that is an odd time, not an error.
fn timestamp(wall: SystemTime) -> Timestamp {
    let millis = |by: Duration| i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(match wall.duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => millis(before.duration()).saturating_neg(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_is_in_milliseconds_on_both_sides_of_the_epoch() {
        let by = Duration::from_micros(1_500_900);
        assert_eq!(timestamp(UNIX_EPOCH + by), Timestamp::from_millis(1_500));
        assert_eq!(timestamp(UNIX_EPOCH - by), Timestamp::from_millis(-1_500));
        assert_eq!(timestamp(UNIX_EPOCH), Timestamp::default());
    }

    #[test]
    fn monotonic_time_never_goes_back() {
        let clock = SystemClock::default();
        let (one, two) = (clock.now(), clock.now());
        assert!(two.mono >= one.mono);
        assert!(one.wall > Timestamp::default());
    }
}
