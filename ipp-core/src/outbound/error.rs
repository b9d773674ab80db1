//! What became of a command that was not accepted.

use std::fmt;

/// Why a phone did not accept a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SendError {
    kind: SendErrorKind,
    what: String,
}

/// What a job must tell apart. A client classifies by what is certain, never by what is likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendErrorKind {
    /// The address may not be called (A7). Nothing was connected to.
    AddressRefused,
    /// Nothing of the command left: no connection, no TLS session, no free place, or no way to write it.
    NotSent,
    /// The command left, and what became of it is not known: no answer in time, or the connection ended.
    Unknown,
    /// The phone, or the proxy, answered with a status that does not mean yes; a redirect among them.
    Refused(u16),
    /// The phone, or the proxy, does not take the credentials.
    Unauthorised,
}

impl SendErrorKind {
    /// Whether the phone may have carried the command out all the same.
    pub const fn may_have_arrived(self) -> bool {
        match self {
            Self::Unknown => true,
            Self::AddressRefused | Self::NotSent | Self::Refused(_) | Self::Unauthorised => false,
        }
    }
}

impl SendError {
    /// An error that names phone or proxy, and what is wrong.
    pub fn new(kind: SendErrorKind, what: impl fmt::Display) -> Self {
        Self { kind, what: what.to_string() }
    }

    /// What a job goes by.
    pub const fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// Whether the phone may have carried the command out all the same.
    pub const fn may_have_arrived(&self) -> bool {
        self.kind.may_have_arrived()
    }
}
