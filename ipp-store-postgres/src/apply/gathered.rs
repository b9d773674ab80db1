//! What the batches of a transaction leave to be written once, at its end.

use std::collections::BTreeMap;

use ipp_core::{
    device::Admission,
    id::DeviceId,
    store::{DeviceSequence, dump::DeviceChanged},
};

use super::counted::Counted;
use crate::{connection::Ask, error::Outcome};

/// What is gathered. What a batch that fails had gathered is forgotten.
#[derive(Debug)]
pub(super) struct Gathered {
    /// What the batch counts.
    pub(super) counted: Counted,
    /// What the batches before it counted.
    kept: Counted,
    sequence: u64,
    changes: Vec<Changed>,
}

/// When a device changed last, and whether it is gone since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed {
    pub(super) at: DeviceChanged,
    pub(super) gone: bool,
}

/// Where a batch began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    sequence: u64,
    changes: usize,
}

impl Gathered {
    pub(super) fn new(sequence: u64) -> Self {
        Self { counted: Counted::default(), kept: Counted::default(), sequence, changes: Vec::new() }
    }

    /// Notes that a device, or its published file, changed: it moves to the end of the sequence.
    pub(super) fn changed(&mut self, device: DeviceId) {
        self.note(device, false);
    }

    /// Notes that a device is gone.
    pub(super) fn gone(&mut self, device: DeviceId) {
        self.note(device, true);
    }

    fn note(&mut self, device: DeviceId, gone: bool) {
        self.sequence += 1;
        let at = DeviceChanged { sequence: DeviceSequence(self.sequence), device };
        self.changes.push(Changed { at, gone });
    }

    /// By how much the devices that are admitted so far become more than was committed.
    pub(super) fn admitted(&self, admission: Admission) -> i64 {
        self.counted.admitted(admission) + self.kept.admitted(admission)
    }

    pub(super) const fn mark(&self) -> Mark {
        Mark { sequence: self.sequence, changes: self.changes.len() }
    }

    /// Keeps what a batch gathered.
    pub(super) fn keep(&mut self) {
        self.kept.take(&mut self.counted);
    }

    /// Forgets what was gathered since the mark.
    pub(super) fn forget(&mut self, mark: Mark) {
        self.counted = Counted::default();
        self.sequence = mark.sequence;
        self.changes.truncate(mark.changes);
    }

    pub(super) const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The latest change of each device, and none any more.
    pub(super) fn take_changes(&mut self) -> Vec<Changed> {
        let all = std::mem::take(&mut self.changes);
        let latest: BTreeMap<DeviceId, Changed> =
            all.into_iter().map(|change| (change.at.device, change)).collect();
        latest.into_values().collect()
    }

    pub(super) fn write_counts(&mut self, lane: i64) -> Outcome<Vec<Ask<'static>>> {
        self.kept.write(lane)
    }
}
