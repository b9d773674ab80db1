//! What SQLite says, as what callers act on.

use std::{fmt::Display, sync::Arc};

use ipp_core::store::{StoreError, StoreErrorKind};
use rusqlite::{Connection, ErrorCode, Params, ffi};

/// What went wrong inside the store.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite refused a statement.
    Sql(rusqlite::Error),
    /// The store itself found it.
    Told(StoreError),
}

/// What an inner function answers.
pub(crate) type Outcome<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
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
        }
    }
}

impl Fault {
    /// The error for each of `count` batches that fail together.
    pub(crate) fn shared(self, count: usize) -> Vec<StoreError> {
        let (kind, message, cause) = match self {
            Self::Sql(error) => {
                let (kind, message) = classify(&error);
                (kind, message.to_owned(), Arc::new(Self::Sql(error)))
            }
            Self::Told(error) => (error.kind(), error.to_string(), Arc::new(Self::Told(error))),
        };
        (0..count)
            .map(|_| StoreError::new(kind, message.as_str()).because(Shared(Arc::clone(&cause))))
            .collect()
    }

    /// Whether the whole database, and not just the statement, is in trouble, so that nothing else
    /// of the same transaction can be trusted to succeed.
    pub(crate) fn concerns_all(&self) -> bool {
        match self {
            Self::Sql(error) => {
                matches!(classify(error).0, StoreErrorKind::Unavailable | StoreErrorKind::Busy)
            }
            Self::Told(_) => false,
        }
    }

    fn is_constraint(&self, codes: &[i32]) -> bool {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(error, _)) => codes.contains(&error.extended_code),
            Self::Sql(_) | Self::Told(_) => false,
        }
    }
}

/// A cause that several errors have in common.
#[derive(Debug)]
struct Shared(Arc<Fault>);

impl Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            Fault::Sql(error) => error.fmt(f),
            Fault::Told(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Shared {}

/// Stored data that contradicts itself.
pub(crate) fn corrupt(table: &str, column: &str, row: impl Display, why: impl Display) -> Fault {
    let message = format!("the database contradicts itself: {table}.{column} of row {row}: {why}");
    Fault::Told(StoreError::new(StoreErrorKind::Corrupt, message))
}

/// The kind of an error of SQLite, and what to say of it.
fn classify(error: &rusqlite::Error) -> (StoreErrorKind, &'static str) {
    let Some(code) = error.sqlite_error_code() else {
        return (StoreErrorKind::Corrupt, "the database does not hold what this version expects");
    };
    let any = |codes: &[ErrorCode]| codes.contains(&code);
    if any(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked, ErrorCode::FileLockingProtocolFailed]) {
        (StoreErrorKind::Busy, "the database is locked by another process")
    } else if any(&[ErrorCode::DiskFull]) {
        (StoreErrorKind::Unavailable, "the disk, or the size allowed to the database, is full")
    } else if any(&[
        ErrorCode::SystemIoFailure,
        ErrorCode::CannotOpen,
        ErrorCode::ReadOnly,
        ErrorCode::PermissionDenied,
        ErrorCode::OutOfMemory,
        ErrorCode::OperationInterrupted,
        ErrorCode::OperationAborted,
    ]) {
        (StoreErrorKind::Unavailable, "the database cannot be read or written")
    } else if any(&[ErrorCode::ConstraintViolation]) {
        match error.sqlite_error().map(|error| error.extended_code) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                (StoreErrorKind::Taken, "a name or an address is taken")
            }
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => (
                StoreErrorKind::Referenced,
                "something refers to the row, or what it refers to does not exist",
            ),
            Some(_) | None => (StoreErrorKind::Invalid, "the database does not allow that value"),
        }
    } else if any(&[ErrorCode::TooBig]) {
        (StoreErrorKind::Invalid, "a value is too large for the database")
    } else {
        (StoreErrorKind::Corrupt, "the database is damaged, or does not hold what this version expects")
    }
}

/// Finds out what a broken constraint is about. The database has judged already; these questions
/// only give the judgement its name, and are asked in the order in which they are written.
#[must_use]
pub(crate) struct Blame<'c> {
    conn: &'c Connection,
    fault: Fault,
}

impl<'c> Blame<'c> {
    pub(crate) fn of(conn: &'c Connection, fault: impl Into<Fault>) -> Self {
        Self { conn, fault: fault.into() }
    }

    /// The value is taken where the question has an answer.
    pub(crate) fn taken(self, what: &str, value: &impl Display, question: &str, params: impl Params) -> Self {
        if !self.fault.is_constraint(&[ffi::SQLITE_CONSTRAINT_UNIQUE]) || !self.asks(question, params, true) {
            return self;
        }
        self.tell(StoreErrorKind::Taken, format!("the {what} `{value}` is taken"))
    }

    /// What is referred to does not exist where the question has no answer.
    pub(crate) fn missing(self, what: &str, question: &str, params: impl Params) -> Self {
        if !self.fault.is_constraint(&[ffi::SQLITE_CONSTRAINT_FOREIGNKEY])
            || !self.asks(question, params, false)
        {
            return self;
        }
        self.tell(StoreErrorKind::Referenced, format!("the {what} does not exist"))
    }

    /// A deletion was refused, so the row is in use.
    pub(crate) fn in_use(self, what: &str) -> Self {
        let codes = [ffi::SQLITE_CONSTRAINT_FOREIGNKEY, ffi::SQLITE_CONSTRAINT_TRIGGER];
        if !self.fault.is_constraint(&codes) {
            return self;
        }
        self.tell(StoreErrorKind::Referenced, format!("the {what} is still in use"))
    }

    pub(crate) fn fault(self) -> Fault {
        self.fault
    }

    fn asks(&self, question: &str, params: impl Params, wanted: bool) -> bool {
        self.conn
            .prepare_cached(question)
            .and_then(|mut ask| ask.exists(params))
            .is_ok_and(|found| found == wanted)
    }

    fn tell(self, kind: StoreErrorKind, message: String) -> Self {
        let error = StoreError::new(kind, message);
        let told = match self.fault {
            Fault::Sql(cause) => error.because(cause),
            Fault::Told(_) => error,
        };
        Self { conn: self.conn, fault: Fault::Told(told) }
    }
}
