//! What is written into the logs, what is asked of them, and what is taken out again.

use crate::{
    generation::GenerationId,
    id::RegionId,
    log::{ActivityEntry, DeviceEvent, Hour, LogLevel},
    store::DeviceSequence,
    time::Timestamp,
};

/// A change of the logs. Lines and events come many in one: a store groups so many changes at once, and
/// reports that wait must find room beside a log that is being written.
#[derive(Debug, Clone)]
pub enum LogChange {
    /// Adds lines to the activity log.
    Activity(Vec<ActivityEntry>),
    /// Adds events of phones; one like the phone's last event is counted there. The last 200 of a
    /// phone are kept. Those of devices that are gone are left out.
    Events(Vec<DeviceEvent>),
    /// Keeps what the counters say, by region, under that hour. Conditional: skipped where the hour is
    /// kept already, so several nodes and restarts do no harm.
    Sample(Hour),
}

/// Takes out what is out of date, in pieces. Each is conditional: skipped where there was nothing to take
/// out, so whoever prunes goes on until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prune {
    /// Lines of the activity log: of the oldest `limit`, those from before `before`, and those that
    /// have `keep` or more behind them.
    Activity {
        /// Lines from before that time.
        before: Timestamp,
        /// How many are kept at most.
        keep: u64,
        /// How many are taken out at most.
        limit: u32,
    },
    /// Events that happened last before that time, the oldest first, at most so many.
    Events(Timestamp, u32),
    /// The samples of hours before that one, the oldest first, of at most so many hours.
    Samples(Hour, u32),
    /// Times of being able to receive that ended before that time, the oldest first, at most so many.
    Uptimes(Timestamp, u32),
    /// Devices that are gone from the sequence of changes, up to that point, at most so many.
    GoneDevices(DeviceSequence, u32),
    /// Events of alarms from before that time, among the oldest so many.
    AlarmEvents(Timestamp, u32),
    /// Jobs that ended before that time with their items, the oldest first, at most so many.
    Jobs(Timestamp, u32),
    /// API tokens that ended before that time.
    Tokens(Timestamp),
    /// Generations that no published file and no template points to. Those that are found so for the
    /// first time are marked with the time, those that are used lose their mark, and those that were
    /// marked before `before` go with the parts that no other has.
    Generations {
        /// What is published now counts as used: somebody may be about to pin it.
        live: GenerationId,
        /// The time of this look.
        at: Timestamp,
        /// Those that were marked before that time go.
        before: Timestamp,
        /// How many go at most.
        limit: u32,
    },
}

/// Which lines of the activity log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ActivityFilter {
    /// Lines of this level and of the more severe ones (LOG-07).
    pub level: LogLevel,
}

/// Which samples.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct SampleFilter {
    /// From this hour on.
    pub since: Hour,
    /// The sum over these regions; `None` is over all devices, those without a region among them.
    pub regions: Option<Vec<RegionId>>,
}

impl ActivityFilter {
    /// All lines.
    pub const fn all() -> Self {
        Self { level: LogLevel::Verbose }
    }

    /// Lines of this level and of the more severe ones.
    pub const fn of(level: LogLevel) -> Self {
        Self { level }
    }
}

impl From<LogChange> for super::Change {
    fn from(change: LogChange) -> Self {
        Self::Log(change)
    }
}

impl From<Prune> for super::Change {
    fn from(prune: Prune) -> Self {
        Self::Prune(prune)
    }
}
