//! Sessions of people in the console and the API.

use std::time::Duration;

use crate::{digest::Fingerprint, id::OperatorId, time::Timestamp};

/// After how long a session ends however much it is used.
pub const SESSION_ABSOLUTE: Duration = Duration::from_hours(12);

/// A session. The browser has a random id; only its fingerprint is stored (A18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The fingerprint of its id.
    pub print: Fingerprint,
    /// Whose it is.
    pub subject: Subject,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to about a minute.
    pub last_seen: Timestamp,
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An account of this installation.
    Operator(OperatorId),
    /// An operator of the host application, by the host's own name for it.
    Host(String),
}

/// When sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// After how long without use.
    pub idle: Duration,
    /// After how long in any case.
    pub absolute: Duration,
}

impl SessionLimits {
    /// Whether the session is over at `now`. A clock that was set back ends no session.
    pub fn is_over(self, session: &Session, now: Timestamp) -> bool {
        now.since(session.last_seen) >= self.idle || now.since(session.created_at) >= self.absolute
    }

    /// The times before which a session must not have been used last, and not have begun.
    pub fn bounds(self, now: Timestamp) -> (Timestamp, Timestamp) {
        (now.minus(self.idle), now.minus(self.absolute))
    }
}

impl Session {
    /// Whether its last use should be written down again: not at every request.
    pub fn is_to_be_touched(&self, now: Timestamp) -> bool {
        now.since(self.last_seen) >= Duration::from_mins(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{FingerprintKey, FingerprintOf};

    /// A18: 30 minutes without use, or 12 hours in any case, and it is over.
    #[test]
    fn a_session_ends_by_idleness_and_by_age() {
        let limits = SessionLimits { idle: Duration::from_mins(30), absolute: SESSION_ABSOLUTE };
        let start = Timestamp::from_millis(1_000_000_000);
        let print = FingerprintKey::new([1; 32]).of(FingerprintOf::Session, b"id");
        let mut session =
            Session { print, subject: Subject::Host("x".into()), created_at: start, last_seen: start };
        let at = |seconds| start.plus(Duration::from_secs(seconds));
        assert!(!limits.is_over(&session, at(1_799)));
        assert!(limits.is_over(&session, at(1_800)));
        session.last_seen = at(43_100);
        assert!(!limits.is_over(&session, at(43_199)));
        assert!(limits.is_over(&session, at(43_200)));
        assert!(!limits.is_over(&session, start.minus(Duration::from_secs(99_999))), "a clock set back");
        assert!(!session.is_to_be_touched(at(43_159)) && session.is_to_be_touched(at(43_160)));
    }
}
