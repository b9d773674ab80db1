//! Requests that a client may repeat without doing the work twice (C27): the answer to the first is
//! kept, sealed, for a day.

use std::time::Duration;

use super::{App, AppError};
use crate::{
    digest::{Fingerprint, FingerprintOf},
    store::{Answer, Batch, Change, Claim, RequestChange, Store},
    vault::Sealed,
};

/// How long an answer is kept.
pub(super) const KEPT: Duration = Duration::from_hours(24);

/// Whether a request was seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// Never: do the work, then keep the answer or release the key.
    First,
    /// Yes, and this was answered: status and body.
    Again(u16, Vec<u8>),
    /// Yes, and it is being worked on; or it was interrupted, and what became of it is not known.
    Unsettled,
    /// The key was used for another request.
    Other,
}

impl<S: Store> App<S> {
    /// The key of a request: the same text of two callers are two keys.
    pub fn request_key(&self, caller: &str, key: &str) -> Fingerprint {
        let mut hasher = self.ports.vault.fingerprints().hasher(FingerprintOf::Request);
        hasher.field(caller.as_bytes());
        hasher.field(key.as_bytes());
        hasher.finish()
    }

    /// Takes the key of a request before its work begins. `content` tells one request from another.
    pub async fn claim_request(&self, key: Fingerprint, content: &[&[u8]]) -> Result<Repeat, AppError> {
        let mut hasher = self.ports.vault.fingerprints().hasher(FingerprintOf::Request);
        for piece in content {
            hasher.field(piece);
        }
        let (now, content) = (self.now().wall, hasher.finish());
        let claim = Claim { key, content, at: now };
        let batch = Batch::of(Change::Request(RequestChange::Prune(now.minus(KEPT))))
            .and(Change::Request(RequestChange::Claim(claim)));
        if self.commit(batch).await?.skipped.is_empty() {
            return Ok(Repeat::First);
        }
        Ok(match self.store.request(key).await? {
            Some(known) if known.claim.content != content => Repeat::Other,
            Some(known) => match known.answer {
                Some(answer) => {
                    let body = self.ports.vault.open(Answer::SEALED_FOR, &Sealed::from_bytes(answer.body))?;
                    Repeat::Again(answer.status, body.to_vec())
                }
                None => Repeat::Unsettled,
            },
            // Released by another request in between.
            None => Repeat::Unsettled,
        })
    }

    /// Keeps the answer to a request.
    pub async fn settle_request(&self, key: Fingerprint, status: u16, body: &[u8]) -> Result<(), AppError> {
        let body = self.ports.vault.seal(Answer::SEALED_FOR, body)?.as_bytes().to_vec();
        let settle = RequestChange::Settle(key, Answer { status, body });
        self.commit(Batch::of(Change::Request(settle))).await?;
        Ok(())
    }

    /// Frees the key of a request that did nothing.
    pub async fn release_request(&self, key: Fingerprint) -> Result<(), AppError> {
        self.commit(Batch::of(Change::Request(RequestChange::Release(key)))).await?;
        Ok(())
    }
}
