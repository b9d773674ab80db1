//! The audit log: what was done by whom, each entry hashed over the one before.

use serde::{Deserialize, Serialize};

use crate::{digest::ContentHash, time::Timestamp};

/// What is noted of a change that a person, or a phone's admission, made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: an administrator's name, `phone <mac>`, or `server`.
    pub actor: String,
    /// What was done: a stable word such as `device.approve`.
    pub action: String,
    /// To what, as people read it.
    pub subject: String,
    /// Before and after, secrets masked.
    pub detail: String,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// What was noted.
    pub entry: AuditEntry,
    /// The hash over the entry and the hash before it.
    pub hash: ContentHash,
}

impl AuditRecord {
    /// The record that follows the one with number and hash `last`.
    pub fn following(last: Option<(u64, ContentHash)>, entry: AuditEntry) -> Self {
        let (number, before) =
            last.map_or((1, ContentHash::from_bytes([0; 32])), |(number, hash)| (number + 1, hash));
        let mut text = before.as_bytes().to_vec();
        text.extend_from_slice(&number.to_le_bytes());
        for field in
            [&entry.at.as_millis().to_string(), &entry.actor, &entry.action, &entry.subject, &entry.detail]
        {
            text.extend_from_slice(&(field.len() as u64).to_le_bytes());
            text.extend_from_slice(field.as_bytes());
        }
        Self { number, hash: ContentHash::of(&text), entry }
    }
}
