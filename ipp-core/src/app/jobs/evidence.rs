//! What phones report after they were commanded: a restart is done when its phone has started (C21, C26).

use std::{
    collections::{BTreeMap, VecDeque},
    sync::PoisonError,
    time::Duration,
};

use super::{super::App, AppError};
use crate::{
    id::{DeviceId, JobId},
    job::{JobAction, JobItem},
    log::LogText,
    store::{Batch, Change, JobChange, Store},
    time::Timestamp,
};

/// For how long after the command a start of the phone counts as what the command did.
const EVIDENCE: Duration = Duration::from_hours(24);

/// How many starts are looked at in one turn.
const LOOK: usize = 500;

/// How many starts wait to be looked at: those of a large fleet whose power comes back. Beyond, the oldest are
/// forgotten, and their items stay as they are.
const KEPT: usize = 20_000;

/// Phones that have reported a start to this node, oldest first.
#[derive(Debug, Default)]
pub(in crate::app) struct Starts(VecDeque<(DeviceId, Timestamp)>);

impl<S: Store> App<S> {
    /// Keeps in mind that a phone has started.
    pub(in crate::app) fn has_started(&self, device: DeviceId, at: Timestamp) {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        if starts.0.len() >= KEPT {
            starts.0.pop_front();
        }
        starts.0.push_back((device, at));
    }

    /// Confirms the restarts of phones that have started since. Those of other nodes see to theirs.
    pub(super) async fn confirm_restarts(&self) -> Result<(), AppError> {
        let starts: Vec<(DeviceId, Timestamp)> = {
            let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
            starts.0.iter().take(LOOK).copied().collect()
        };
        let Some(first) = starts.iter().map(|(_, at)| *at).min() else { return Ok(()) };
        let devices = starts.iter().map(|(device, _)| *device).collect();
        let items = self.store.commanded(devices, first.minus(EVIDENCE)).await?;
        let mut restarts = BTreeMap::new();
        let mut changes = Vec::new();
        for item in items {
            let Some(at) = evidence(&starts, &item) else { continue };
            if !self.is_restart(item.job, &mut restarts).await? {
                continue;
            }
            let text = LogText::of("the phone has started since");
            changes.push(JobChange::Confirm { job: item.job, item: item.number, text, at });
        }
        if !changes.is_empty() {
            let changes = changes.into_iter().map(Change::from).collect();
            self.commit(Batch { changes, ..Batch::default() }).await?;
        }
        // What could not be written is looked at again; what came meanwhile stands behind.
        let mut kept = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        for start in starts {
            if kept.0.front() == Some(&start) {
                kept.0.pop_front();
            }
        }
        Ok(())
    }

    async fn is_restart(&self, id: JobId, known: &mut BTreeMap<JobId, bool>) -> Result<bool, AppError> {
        if let Some(is) = known.get(&id) {
            return Ok(*is);
        }
        let job = self.store.job(id).await?;
        let is = job.is_some_and(|job| matches!(job.action, JobAction::Restart(_)));
        known.insert(id, is);
        Ok(is)
    }
}

/// When the phone of an item started, within the time after its command.
fn evidence(starts: &[(DeviceId, Timestamp)], item: &JobItem) -> Option<Timestamp> {
    let sent = item.at?;
    let counts = |at: &Timestamp| *at > sent && at.since(sent) <= EVIDENCE;
    starts.iter().filter(|(device, _)| *device == item.device).map(|(_, at)| *at).find(counts)
}
