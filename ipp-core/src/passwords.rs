//! The port that hashes administrators' passwords and checks them.

use std::{fmt, future::Future, pin::Pin};

use crate::operator::PasswordHash;

/// What the port answers, later: hashing takes a while on purpose and runs off the executor.
pub type Hashing<'a, T> = Pin<Box<dyn Future<Output = Result<T, PasswordsError>> + Send + 'a>>;

/// Passwords cannot be checked now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordsError {
    /// Too many checks at once.
    #[error("too many logins at once; try again in a moment")]
    Busy,
    /// The stored hash is of no known kind, or hashing failed.
    #[error("a stored password hash cannot be checked: {0}")]
    Damaged(String),
}

/// Hashes passwords and checks them.
pub trait Passwords: fmt::Debug + Send + Sync {
    /// The hash of a password, with a salt of its own.
    fn hash<'a>(&'a self, password: &'a str) -> Hashing<'a, PasswordHash>;

    /// Whether the password has this hash. Without a hash it takes as long and answers no, so that
    /// an unknown name cannot be told from a wrong password (LGN-05).
    fn verify<'a>(&'a self, hash: Option<&'a PasswordHash>, password: &'a str) -> Hashing<'a, bool>;
}

/// For tests: the "hash" is the password behind a mark.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainPasswords;

impl Passwords for PlainPasswords {
    fn hash<'a>(&'a self, password: &'a str) -> Hashing<'a, PasswordHash> {
        Box::pin(std::future::ready(Ok(PasswordHash::from_text(format!("plain:{password}")))))
    }

    fn verify<'a>(&'a self, hash: Option<&'a PasswordHash>, password: &'a str) -> Hashing<'a, bool> {
        let same = hash.is_some_and(|hash| hash.as_str().strip_prefix("plain:") == Some(password));
        Box::pin(std::future::ready(Ok(same)))
    }
}
