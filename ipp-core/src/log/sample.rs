//! How many phones were in which state, once an hour, so that people see how it went.

use std::{fmt, ops::AddAssign};

use serde::{Deserialize, Serialize};

use crate::{device::Admission, status::StatusClass, store::CountKey, time::Timestamp};

/// An hour, counted from 1970 in UTC: no time zone moves it and no hour is there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hour(i64);

/// An hour in milliseconds.
const MILLIS: i64 = 3_600_000;

impl Hour {
    /// The hour with that number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The hour that a moment is in.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(MILLIS))
    }

    /// When it begins.
    pub const fn begins(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(MILLIS))
    }

    /// The hour so many hours earlier.
    #[must_use]
    pub const fn minus(self, hours: i64) -> Self {
        Self(self.0.saturating_sub(hours))
    }
}

impl fmt::Display for Hour {
    /// Its beginning, RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.begins().fmt(f)
    }
}

/// How many phones were in which state (DASH-15 to DASH-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Connected and registered.
    pub registered: u64,
    /// Connected and not registered, or never seen.
    pub non_registered: u64,
    /// Silent for too long.
    pub disconnected: u64,
    /// Waiting for approval, among the three above.
    pub pending: u64,
}

impl Figures {
    /// Adds the phones of one counter.
    pub fn add(&mut self, key: &CountKey, phones: u64) {
        match key.class {
            StatusClass::Registered => self.registered += phones,
            StatusClass::NonRegistered => self.non_registered += phones,
            StatusClass::Disconnected => self.disconnected += phones,
        }
        if key.admission == Admission::Pending {
            self.pending += phones;
        }
    }

    /// All phones: the three states are disjoint (AMB-49).
    pub const fn devices(&self) -> u64 {
        self.registered + self.non_registered + self.disconnected
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        let Self { registered, non_registered, disconnected, pending } = other;
        self.registered += registered;
        self.non_registered += non_registered;
        self.disconnected += disconnected;
        self.pending += pending;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_one_whatever_the_year() {
        assert_eq!(Hour::of(Timestamp::from_millis(0)), Hour::of(Timestamp::from_millis(MILLIS - 1)));
        assert_eq!(Hour::of(Timestamp::from_millis(-1)), Hour::from_number(-1));
        let hour = Hour::of("2026-03-29T02:30:00+02:00".parse().unwrap());
        assert_eq!(hour.to_string(), "2026-03-29T00:00:00.000Z");
        assert_eq!(hour.minus(1).begins().to_string(), "2026-03-28T23:00:00.000Z");
    }
}
