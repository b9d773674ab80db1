//! What can go wrong in a store, classified, because callers act on it.

use std::{error::Error, fmt, time::Duration};

/// An error of a store. Match on [`StoreError::kind`].
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of error, and what a caller does about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// An expectation did not hold: somebody else changed the row. Read again and decide again.
    Stale,
    /// A name, MAC address or token is taken. Tell the person which.
    Taken,
    /// Something still refers to the row, or it refers to something that is not there.
    Referenced,
    /// The installation could not be administered any more without the row.
    Protected,
    /// Too much is queued, or the database is locked. Try again after [`StoreError::retry_after`].
    Busy,
    /// The database cannot be reached or written: disk full, connection lost. Try again later.
    Unavailable,
    /// Stored data contradicts itself; the message names table, column and row.
    Corrupt,
    /// The batch itself is not allowed: too large.
    Invalid,
}

impl StoreError {
    /// An error of the given kind; the message says what failed, with its subject.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of error this is.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether deciding again on fresh data may succeed.
    pub const fn is_stale(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Stale)
    }

    /// How long to wait before trying again, where that makes sense.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            StoreErrorKind::Busy => Some(Duration::from_secs(1)),
            StoreErrorKind::Unavailable => Some(Duration::from_secs(5)),
            StoreErrorKind::Stale
            | StoreErrorKind::Taken
            | StoreErrorKind::Referenced
            | StoreErrorKind::Protected
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Invalid => None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
