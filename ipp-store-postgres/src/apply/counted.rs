//! What changes add to the counters and take from them, gathered so that each counter is written once.

use std::{collections::HashMap, hash::Hash};

use ipp_core::{
    device::Admission,
    id::RunId,
    store::{CountKey, PinCountKey},
};

use crate::{
    connection::{Ask, Conn},
    error::Outcome,
    rows::{count, held::Prefix, run},
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

    /// The same as for a file for the generation that it is made from.
    pub(super) fn move_generation(&mut self, before: Option<&Prefix>, after: Option<&Prefix>) {
        step(&mut self.generations, before, after);
    }

    /// By how much the devices that are admitted so far become more.
    pub(super) fn admitted(&self, admission: Admission) -> i64 {
        self.devices.iter().filter(|(key, _)| key.admission == admission).map(|(_, by)| by).sum()
    }

    /// Adds what runs published, which has to be done batch by batch: a later batch may be the first that
    /// tells of a run.
    pub(super) async fn settle_runs(&mut self, conn: &Conn) -> Outcome<()> {
        for (id, files) in std::mem::take(&mut self.runs) {
            run::published(conn, id, files).await?;
        }
        Ok(())
    }

    /// Adds what a batch gathered, but for what runs published, which is settled with the batch.
    pub(super) fn take(&mut self, batch: &mut Self) {
        let Self { devices, pins, runs: _, generations } = batch;
        for (key, by) in devices.drain() {
            *self.devices.entry(key).or_default() += by;
        }
        for (key, by) in pins.drain() {
            *self.pins.entry(key).or_default() += by;
        }
        for (prefix, by) in generations.drain() {
            *self.generations.entry(prefix).or_default() += by;
        }
    }

    /// The statements that write what was gathered, in the order of the keys: whoever counts in the same
    /// lane waits, and does not wait in a circle.
    pub(super) fn write(&mut self, lane: i64) -> Outcome<Vec<Ask<'static>>> {
        let mut asks = count::step_devices(lane, sorted(&mut self.devices))?;
        asks.extend(count::step_pins(lane, sorted(&mut self.pins)));
        asks.extend(count::step_generations(sorted(&mut self.generations)));
        Ok(asks)
    }
}

fn sorted<K: Ord + Eq + Hash>(steps: &mut HashMap<K, i64>) -> Vec<(K, i64)> {
    let mut steps: Vec<_> = steps.drain().filter(|(_, by)| *by != 0).collect();
    steps.sort_unstable();
    steps
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
