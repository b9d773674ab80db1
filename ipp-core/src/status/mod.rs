//! The status of phones: what they report, and what follows from their silence.
//!
//! Two fields, never mixed (AMB-48): the *registration* is what the phone said last; the
//! *connectivity* is derived from when it said so. All logic runs on the server's receive time.

pub mod silence;

use std::{collections::BTreeMap, fmt, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use self::silence::CLOCK_STEP;
use crate::{id::DeviceId, time::Timestamp};

/// What a phone says of its SIP registration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Registration {
    /// It has started; nobody is signed in yet.
    Started,
    /// It is registered.
    Registered,
    /// It is not registered.
    Unregistered,
    /// It is signed out.
    Offline,
    /// Something else, kept and shown as sent.
    Other(String),
}

impl From<String> for Registration {
    fn from(text: String) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "started" => Self::Started,
            "registered" => Self::Registered,
            "unregistered" => Self::Unregistered,
            "offline" => Self::Offline,
            _ => Self::Other(text),
        }
    }
}

impl From<Registration> for String {
    fn from(registration: Registration) -> Self {
        registration.to_string()
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Started => "started",
            Self::Registered => "registered",
            Self::Unregistered => "unregistered",
            Self::Offline => "offline",
            Self::Other(text) => text,
        })
    }
}

/// Whether a phone reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// It reported within its time.
    Connected,
    /// It has been silent for longer than its time.
    Disconnected,
}

/// The three disjoint classes that are counted; together they are all phones (AMB-49).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusClass {
    /// Connected and registered.
    Registered,
    /// Connected and anything but registered, or never seen.
    NonRegistered,
    /// Silent for too long.
    Disconnected,
}

impl StatusClass {
    /// The class of a phone with this status; `None` is a phone that was never seen.
    pub fn of(status: Option<(&Registration, Connectivity)>) -> Self {
        match status {
            Some((_, Connectivity::Disconnected)) => Self::Disconnected,
            Some((Registration::Registered, Connectivity::Connected)) => Self::Registered,
            Some((_, Connectivity::Connected)) | None => Self::NonRegistered,
        }
    }
}

/// What a report says besides the registration; kept as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the member of the same meaning in a phone's report")]
pub struct ReportDetails {
    pub ip: String,
    pub subnet: String,
    pub vlan_id: String,
    pub model: String,
    pub firmware_version: String,
    pub user_agent: String,
    pub user_name: String,
    pub user_id: String,
    pub phone_number: String,
    pub location: String,
    pub sip_proxy: String,
    /// Members that the server has no use for yet.
    pub extra: BTreeMap<String, String>,
}

/// One report, as it is handed to the store. The store keeps it only where it is newer than what
/// it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The phone.
    pub device: DeviceId,
    /// When the server received it.
    pub received_at: Timestamp,
    /// The registration.
    pub registration: Registration,
    /// After how long without a report the phone counts as disconnected.
    pub timeout: Duration,
    /// From where it came, or the address that a configured proxy forwarded.
    pub peer: IpAddr,
    /// Whether it came through the SBC HTTP proxy.
    pub proxied: bool,
    /// The rest.
    pub details: ReportDetails,
}

/// The status of a phone that was seen at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What the phone reported last.
    pub registration: Registration,
    /// Whether it still reports.
    pub connectivity: Connectivity,
    /// When it reported last (DASH-07).
    pub last_seen: Timestamp,
    /// When registration or connectivity changed last (DEV-20).
    pub changed_at: Timestamp,
    /// After how long without a report it counts as disconnected.
    pub timeout: Duration,
    /// From where it reported last.
    pub peer: IpAddr,
    /// Whether it uses the SBC HTTP proxy.
    pub proxied: bool,
    /// The rest of the last report.
    pub details: ReportDetails,
}

impl Status {
    /// The status after a report, given the one before. `None` where the report is not newer.
    pub fn after(previous: Option<&Self>, report: &StatusReport) -> Option<Self> {
        // No report is under way for as long as a clock step: one that seems so much older was
        // received after the clock had been set back (C16).
        let older = previous.map_or(Duration::ZERO, |status| status.last_seen.since(report.received_at));
        if (Duration::from_millis(1)..=CLOCK_STEP).contains(&older) {
            return None;
        }
        let unchanged = previous.filter(|status| {
            status.connectivity == Connectivity::Connected && status.registration == report.registration
        });
        Some(Self {
            registration: report.registration.clone(),
            connectivity: Connectivity::Connected,
            last_seen: report.received_at,
            changed_at: unchanged.map_or(report.received_at, |status| status.changed_at),
            timeout: report.timeout,
            peer: report.peer,
            proxied: report.proxied,
            details: report.details.clone(),
        })
    }

    /// The class that this status is counted in.
    pub fn class(&self) -> StatusClass {
        StatusClass::of(Some((&self.registration, self.connectivity)))
    }
}

/// The timeout of a phone: the setting, but never less than two of its reporting periods, so that
/// one late report disconnects nobody (C18).
pub fn effective_timeout(setting: Duration, keep_alive_minutes: u64) -> Duration {
    setting.max(Duration::from_secs(keep_alive_minutes.saturating_mul(120)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(at: i64, registration: Registration) -> StatusReport {
        StatusReport {
            device: DeviceId::from_bytes([1; 16]),
            received_at: Timestamp::from_millis(at),
            registration,
            timeout: Duration::from_hours(2),
            peer: IpAddr::from([10, 0, 0, 1]),
            proxied: false,
            details: ReportDetails::default(),
        }
    }

    #[test]
    fn dev_20_the_time_of_change_moves_only_with_a_change() {
        let first = Status::after(None, &report(1_000, Registration::Started)).unwrap();
        let same = Status::after(Some(&first), &report(2_000, Registration::Started)).unwrap();
        assert_eq!((same.changed_at.as_millis(), same.last_seen.as_millis()), (1_000, 2_000));
        let other = Status::after(Some(&same), &report(3_000, Registration::Registered)).unwrap();
        assert_eq!(other.changed_at.as_millis(), 3_000);
    }

    #[test]
    fn c14_an_older_report_changes_nothing() {
        let now = Status::after(None, &report(2_000, Registration::Registered)).unwrap();
        assert_eq!(Status::after(Some(&now), &report(1_000, Registration::Offline)), None);
    }

    #[test]
    fn sys_12_a_report_brings_a_disconnected_phone_back() {
        let mut gone = Status::after(None, &report(1_000, Registration::Registered)).unwrap();
        gone.connectivity = Connectivity::Disconnected;
        let back = Status::after(Some(&gone), &report(9_000, Registration::Registered)).unwrap();
        assert_eq!((back.connectivity, back.changed_at.as_millis()), (Connectivity::Connected, 9_000));
    }

    #[test]
    fn amb_48_every_status_has_one_class() {
        use Connectivity::{Connected, Disconnected};
        for (registration, connected) in [
            (Registration::Started, StatusClass::NonRegistered),
            (Registration::Registered, StatusClass::Registered),
            (Registration::Unregistered, StatusClass::NonRegistered),
            (Registration::Offline, StatusClass::NonRegistered),
            (Registration::Other("dnd".to_owned()), StatusClass::NonRegistered),
        ] {
            assert_eq!(StatusClass::of(Some((&registration, Connected))), connected);
            assert_eq!(StatusClass::of(Some((&registration, Disconnected))), StatusClass::Disconnected);
        }
        assert_eq!(StatusClass::of(None), StatusClass::NonRegistered);
    }

    #[test]
    fn amb_33_the_timeout_is_at_least_two_reporting_periods() {
        let setting = Duration::from_hours(2);
        assert_eq!(effective_timeout(setting, 60), setting);
        assert_eq!(effective_timeout(setting, 300), Duration::from_hours(10));
    }

    #[test]
    fn unknown_words_are_kept_as_sent() {
        assert_eq!(Registration::from("REGISTERED".to_owned()), Registration::Registered);
        assert_eq!(Registration::from("Do Not Disturb".to_owned()).to_string(), "Do Not Disturb");
    }
}
