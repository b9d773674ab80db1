//! Heartbeats, and the sweep that finds phones which have been silent for too long.

use std::{sync::PoisonError, time::Duration};

use super::{App, AppError, activity::About};
use crate::{
    id::DeviceId,
    log::Activity,
    status::silence::{CLOCK_STEP, Outages, Uptime},
    store::{Batch, Change, DeviceKey, Page, StatusChange, Store, SweepRow},
    time::{Now, Timestamp},
};

/// How far back uptimes are looked at.
pub(super) const HISTORY: Duration = Duration::from_hours(90 * 24);

/// How many phones are looked at, and flipped, at a time.
const WINDOW: u32 = 500;

/// How many phones that fell silent in one sweep have a line of their own in the activity log.
const NAMED: u64 = 20;

#[derive(Debug, Clone, Copy)]
pub(super) struct SweepState {
    /// When this node began to receive under the present wall clock.
    up_since: Timestamp,
    last: Now,
    /// Whether the wall clock was set since the last sweep.
    stepped: bool,
    /// When that was noticed last, on the steady clock.
    step_at: Option<Duration>,
    /// Where the wall clock would be, had it not been set back. Until it is there again, phones may
    /// have been seen in its future.
    ahead: Option<Timestamp>,
}

impl SweepState {
    pub(super) const fn new(now: Now) -> Self {
        Self { up_since: now.wall, last: now, stepped: false, step_at: None, ahead: None }
    }

    /// Notes the time. A wall clock that was set begins a new uptime, so that the time it jumped
    /// over counts as one in which nobody was able to receive.
    pub(super) fn observe(&mut self, now: Now) {
        let expected = self.last.wall.plus(now.mono.saturating_sub(self.last.mono));
        if Duration::from_millis(now.wall.as_millis().abs_diff(expected.as_millis())) > CLOCK_STEP {
            self.up_since = now.wall;
            self.stepped = true;
            self.step_at = Some(now.mono);
            self.ahead = self.ahead.max(Some(expected));
        }
        self.ahead = self.ahead.filter(|ahead| *ahead > now.wall);
        self.last = now;
    }

    /// Whether the wall clock was set within the last minute.
    pub(super) fn was_set(&self, now: Now) -> bool {
        self.step_at.is_some_and(|at| now.mono.saturating_sub(at) < Duration::from_mins(1))
    }

    /// For how long the wall clock has run evenly.
    pub(super) fn even_for(&self, now: Now) -> Duration {
        now.wall.since(self.up_since)
    }

    /// Since when a phone is silent. One that was seen in the future was seen before the clock was
    /// set back, and not since.
    fn silent_since(&self, last_seen: Timestamp) -> Timestamp {
        if last_seen > self.last.wall.plus(CLOCK_STEP) { self.up_since } else { last_seen }
    }
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Phones that were called disconnected.
    pub disconnected: u64,
    /// Whether the sweep was put off, because the wall clock was set.
    pub paused: bool,
}

impl<S: Store> App<S> {
    /// Notes that this node is able to receive. To be called every
    /// [`HEARTBEAT`](crate::status::silence::HEARTBEAT); calling it more often does no harm.
    pub async fn heartbeat(&self) -> Result<(), AppError> {
        let now = self.now();
        let from = {
            let mut state = self.sweep.lock().unwrap_or_else(PoisonError::into_inner);
            state.observe(now);
            state.up_since
        };
        self.commit(Batch::of(Change::Heartbeat(self.node, Uptime { from, until: now.wall }))).await?;
        Ok(())
    }

    /// Calls phones disconnected that have been silent for too long while somebody could have heard
    /// them. To be called about once a minute.
    pub async fn sweep(&self) -> Result<SweepReport, AppError> {
        let now = self.now();
        let (state, paused) = {
            let mut state = self.sweep.lock().unwrap_or_else(PoisonError::into_inner);
            state.observe(now);
            let paused = std::mem::take(&mut state.stepped);
            (*state, paused)
        };
        if paused {
            self.note(About::server(), Activity::SweepPaused);
            return Ok(SweepReport { paused, ..SweepReport::default() });
        }
        let setting = self.snapshot().catalog.settings().disconnected_timeout();
        let mut uptimes = self.store.uptimes(now.wall.minus(HISTORY)).await?;
        // This node is up now, whether or not it has written that down already.
        uptimes.push(Uptime { from: state.up_since, until: now.wall });
        let outages = Outages::between(uptimes);
        // A timeout is never shorter than the setting, so whoever was seen since is left out.
        let before = match state.ahead {
            Some(_) => Timestamp::from_millis(i64::MAX),
            None => now.wall.minus(setting).plus(Duration::from_millis(1)),
        };
        let mut report = SweepReport::default();
        let mut after: Option<DeviceId> = None;
        loop {
            let rows = self.store.silent_since(before, Page { after, limit: WINDOW }).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.device);
            let overdue = |row: &&SweepRow| {
                let since = state.silent_since(row.last_seen);
                outages.is_overdue(since, row.timeout.max(setting), now.wall)
            };
            let overdue: Vec<SweepRow> = rows.iter().filter(overdue).copied().collect();
            let disconnect = |row: &SweepRow| {
                let SweepRow { device, last_seen, .. } = *row;
                Change::Status(StatusChange::Disconnect { device, last_seen, at: now.wall })
            };
            let changes: Vec<Change> = overdue.iter().map(disconnect).collect();
            if !changes.is_empty() {
                let skipped = self.commit(Batch { changes, ..Batch::default() }).await?.skipped;
                let flipped = (0..).zip(&overdue).filter(|(at, _)| !skipped.contains(at)).map(|(_, row)| row);
                for row in flipped {
                    report.disconnected += 1;
                    if report.disconnected <= NAMED {
                        self.note_disconnected(row.device).await?;
                    }
                }
            }
        }
        if report.disconnected > NAMED {
            self.note(About::server(), Activity::MoreDisconnected(report.disconnected - NAMED));
        }
        Ok(report)
    }

    async fn note_disconnected(&self, device: DeviceId) -> Result<(), AppError> {
        if let Some(record) = self.store.device(DeviceKey::Id(device)).await? {
            self.note(About::device(&record.device.value), Activity::Disconnected);
        }
        Ok(())
    }
}
