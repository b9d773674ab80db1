//! How many items of a job are in which state.

use serde::{Deserialize, Serialize};

use super::ItemState;

/// How many items of a job are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the number of items in the state of that name")]
pub struct JobCounts {
    pub queued: u64,
    pub sending: u64,
    pub accepted: u64,
    pub failed: u64,
    pub skipped: u64,
    pub unknown: u64,
    pub cancelled: u64,
    #[serde(default)]
    pub confirmed: u64,
    #[serde(default)]
    pub waiting: u64,
}

impl JobCounts {
    /// Of a job that begins.
    pub fn beginning(items: u64) -> Self {
        Self { queued: items, ..Self::default() }
    }

    /// How many are in a state.
    pub const fn of(&self, state: ItemState) -> u64 {
        match state {
            ItemState::Queued => self.queued,
            ItemState::Sending => self.sending,
            ItemState::Accepted => self.accepted,
            ItemState::Failed => self.failed,
            ItemState::Skipped => self.skipped,
            ItemState::Unknown => self.unknown,
            ItemState::Cancelled => self.cancelled,
            ItemState::Confirmed => self.confirmed,
            ItemState::Waiting => self.waiting,
        }
    }

    /// How many items there are.
    pub fn total(&self) -> u64 {
        ItemState::ALL.iter().map(|state| self.of(*state)).sum()
    }

    /// How many have yet to get somewhere.
    pub const fn open(&self) -> u64 {
        self.queued + self.sending + self.waiting
    }

    /// Moves some from one state to another.
    pub(super) const fn shift(&mut self, from: ItemState, to: ItemState, items: u64) {
        *self.at(from) = self.of(from).saturating_sub(items);
        *self.at(to) = self.of(to).saturating_add(items);
    }

    const fn at(&mut self, state: ItemState) -> &mut u64 {
        match state {
            ItemState::Queued => &mut self.queued,
            ItemState::Sending => &mut self.sending,
            ItemState::Accepted => &mut self.accepted,
            ItemState::Failed => &mut self.failed,
            ItemState::Skipped => &mut self.skipped,
            ItemState::Unknown => &mut self.unknown,
            ItemState::Cancelled => &mut self.cancelled,
            ItemState::Confirmed => &mut self.confirmed,
            ItemState::Waiting => &mut self.waiting,
        }
    }
}
