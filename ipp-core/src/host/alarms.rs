//! The port through which a host application hears of alarms (ALM-02).

use std::fmt;

use super::Asking;
use crate::alarm::event::AlarmEvent;

/// Hears of every alarm of every phone.
pub trait AlarmSink: fmt::Debug + Send + Sync {
    /// Takes an event, in the order of their numbers. Where it fails, or the process ends before it is noted
    /// that it was taken, the same event comes again: what has a number that was seen is to be passed
    /// over. A host that begins to listen later is told of all events that are still kept.
    fn alarm<'a>(&'a self, event: &'a AlarmEvent) -> Asking<'a, ()>;
}
