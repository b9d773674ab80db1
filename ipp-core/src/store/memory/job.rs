//! Jobs and their items.

use std::collections::BTreeSet;

use super::{apply::Outcome, tables::Tables};
use crate::{
    id::{DeviceId, JobId},
    job::{ItemState, Job, JobItem, JobState, Move},
    log::LogText,
    outbound::SessionId,
    store::JobChange,
    time::Timestamp,
};

/// A job with its items, by their numbers.
#[derive(Debug, Clone)]
pub(super) struct JobRow {
    pub(super) job: Job,
    pub(super) items: Vec<JobItem>,
}

pub(super) fn apply(tables: &mut Tables, change: JobChange) -> Outcome {
    if let JobChange::Begin(job, phones) = change {
        if tables.jobs.contains_key(&job.id) {
            return Outcome::Skipped;
        }
        let item = |(number, (device, mac))| JobItem {
            job: job.id,
            number,
            device,
            mac,
            state: ItemState::Queued,
            session: None,
            at: None,
            text: LogText::default(),
        };
        let items = (0..).zip(phones).map(item).collect();
        tables.jobs.insert(job.id, JobRow { job: *job, items });
        return Outcome::Done;
    }
    let id = change.job();
    let sending = sending(tables);
    let Some(row) = tables.jobs.get_mut(&id) else { return Outcome::Skipped };
    let done = match change {
        JobChange::Begin(..) => false,
        JobChange::Take { node, at, lease, .. } => {
            row.job.take(node, at, lease).is_some_and(|lost| row.all(lost, at))
        }
        JobChange::Sending { epoch, item, session, at, .. } => row.begin(epoch, item, at, |item| {
            let free = !sending.contains(&item.device);
            if free {
                item.session = Some(session);
            }
            free
        }),
        JobChange::Settle { epoch, item, state, text, at, .. } => row.settle(epoch, item, (state, text), at),
        JobChange::GoOn { epoch, next_at, until, .. } => {
            let held = row.job.is_held(epoch);
            if held {
                row.job.go_on(next_at, until);
            }
            held
        }
        JobChange::Confirm { item, text, at, .. } => row.confirm(item, text, at),
        JobChange::Hand { item, session, state, text, at, .. } => row.hand(item, session, (state, text), at),
        JobChange::Steer { steer, at, .. } => match row.job.steer(steer, at) {
            Some(moves) => moves.into_iter().all(|one| row.all(one, at)),
            None => false,
        },
    };
    if done { Outcome::Done } else { Outcome::Skipped }
}

fn sending(tables: &Tables) -> BTreeSet<DeviceId> {
    let items = tables.jobs.values().filter(|row| row.job.counts.sending > 0).flat_map(|row| &row.items);
    items.filter(|item| item.state == ItemState::Sending).map(|item| item.device).collect()
}

impl JobRow {
    pub(super) fn restore(tables: &mut Tables, job: Job) {
        tables.jobs.insert(job.id, Self { job, items: Vec::new() });
    }

    pub(super) fn restore_item(tables: &mut Tables, item: JobItem) {
        if let Some(row) = tables.jobs.get_mut(&item.job) {
            row.items.push(item);
        }
    }

    /// The job has counted it already.
    fn all(&mut self, Move { from, to }: Move, at: Timestamp) -> bool {
        for item in self.items.iter_mut().filter(|item| item.state == from) {
            (item.state, item.at) = (to, Some(at));
        }
        true
    }

    fn begin(
        &mut self,
        epoch: u64,
        number: u32,
        at: Timestamp,
        may: impl FnOnce(&mut JobItem) -> bool,
    ) -> bool {
        if !self.job.may_send(epoch) {
            return false;
        }
        let item = self.items.get_mut(number as usize);
        let Some(item) = item.filter(|item| item.state == ItemState::Queued) else { return false };
        if !may(item) {
            return false;
        }
        (item.state, item.at, item.text) = (ItemState::Sending, Some(at), LogText::default());
        self.job.shift(ItemState::Queued, ItemState::Sending, 1, at);
        true
    }

    fn confirm(&mut self, number: u32, text: LogText, at: Timestamp) -> bool {
        let awaits = |item: &&mut JobItem| item.state.awaits_evidence();
        let Some(item) = self.items.get_mut(number as usize).filter(awaits) else { return false };
        let from = item.state;
        (item.state, item.text, item.at) = (ItemState::Confirmed, text, Some(at));
        self.job.shift(from, ItemState::Confirmed, 1, at);
        true
    }

    fn hand(
        &mut self,
        number: u32,
        session: Option<SessionId>,
        to: (ItemState, LogText),
        at: Timestamp,
    ) -> bool {
        let waits = |item: &&mut JobItem| item.state == ItemState::Waiting;
        let Some(item) = self.items.get_mut(number as usize).filter(waits) else { return false };
        if self.job.state != JobState::Active {
            return false;
        }
        (item.state, item.text, item.at, item.session) = (to.0, to.1, Some(at), session);
        self.job.shift(ItemState::Waiting, to.0, 1, at);
        true
    }

    fn settle(&mut self, epoch: u64, number: u32, to: (ItemState, LogText), at: Timestamp) -> bool {
        if !self.job.is_held(epoch) {
            return false;
        }
        let open = |item: &&mut JobItem| item.state.is_open();
        let Some(item) = self.items.get_mut(number as usize).filter(open) else { return false };
        let from = item.state;
        (item.state, item.text, item.at) = (to.0, to.1, Some(at));
        self.job.shift(from, to.0, 1, at);
        true
    }
}

/// Takes out jobs that ended before that time, the oldest first; whether there were any.
pub(super) fn prune(tables: &mut Tables, before: Timestamp, limit: u32) -> bool {
    let over = |row: &&JobRow| row.job.ended_at.is_some_and(|at| at < before) && row.job.counts.sending == 0;
    let out: Vec<JobId> =
        tables.jobs.values().filter(over).take(limit as usize).map(|row| row.job.id).collect();
    for id in &out {
        tables.jobs.remove(id);
    }
    !out.is_empty()
}
