//! Requests that a client may repeat without doing the work twice (C27).

use serde::{Deserialize, Serialize};

use crate::{digest::Fingerprint, time::Timestamp, vault::SealFor};

/// The key of a request, taken before the work begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The fingerprint of caller and key.
    pub key: Fingerprint,
    /// The fingerprint of method, path and body: the same key with other content is a mistake.
    pub content: Fingerprint,
    /// When the request came.
    pub at: Timestamp,
}

/// An answer that is given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, sealed.
    #[serde(with = "crate::binary")]
    pub body: Vec<u8>,
}

impl Answer {
    /// What bodies are sealed for.
    pub const SEALED_FOR: SealFor<'static> = SealFor::Named("request/answer");
}

/// A request as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedRequest {
    /// Its claim.
    pub claim: Claim,
    /// Its answer; `None` while the work is being done, or where it was interrupted.
    pub answer: Option<Answer>,
}
