//! What became of alarms, one event after the other: what is told to people and to other systems.

use serde::{Deserialize, Serialize};

use super::{Alarm, AlarmDetails, AlarmKey, Severity};
use crate::{id::RegionId, mac::Mac, time::Timestamp};

/// Something that happened to an alarm. A repeat of what is known already is no event (C11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmEvent {
    /// Counts the events of an installation from 1. Whoever is told of an event twice knows it by this.
    pub number: u64,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Which alarm.
    pub key: AlarmKey,
    /// The phone's MAC address.
    pub mac: Mac,
    /// The region that the phone was in.
    pub region: Option<RegionId>,
    /// What.
    pub step: AlarmStep,
}

/// What happened to an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmStep {
    /// It became active.
    Raised {
        /// How bad it is.
        severity: Severity,
        /// The rest of the message.
        details: AlarmDetails,
    },
    /// It is as bad no more, or worse.
    Changed {
        /// How bad it was.
        from: Severity,
        /// How bad it is.
        severity: Severity,
        /// The rest of the message.
        details: AlarmDetails,
    },
    /// The phone, or somebody by hand, cleared it.
    Cleared,
    /// Its phone was deleted. The time of the event is the alarm's last; when the phone was deleted is in
    /// the audit log.
    PhoneDeleted,
}

impl AlarmStep {
    /// What raising an alarm is, given the one before; `None` where it says nothing new.
    pub fn between(before: Option<&Alarm>, after: &Alarm) -> Option<Self> {
        let (severity, details) = (after.severity, after.details.clone());
        match before.map(|before| before.severity) {
            None => Some(Self::Raised { severity, details }),
            Some(from) if from != severity => Some(Self::Changed { from, severity, details }),
            Some(_) => None,
        }
    }
}
