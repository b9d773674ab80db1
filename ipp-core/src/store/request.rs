//! Requests that a client may repeat without doing the work twice (C27).

use crate::{digest::Fingerprint, time::Timestamp};

/// The key of a request, taken before the work begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The fingerprint of caller and key.
    pub key: Fingerprint,
    /// The fingerprint of method, path and body: the same key with other content is a mistake.
    pub content: Fingerprint,
    /// When the request came.
    pub at: Timestamp,
}

/// An answer that is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// A request as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedRequest {
    /// Its claim.
    pub claim: Claim,
    /// Its answer; `None` while the work is being done, or where it was interrupted.
    pub answer: Option<Answer>,
}
