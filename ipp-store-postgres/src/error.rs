//! What PostgreSQL says, as what callers act on.

use std::{fmt::Display, sync::Arc};

use ipp_core::store::{StoreError, StoreErrorKind};
use tokio_postgres::error::SqlState;

/// What went wrong inside the store.
#[derive(Debug)]
pub(crate) enum Fault {
    /// PostgreSQL refused a statement, or is not there.
    Sql(tokio_postgres::Error),
    /// The store itself found it.
    Told(StoreError),
    /// Another node changed a row between its being read and its being written. Nothing of the
    /// transaction may stay; doing it again sees the row as it is.
    Raced,
}

/// What an inner function answers.
pub(crate) type Outcome<T> = Result<T, Fault>;

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sql(error) => {
                let (kind, message) = classify(&error);
                Self::new(kind, message).because(error)
            }
            Fault::Told(error) => error,
            Fault::Raced => Self::new(StoreErrorKind::Busy, "another node is writing the same rows"),
        }
    }
}

impl Fault {
    /// The error for each of `count` batches that fail together.
    pub(crate) fn shared(self, count: usize) -> Vec<StoreError> {
        let (kind, message) = match &self {
            Self::Sql(error) => {
                let (kind, message) = classify(error);
                (kind, message.to_owned())
            }
            Self::Told(error) => (error.kind(), error.to_string()),
            Self::Raced => (StoreErrorKind::Busy, "another node is writing the same rows".to_owned()),
        };
        let cause = Arc::new(self);
        (0..count)
            .map(|_| StoreError::new(kind, message.as_str()).because(Shared(Arc::clone(&cause))))
            .collect()
    }

    /// Whether the whole transaction, and not just the batch, is in trouble: the connection is lost,
    /// the database refuses to work, or another node was quicker.
    pub(crate) fn concerns_all(&self) -> bool {
        match self {
            Self::Sql(error) => {
                matches!(classify(error).0, StoreErrorKind::Unavailable | StoreErrorKind::Busy)
            }
            Self::Told(_) => false,
            Self::Raced => true,
        }
    }

    /// Whether doing all of it again may succeed at once: nothing was written.
    pub(crate) fn is_race(&self) -> bool {
        let codes = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        matches!(self, Self::Raced) || self.code().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the connection is of no use any more: it is lost, or leads to a database that may not be
    /// written, such as one that is no longer the primary.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Sql(error) => match error.code() {
                Some(code) => is_gone(code),
                None => classify(error).0 == StoreErrorKind::Unavailable,
            },
            Self::Told(error) => error.kind() == StoreErrorKind::Unavailable,
            Self::Raced => false,
        }
    }

    /// A broken unique constraint, by its name.
    pub(crate) fn taken(self, constraint: &str, what: &str, value: &impl Display) -> Self {
        self.rename(&SqlState::UNIQUE_VIOLATION, Some(constraint), StoreErrorKind::Taken, || {
            format!("the {what} `{value}` is taken")
        })
    }

    /// A reference to what does not exist, by the name of its constraint.
    pub(crate) fn missing(self, constraint: &str, what: &str) -> Self {
        self.rename(&SqlState::FOREIGN_KEY_VIOLATION, Some(constraint), StoreErrorKind::Referenced, || {
            format!("the {what} does not exist")
        })
    }

    /// A deletion was refused, so the row is in use.
    pub(crate) fn in_use(self, what: &str) -> Self {
        let told = || format!("the {what} is still in use");
        self.rename(&SqlState::FOREIGN_KEY_VIOLATION, None, StoreErrorKind::Referenced, told)
    }

    /// Whether a row breaks a constraint: where rows share a statement it may not be the first that does.
    pub(crate) fn is_constraint(&self) -> bool {
        match self {
            Self::Sql(_) => self.code().is_some_and(|code| code.code().starts_with("23")),
            Self::Told(error) => {
                matches!(error.kind(), StoreErrorKind::Taken | StoreErrorKind::Referenced)
            }
            Self::Raced => false,
        }
    }

    fn rename(
        self,
        wanted: &SqlState,
        constraint: Option<&str>,
        kind: StoreErrorKind,
        told: impl Fn() -> String,
    ) -> Self {
        let Self::Sql(error) = self else { return self };
        let fits = error.as_db_error().is_some_and(|db| {
            let named = constraint.is_none_or(|name| db.constraint() == Some(name));
            db.code() == wanted && named
        });
        if !fits {
            return Self::Sql(error);
        }
        Self::Told(StoreError::new(kind, told()).because(error))
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Sql(error) => error.code(),
            Self::Told(_) | Self::Raced => None,
        }
    }
}

/// A cause that several errors have in common.
#[derive(Debug)]
struct Shared(Arc<Fault>);

impl Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            Fault::Sql(error) => told(error).fmt(f),
            Fault::Told(error) => error.fmt(f),
            Fault::Raced => f.write_str("rows changed between being read and being written"),
        }
    }
}

impl std::error::Error for Shared {}

/// What the driver says in full: its own text leaves the cause out.
pub(crate) fn told(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// Stored data that contradicts itself.
pub(crate) fn corrupt(table: &str, column: &str, row: impl Display, why: impl Display) -> Fault {
    let message = format!("the database contradicts itself: {table}.{column} of row {row}: {why}");
    Fault::Told(StoreError::new(StoreErrorKind::Corrupt, message))
}

/// The kind of an error of PostgreSQL, and what to say of it.
fn classify(error: &tokio_postgres::Error) -> (StoreErrorKind, &'static str) {
    let Some(code) = error.code() else {
        // Without a code it is not the database that speaks: what it sent could not be read, or nothing
        // came.
        let misfit = std::error::Error::source(error).is_some_and(|cause| {
            cause.is::<tokio_postgres::types::WasNull>() || cause.is::<tokio_postgres::types::WrongType>()
        });
        return if misfit {
            (StoreErrorKind::Corrupt, "the database does not hold what this version expects")
        } else {
            (StoreErrorKind::Unavailable, "the database cannot be reached")
        };
    };
    if is_gone(code) {
        return (StoreErrorKind::Unavailable, "the database cannot be read or written");
    }
    match (code, code.code().get(..2).unwrap_or_default()) {
        (code, _) if *code == SqlState::UNIQUE_VIOLATION => {
            (StoreErrorKind::Taken, "a name or an address is taken")
        }
        (code, _) if *code == SqlState::FOREIGN_KEY_VIOLATION => {
            (StoreErrorKind::Referenced, "something refers to the row, or what it refers to does not exist")
        }
        (code, _) if *code == SqlState::QUERY_CANCELED => {
            (StoreErrorKind::Busy, "the database took longer than a statement may take")
        }
        (code, _) if *code == SqlState::LOCK_NOT_AVAILABLE => {
            (StoreErrorKind::Busy, "the database is locked")
        }
        (_, "40") => (StoreErrorKind::Busy, "another node is writing the same rows"),
        (code, _) if *code == SqlState::DISK_FULL => {
            (StoreErrorKind::Unavailable, "the disk of the database is full")
        }
        (code, _) if *code == SqlState::TOO_MANY_CONNECTIONS => {
            (StoreErrorKind::Unavailable, "the database takes no more connections")
        }
        (_, "53" | "58") => (StoreErrorKind::Unavailable, "the database cannot be read or written"),
        (_, "25") => (StoreErrorKind::Unavailable, "the database gave the transaction up"),
        (_, "28" | "3D") => (StoreErrorKind::Unavailable, "the database does not let this user in"),
        (_, "22" | "23" | "54") => (StoreErrorKind::Invalid, "the database does not allow that value"),
        _ => (StoreErrorKind::Corrupt, "the database is damaged, or does not hold what this version expects"),
    }
}

/// Whether a connection that says so is of no use any more.
fn is_gone(code: &SqlState) -> bool {
    // A standby, or a former primary, takes no writes.
    *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || code.code().starts_with("08")
        || (code.code().starts_with("57P") && *code != SqlState::DATABASE_DROPPED)
}
