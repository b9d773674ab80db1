//! What changes add to the counters and take from them, gathered so that each counter is written once.

use std::{collections::HashMap, hash::Hash};

use ipp_core::{
    id::RunId,
    store::{CountKey, PinCountKey},
};
use rusqlite::Connection;

use crate::{
    error::Outcome,
    rows::count::{self, Prefix},
    rows::run,
};

/// Steps of counters that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Counted {
    devices: HashMap<CountKey, i64>,
    pins: HashMap<PinCountKey, i64>,
    runs: HashMap<RunId, u64>,
    generations: HashMap<Prefix, i64>,
}

impl Counted {
    /// Moves one device from what it counted as to what it counts as.
    pub(super) fn move_device(&mut self, before: Option<&CountKey>, after: Option<&CountKey>) {
        step(&mut self.devices, before, after);
    }

    /// The same for its published file.
    pub(super) fn move_pin(&mut self, before: Option<&PinCountKey>, after: Option<&PinCountKey>) {
        step(&mut self.pins, before, after);
    }

    /// Counts a file that a run published.
    pub(super) fn published(&mut self, run: RunId) {
        *self.runs.entry(run).or_default() += 1;
    }

    /// The same for the generation that one is made from.
    pub(super) fn move_generation(&mut self, before: Option<&Prefix>, after: Option<&Prefix>) {
        step(&mut self.generations, before, after);
    }

    /// Writes what was gathered.
    pub(super) fn write(&mut self, conn: &Connection) -> Outcome<()> {
        self.devices.drain().try_for_each(|(key, by)| count::add_devices(conn, &key, by))?;
        self.pins.drain().try_for_each(|(key, by)| count::add_pins(conn, &key, by))?;
        self.runs.drain().try_for_each(|(id, files)| run::published(conn, id, files))?;
        self.generations.drain().try_for_each(|(prefix, by)| count::add_generations(conn, prefix, by))
    }

    /// Forgets what was gathered: its changes are rolled back.
    pub(super) fn clear(&mut self) {
        self.devices.clear();
        self.pins.clear();
        self.runs.clear();
        self.generations.clear();
    }
}

fn step<K: Clone + Eq + Hash>(steps: &mut HashMap<K, i64>, before: Option<&K>, after: Option<&K>) {
    if before == after {
        return;
    }
    for (key, by) in before.map(|key| (key, -1)).into_iter().chain(after.map(|key| (key, 1))) {
        match steps.get_mut(key) {
            Some(step) => *step += by,
            None => drop(steps.insert(key.clone(), by)),
        }
    }
}
