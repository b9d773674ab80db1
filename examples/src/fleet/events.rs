//! What a fleet lets others see of its phones while they live.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::error::{PhoneError, Step};

/// A phone has completed a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FleetEvent {
    /// Index of the phone.
    pub phone: u32,
    /// The step.
    pub step: Step,
    /// Time since the fleet started.
    pub at: Duration,
}

/// How far a phone has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Outcome {
    /// A report `registered` was accepted.
    Registered,
    /// Not registered, and nothing wrong: it waits to be configured, or had no time.
    Pending {
        /// The last step completed.
        last: Step,
    },
    /// Not registered, and its last attempt failed.
    Failed {
        /// The step that failed.
        step: Step,
        /// Why.
        reason: String,
    },
}

/// The state of all phones of one fleet.
#[derive(Debug)]
pub(super) struct Board {
    first: u32,
    started: Instant,
    slots: Box<[Mutex<Slot>]>,
    registered: watch::Sender<usize>,
    events: Option<mpsc::Sender<FleetEvent>>,
    dropped: AtomicU64,
}

#[derive(Debug, Clone)]
struct Slot {
    last: Step,
    registered: bool,
    vanished: bool,
    error: Option<(Step, String)>,
}

/// One phone's way to its place on the board.
#[derive(Debug, Clone)]
pub(super) struct Observer {
    board: Arc<Board>,
    phone: u32,
}

impl Board {
    pub(super) fn new(first: u32, phones: u32, events: Option<mpsc::Sender<FleetEvent>>) -> Arc<Self> {
        let slot = Slot { last: Step::PoweredOn, registered: false, vanished: false, error: None };
        Arc::new(Self {
            first,
            started: Instant::now(),
            slots: (0..phones).map(|_| Mutex::new(slot.clone())).collect(),
            registered: watch::channel(0).0,
            events,
            dropped: AtomicU64::new(0),
        })
    }

    pub(super) fn observer(self: &Arc<Self>, phone: u32) -> Observer {
        Observer { board: Arc::clone(self), phone }
    }

    pub(super) fn phones(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn registered(&self) -> watch::Receiver<usize> {
        self.registered.subscribe()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    pub(super) fn vanished(&self) -> usize {
        self.slots.iter().filter(|slot| lock(slot).vanished).count()
    }

    pub(super) fn outcomes(&self) -> impl Iterator<Item = (u32, Outcome)> {
        (self.first..).zip(self.slots.iter().map(|slot| lock(slot).outcome()))
    }
}

impl Observer {
    pub(super) fn completed(&self, step: Step) {
        let board = &self.board;
        let newly = self.with_slot(|slot| {
            slot.last = step;
            slot.error = None;
            slot.vanished |= step == Step::Vanished;
            step == Step::Registered && !std::mem::replace(&mut slot.registered, true)
        });
        let event = FleetEvent { phone: self.phone, step, at: board.elapsed() };
        // A slow reader must not slow the phones down.
        if board.events.as_ref().is_some_and(|events| events.try_send(event).is_err()) {
            board.dropped.fetch_add(1, Relaxed);
        }
        if newly == Some(true) {
            board.registered.send_modify(|count| *count += 1);
        }
    }

    pub(super) fn failed(&self, error: &PhoneError) {
        self.with_slot(|slot| slot.error = Some((error.step(), error.problem().to_string())));
    }

    fn with_slot<T>(&self, change: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        let at = usize::try_from(self.phone.checked_sub(self.board.first)?).ok()?;
        self.board.slots.get(at).map(|slot| change(&mut lock(slot)))
    }
}

impl Slot {
    fn outcome(&self) -> Outcome {
        match &self.error {
            _ if self.registered => Outcome::Registered,
            Some((step, reason)) => Outcome::Failed { step: *step, reason: reason.clone() },
            None => Outcome::Pending { last: self.last },
        }
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    // Nothing panics while a slot is held; were it so, its value would still be whole.
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
