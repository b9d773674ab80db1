//! Accounts of administrators, their sessions, and tokens for programs.

mod attempts;
mod session;
mod token;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::{
    attempts::{Attempts, Refused},
    session::{SESSION_ABSOLUTE, Session, SessionLimits, Subject},
    token::{API_TOKEN_MARK, ApiToken},
};
use crate::{
    access::{Caller, Role},
    id::OperatorId,
    text::{Label, UserName},
    time::Timestamp,
};

/// An administrator's account (chapter 2, appendix F). Phone users are something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// The name to log in with, unique without regard to ASCII case.
    pub name: UserName,
    /// Who that is.
    pub description: Label,
    /// What the account may do, and where.
    pub role: Role,
    /// Whether it may see secrets in files.
    pub reveal_secrets: bool,
    /// The hash of its password.
    pub password: PasswordHash,
    /// Whether the password has to be changed before anything else can be done: somebody else chose
    /// it (LGN-02).
    pub must_change_password: bool,
    /// Whether it can log in.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Operator {
    /// On whose behalf this account acts.
    pub fn caller(&self) -> Caller {
        Caller::new(self.name.as_str(), Some(self.id), self.role.clone(), self.reveal_secrets)
    }

    /// Whether the installation could still be administered through it alone (C37).
    pub fn is_last_resort(&self) -> bool {
        self.enabled && self.role == Role::SuperAdministrator
    }
}

/// A password's hash in its own notation, which names algorithm and cost. Never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash with this text, as made by a [`crate::passwords::Passwords`] or read from a store.
    pub const fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
