//! The port that tells people of alarms.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use crate::{alarm::AlarmMessage, blob::BoxFuture};

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The same for every attempt to tell the same thing.
    pub dedupe_key: String,
    /// The alarm that was raised or cleared.
    pub message: AlarmMessage,
}

/// Why nobody was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{target} was not told: {reason}")]
pub struct NotifyError {
    /// Whom.
    pub target: String,
    /// Why.
    pub reason: String,
}

/// Tells people of alarms; at least once.
pub trait Notifier: fmt::Debug + Send + Sync {
    /// Tells once.
    fn notify(&self, notification: &Notification) -> BoxFuture<'_, Result<(), NotifyError>>;
}

/// Remembers what was told, for tests.
#[derive(Debug, Default)]
pub struct MemoryNotifier(Mutex<Vec<Notification>>);

impl MemoryNotifier {
    /// What was told so far.
    pub fn told(&self) -> Vec<Notification> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Notifier for MemoryNotifier {
    fn notify(&self, notification: &Notification) -> BoxFuture<'_, Result<(), NotifyError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notification.clone());
        Box::pin(async { Ok(()) })
    }
}
