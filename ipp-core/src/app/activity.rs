//! What goes on, gathered in bounded memory and written down every few seconds, so that a report or a
//! fetch waits for no line about it. What is gathered and not written is lost with the process.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::PoisonError,
    time::Duration,
};

use super::{
    App, AppError,
    phones::Phone,
    publish::{Generate, GenerateReport},
};
use crate::{
    device::Device,
    id::{DeviceId, RegionId},
    log::{Activity, ActivityEntry, DeviceEvent, EventKind, LogLevel, LogText},
    mac::Mac,
    store::{Batch, LogChange, Store},
    time::Timestamp,
};

/// How often the driver writes down what was gathered.
pub const FLUSH: Duration = Duration::from_secs(5);

/// How many lines are gathered at once; how many of them may be of the last level, how many may be about
/// senders that are not known, and how many about one of these.
const LINES: usize = 4_000;
const VERBOSE: usize = 2_000;
const STRANGERS: usize = 1_000;
const OF_ONE_STRANGER: u32 = 16;

/// How many events of phones are gathered at once.
const EVENTS: usize = 10_000;

/// How many rows one batch writes.
const AT_ONCE: usize = 100;

/// Who a line is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    region: Option<RegionId>,
    mac: Option<Mac>,
    peer: Option<IpAddr>,
    /// Whether the phone proved who it is.
    known: bool,
}

impl About {
    /// A sender that is not known, with the address that it states.
    pub const fn stranger(mac: Option<Mac>, peer: IpAddr) -> Self {
        Self { region: None, mac, peer: Some(peer), known: false }
    }

    pub(super) fn device(device: &Device) -> Self {
        Self { region: device.region, mac: Some(device.mac), peer: None, known: true }
    }

    pub(super) fn phone(phone: &Phone, peer: IpAddr) -> Self {
        Self { peer: Some(peer), ..Self::device(&phone.device) }
    }

    /// The server itself.
    pub(super) const fn server() -> Self {
        Self { region: None, mac: None, peer: None, known: true }
    }
}

/// How the log keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogGauges {
    /// Lines and events that wait to be written.
    pub waiting: u64,
    /// Lines and events that were left out since the start, because too much happened at once.
    pub left_out: u64,
}

/// What was gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    lines: Vec<Line>,
    verbose: usize,
    strangers: usize,
    by_stranger: HashMap<IpAddr, u32>,
    events: BTreeMap<DeviceId, Vec<DeviceEvent>>,
    count_of_events: usize,
    /// What was not written yet, because the store refused it.
    unwritten: Vec<LogChange>,
    left_out: u64,
    left_out_before: u64,
}

#[derive(Debug)]
struct Line {
    at: Timestamp,
    level: LogLevel,
    about: About,
    activity: Activity,
}

impl Gathered {
    fn line(&mut self, line: Line) {
        let stranger = line.about.peer.filter(|_| !line.about.known);
        let full = self.lines.len() >= LINES
            || (line.level == LogLevel::Verbose && self.verbose >= VERBOSE)
            || stranger.is_some_and(|peer| {
                self.strangers >= STRANGERS
                    || self.by_stranger.get(&peer).is_some_and(|count| *count >= OF_ONE_STRANGER)
            });
        if full {
            self.left_out += 1;
            return;
        }
        self.verbose += usize::from(line.level == LogLevel::Verbose);
        if let Some(peer) = stranger {
            self.strangers += 1;
            *self.by_stranger.entry(peer).or_default() += 1;
        }
        self.lines.push(line);
    }

    fn event(&mut self, event: DeviceEvent) {
        let last = self.events.get_mut(&event.device).and_then(|events| events.last_mut());
        match last {
            Some(last) if last.is_like(&event) => *last = last.clone().and(&event),
            _ if self.count_of_events >= EVENTS => self.left_out += 1,
            _ => {
                self.count_of_events += 1;
                self.events.entry(event.device).or_default().push(event);
            }
        }
    }

    /// What is to be written; where the store refused something, that comes first, and alone.
    fn take(&mut self, now: Timestamp) -> Vec<LogChange> {
        if !self.unwritten.is_empty() {
            return std::mem::take(&mut self.unwritten);
        }
        let Self { lines, events, left_out, left_out_before, .. } = std::mem::take(self);
        self.left_out_before = left_out_before + left_out;
        let left_out = (left_out > 0).then(|| {
            let activity = Activity::LeftOut(left_out);
            Line { at: now, level: activity.level(), about: About::server(), activity }
        });
        let lines: Vec<_> = lines.into_iter().chain(left_out).map(Line::entry).collect();
        let events: Vec<_> = events.into_values().flatten().collect();
        let lines = lines.chunks(AT_ONCE).map(|lines| LogChange::Activity(lines.to_vec()));
        lines.chain(events.chunks(AT_ONCE).map(|events| LogChange::Events(events.to_vec()))).collect()
    }
}

impl Line {
    fn entry(self) -> ActivityEntry {
        let Self { at, level, about: About { region, mac, peer, known: _ }, activity } = self;
        let text = match peer {
            Some(peer) => format!("{activity}, from {peer}"),
            None => activity.to_string(),
        };
        ActivityEntry { at, level, region, mac, text: LogText::of(&text) }
    }
}

/// How many rows a change writes.
const fn rows(change: &LogChange) -> usize {
    match change {
        LogChange::Activity(lines) => lines.len(),
        LogChange::Events(events) => events.len(),
        LogChange::Sample(_) => 1,
    }
}

impl<S: Store> App<S> {
    /// Notes what happened, for the activity log, where its level is recorded (AMB-82).
    pub fn note(&self, about: About, activity: Activity) {
        let level = activity.level();
        if self.snapshot().catalog.settings().logs.level.includes(level) {
            let line = Line { at: self.now().wall, level, about, activity };
            self.gathered(|gathered| gathered.line(line));
        }
    }

    /// Notes what happened to a phone, for its events.
    pub(super) fn note_event(&self, device: DeviceId, kind: EventKind) {
        let event = DeviceEvent::once(device, kind, self.now().wall);
        self.gathered(|gathered| gathered.event(event));
    }

    /// Notes what a run that published files did.
    pub(super) fn note_run(&self, run: &Generate) {
        let GenerateReport { published, unchanged, waiting: _, failed } = run.report();
        self.note(
            About::server(),
            Activity::Published {
                actor: run.actor().to_owned(),
                published: *published,
                unchanged: *unchanged,
                failed: failed.len() as u64,
            },
        );
    }

    /// How the log keeps up.
    pub fn log_gauges(&self) -> LogGauges {
        self.gathered(|gathered| {
            let unwritten: usize = gathered.unwritten.iter().map(rows).sum();
            let waiting = gathered.lines.len() + gathered.count_of_events + unwritten;
            LogGauges { waiting: waiting as u64, left_out: gathered.left_out_before + gathered.left_out }
        })
    }

    /// Writes down what was gathered. To be called every few seconds, and before the process ends. What
    /// the store refuses is kept for the next time.
    pub async fn flush_log(&self) -> Result<(), AppError> {
        self.flush_refusals().await?;
        loop {
            let now = self.now().wall;
            let mut changes = self.gathered(|gathered| gathered.take(now));
            if changes.is_empty() {
                return Ok(());
            }
            // One by one: whoever reports meanwhile waits for a hundred rows and not for all.
            changes.reverse();
            while let Some(next) = changes.pop() {
                if let Err(error) = self.commit(Batch::of(next.clone())).await {
                    let rest = std::iter::once(next).chain(changes.into_iter().rev());
                    self.gathered(|gathered| gathered.unwritten.extend(rest));
                    return Err(error);
                }
            }
        }
    }

    fn gathered<T>(&self, with: impl FnOnce(&mut Gathered) -> T) -> T {
        with(&mut self.gathered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
