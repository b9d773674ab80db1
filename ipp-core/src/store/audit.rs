//! The audit log: what was done by whom, each entry hashed over the one before.

use serde::{Deserialize, Serialize};

use crate::{digest::ContentHash, id::RegionId, time::Timestamp};

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
    /// The region that it is about, where it is about one.
    pub region: Option<RegionId>,
    /// What it was before, as JSON with secrets masked.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
    /// How many phones it concerned.
    pub phones: Option<u64>,
}

impl AuditEntry {
    /// Something that was done.
    pub fn new(at: Timestamp, actor: impl Into<String>, action: &str, subject: impl Into<String>) -> Self {
        Self {
            at,
            actor: actor.into(),
            action: action.to_owned(),
            subject: subject.into(),
            region: None,
            before: None,
            after: None,
            phones: None,
        }
    }

    /// The region that it is about.
    #[must_use]
    pub fn in_region(self, region: Option<RegionId>) -> Self {
        Self { region, ..self }
    }

    /// What it was before and is now; the masked JSON of each, where there is one.
    #[must_use]
    pub fn changing(self, before: Option<String>, after: Option<String>) -> Self {
        Self { before, after, ..self }
    }

    /// How many phones it concerned.
    #[must_use]
    pub fn concerning(self, phones: u64) -> Self {
        Self { phones: Some(phones), ..self }
    }
}

/// An entry of the audit log. As JSON it is a line of an exported log, which proves itself as the log does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        let mut field = |content: Option<&[u8]>| {
            // What is absent has another length than anything that is there.
            text.extend_from_slice(&content.map_or(u64::MAX, |content| content.len() as u64).to_le_bytes());
            text.extend_from_slice(content.unwrap_or_default());
        };
        field(Some(&entry.at.as_millis().to_le_bytes()));
        for words in [&entry.actor, &entry.action, &entry.subject] {
            field(Some(words.as_bytes()));
        }
        field(entry.region.as_ref().map(|region| region.as_bytes().as_slice()));
        field(entry.before.as_deref().map(str::as_bytes));
        field(entry.after.as_deref().map(str::as_bytes));
        field(entry.phones.map(u64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        Self { number, hash: ContentHash::of(&text), entry }
    }
}

/// Follows the chain of the audit log from its first entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditChain {
    last: Option<(u64, ContentHash)>,
}

impl AuditChain {
    /// Whether a record is the next one, unaltered. After one that is not, nothing can be said of those
    /// behind it.
    pub fn follows(&mut self, record: &AuditRecord) -> bool {
        let expected = AuditRecord::following(self.last, record.entry.clone());
        self.last = Some((record.number, record.hash));
        expected == *record
    }

    /// How many entries followed each other so far.
    pub fn entries(&self) -> u64 {
        self.last.map_or(0, |(number, _)| number)
    }

    /// The hash of the last one.
    pub fn hash(&self) -> Option<ContentHash> {
        self.last.map(|(_, hash)| hash)
    }
}

/// Which entries of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct AuditFilter {
    /// Only what this actor did.
    pub actor: Option<String>,
    /// Only actions that begin with this, such as `device.`.
    pub action: Option<String>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
    /// Only these actions.
    pub actions: Option<Vec<String>>,
    /// Only what has this subject, or begins with it and a blank, such as `device 00908f000001`.
    pub subject: Option<String>,
}

impl AuditFilter {
    /// All entries.
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether an entry passes.
    pub fn passes(&self, entry: &AuditEntry) -> bool {
        self.actor.as_ref().is_none_or(|actor| *actor == entry.actor)
            && self.action.as_ref().is_none_or(|action| entry.action.starts_with(action.as_str()))
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
            && self.actions.as_ref().is_none_or(|actions| actions.contains(&entry.action))
            && self.subject.as_ref().is_none_or(|subject| {
                let rest = entry.subject.strip_prefix(subject.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            })
    }
}

/// In which order a list is read; a page begins behind its key in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}
