//! Alarms of phones: an alarm is (device, name, qualifier), and an exact repeat updates the row.
//!
//! The qualifier is the description, because phones raise several alarms under one name.

pub mod event;

use serde::{Deserialize, Serialize};

use crate::{id::DeviceId, time::Timestamp};

/// The name under which phones raise that they are not registered (section 8.3.1).
pub const REGISTRATION_FAILURE: &str = "IPPHONE REGISTRATION FAILURE";

/// How bad an alarm is; the numbers are those of the vendor's MIB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 1: for information.
    Indeterminate,
    /// 2.
    Warning,
    /// 3.
    Minor,
    /// 4; orange (ALM-13).
    Major,
    /// 5; red (ALM-12).
    Critical,
}

impl Severity {
    /// The severity with that number; `None` for 0, which clears, and above 5.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Indeterminate,
            2 => Self::Warning,
            3 => Self::Minor,
            4 => Self::Major,
            5 => Self::Critical,
            _ => return None,
        })
    }

    /// Its number, 1 to 5.
    pub const fn number(self) -> u8 {
        match self {
            Self::Indeterminate => 1,
            Self::Warning => 2,
            Self::Minor => 3,
            Self::Major => 4,
            Self::Critical => 5,
        }
    }
}

/// What makes two messages the same alarm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlarmKey {
    /// The phone.
    pub device: DeviceId,
    /// The name, as sent.
    pub name: String,
    /// The description, as sent.
    pub qualifier: String,
}

/// The rest of an alarm message, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the member of the same meaning in a phone's message")]
pub struct AlarmDetails {
    pub unique_id: String,
    pub alarm_type: Option<i64>,
    pub probable_cause: Option<i64>,
    pub additional_info1: String,
    pub additional_info2: String,
    /// The phone's own clock; for people to read, never for logic.
    pub phone_time: String,
}

/// An alarm that is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What it is.
    pub key: AlarmKey,
    /// How bad it is.
    pub severity: Severity,
    /// When it was first received (ALM-10).
    pub raised_at: Timestamp,
    /// When it was raised or repeated last: *last action time* (AMB-67).
    pub last_action_at: Timestamp,
    /// How often it was received.
    pub count: u32,
    /// The rest of the last message.
    pub details: AlarmDetails,
}

/// What a phone's message does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmMessage {
    /// Raises an alarm, or repeats it.
    Raise {
        /// What it is.
        key: AlarmKey,
        /// How bad it is.
        severity: Severity,
        /// When the server received the message.
        received_at: Timestamp,
        /// The rest.
        details: AlarmDetails,
    },
    /// Clears every alarm of that name on that phone whose qualifier fits; clearing what is not
    /// there is no error (C12).
    Clear {
        /// The phone.
        device: DeviceId,
        /// The name.
        name: String,
        /// The qualifier; `None` clears all of the name, for phones that clear with another text.
        qualifier: Option<String>,
        /// When the server received the message.
        received_at: Timestamp,
    },
}

impl AlarmMessage {
    /// The phone that it is of.
    pub const fn device(&self) -> DeviceId {
        match self {
            Self::Raise { key, .. } => key.device,
            Self::Clear { device, .. } => *device,
        }
    }
}

impl Alarm {
    /// The alarm after a message that raises it, given the one before (ALM-48).
    pub fn after(
        previous: Option<&Self>,
        key: &AlarmKey,
        severity: Severity,
        received_at: Timestamp,
        details: &AlarmDetails,
    ) -> Self {
        Self {
            key: key.clone(),
            severity,
            raised_at: previous.map_or(received_at, |alarm| alarm.raised_at.min(received_at)),
            last_action_at: previous.map_or(received_at, |alarm| alarm.last_action_at.max(received_at)),
            count: previous.map_or(1, |alarm| alarm.count.saturating_add(1)),
            details: details.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alm_48_a_repeat_updates_the_alarm() {
        let key = AlarmKey {
            device: DeviceId::from_bytes([1; 16]),
            name: "N".to_owned(),
            qualifier: "Q".to_owned(),
        };
        let at = Timestamp::from_millis;
        let details = AlarmDetails::default();
        let first = Alarm::after(None, &key, Severity::Major, at(1), &details);
        let again = Alarm::after(Some(&first), &key, Severity::Critical, at(5), &details);
        assert_eq!((again.raised_at, again.last_action_at, again.count), (at(1), at(5), 2));
        assert_eq!(again.severity, Severity::Critical);
    }

    #[test]
    fn severities_have_the_numbers_of_the_mib() {
        for number in 1..=5 {
            assert_eq!(Severity::from_number(number).map(Severity::number), Some(number));
        }
        assert_eq!(Severity::from_number(0), None);
        assert_eq!(Severity::from_number(6), None);
    }
}
