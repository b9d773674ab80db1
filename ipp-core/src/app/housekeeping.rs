//! What the driver does now and then: the figures of the hour, and taking out what is out of date.

use std::{collections::VecDeque, sync::PoisonError, time::Duration};

use super::{App, AppError, repeat, sweep::HISTORY};
use crate::{
    log::Hour,
    store::{AccountChange, Batch, Change, DeviceSequence, LogChange, Prune, RequestChange, Store},
    time::{Now, Timestamp},
};

/// How often [`App::tidy`] is to be called.
pub const TIDY: Duration = Duration::from_mins(1);

/// How many rows of a kind one batch takes out, and how many batches one call makes.
const AT_ONCE: u32 = 500;
const LINES_AT_ONCE: u32 = 2_000;
const BATCHES: u32 = 50;

const DAY: Duration = Duration::from_hours(24);

/// For how long a generation stays that nothing points to (C8).
const IDLE: Duration = DAY;

/// For how long traces of devices that are gone stay. A node that could not see them for half of this time
/// forgets all phones that it has at hand.
const GONE: Duration = Duration::from_hours(2);

/// For how long a job is listed after its end.
const ENDED_JOBS: Duration = Duration::from_hours(90 * 24);
/// For how long a token is still listed after its end.
const ENDED_TOKENS: Duration = Duration::from_hours(30 * 24);

/// For how long the clock must have run evenly before anything goes by its age: one that was set wrong must
/// not cost what is kept for months.
const EVEN: Duration = Duration::from_hours(1);

/// What is remembered between two calls.
#[derive(Debug, Default)]
pub(super) struct Chores {
    sampled: Option<Hour>,
    /// How far the sequence of changes was at times on the steady clock, the oldest first.
    marks: VecDeque<(Duration, DeviceSequence)>,
}

impl Chores {
    /// Notes how far the sequence is; answers how far it was when what is gone since may be forgotten.
    fn mark(&mut self, now: Duration, sequence: DeviceSequence) -> Option<DeviceSequence> {
        let old = |at: Duration, age| now.saturating_sub(at) >= age;
        if self.marks.back().is_none_or(|(at, _)| old(*at, GONE / 8)) {
            self.marks.push_back((now, sequence));
        }
        let mut passed = None;
        while let Some((_, sequence)) = self.marks.front().filter(|(at, _)| old(*at, GONE)) {
            passed = Some(*sequence);
            self.marks.pop_front();
        }
        passed
    }
}

/// What a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TidyReport {
    /// Whether the figures of a new hour were kept.
    pub sampled: bool,
    /// How many batches took something out.
    pub batches: u32,
    /// Whether there is more to take out, at the next call.
    pub more: bool,
}

impl<S: Store> App<S> {
    /// Keeps the figures of the hour where nobody did yet, and takes out what is out of date, in batches
    /// that hold nobody up. To be called about once a minute.
    pub async fn tidy(&self) -> Result<TidyReport, AppError> {
        let now = self.now();
        let sampled = self.sample(now).await?;
        let mut changes = self.out_of_date(now).await?;
        let mut report = TidyReport { sampled, more: true, ..TidyReport::default() };
        while report.batches < BATCHES {
            let batch = Batch { changes: changes.clone(), ..Batch::default() };
            let skipped = self.commit(batch).await?.skipped;
            let mut position = 0;
            changes.retain(|_| {
                position += 1;
                !skipped.contains(&(position - 1))
            });
            // What is not conditional was done whole.
            changes.retain(|change| matches!(change, Change::Prune(_)));
            if changes.is_empty() {
                report.more = false;
                break;
            }
            report.batches += 1;
        }
        Ok(report)
    }

    async fn sample(&self, now: Now) -> Result<bool, AppError> {
        let hour = Hour::of(now.wall);
        if self.chores(|chores| chores.sampled == Some(hour)) {
            return Ok(false);
        }
        let committed = self.commit(Batch::of(LogChange::Sample(hour))).await?;
        self.chores(|chores| chores.sampled = Some(hour));
        Ok(committed.skipped.is_empty())
    }

    async fn out_of_date(&self, now: Now) -> Result<Vec<Change>, AppError> {
        // What would be published now must be the catalogue's latest.
        self.refresh_catalog().await?;
        let snapshot = self.snapshot();
        let logs = snapshot.catalog.settings().logs;
        let even = self.clock_is_even(now);
        let days = |days: u16| now.wall.minus(DAY * u32::from(days));
        let lines = Prune::Activity {
            before: if even { days(logs.activity_days) } else { Timestamp::from_millis(i64::MIN) },
            keep: logs.activity_lines.into(),
            limit: LINES_AT_ONCE,
        };
        let mut changes = vec![Change::Prune(lines)];
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner).sequence;
        let passed = self.chores(|chores| chores.mark(now.mono, watched));
        changes.extend(passed.map(|until| Prune::GoneDevices(until, AT_ONCE).into()));
        if !even {
            return Ok(changes);
        }
        let hours = i64::from(logs.sample_days) * 24;
        let live = snapshot.live.generation().id();
        let prunes = [
            Prune::Events(days(logs.device_event_days), AT_ONCE),
            Prune::Samples(Hour::of(now.wall).minus(hours), 4),
            Prune::Uptimes(now.wall.minus(HISTORY), AT_ONCE),
            Prune::Jobs(now.wall.minus(ENDED_JOBS), 1),
            Prune::AlarmEvents(days(logs.alarm_days), AT_ONCE),
            Prune::Tokens(now.wall.minus(ENDED_TOKENS)),
            Prune::Generations { live, at: now.wall, before: now.wall.minus(IDLE), limit: 4 },
        ];
        changes.extend(prunes.map(Change::Prune));
        let (used, begun) = self.session_limits().bounds(now.wall);
        changes.push(Change::Account(AccountChange::PruneSessions(used, begun)));
        changes.push(Change::Request(RequestChange::Prune(now.wall.minus(repeat::KEPT))));
        Ok(changes)
    }

    fn clock_is_even(&self, now: Now) -> bool {
        let mut state = self.sweep.lock().unwrap_or_else(PoisonError::into_inner);
        state.observe(now);
        state.even_for(now) >= EVEN
    }

    /// Whether the wall clock was set a moment ago.
    pub(super) fn clock_was_set(&self, now: Now) -> bool {
        let mut state = self.sweep.lock().unwrap_or_else(PoisonError::into_inner);
        state.observe(now);
        state.was_set(now)
    }

    fn chores<T>(&self, with: impl FnOnce(&mut Chores) -> T) -> T {
        with(&mut self.chores.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
