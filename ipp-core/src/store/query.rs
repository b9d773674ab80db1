//! What is asked of a store, and what it answers.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    alarm::{Alarm, AlarmKey, Severity},
    catalog::Stored,
    cfg::FileInfo,
    device::Device,
    digest::Fingerprint,
    generation::GenerationId,
    id::{DeviceId, OperatorId, RegionId, RunId, TemplateId, UserId},
    mac::Mac,
    phone_model::ModelId,
    render::DeviceInputs,
    status::Status,
    text::UserName,
    time::Timestamp,
    user::User,
    vault::Sealed,
};

/// What a device is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceKey {
    /// Its id.
    Id(DeviceId),
    /// Its MAC address.
    Mac(Mac),
    /// The fingerprint of its bound token.
    Token(Fingerprint),
}

/// A device with what is known of it. All of it is of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The device.
    pub device: Stored<Device>,
    /// Its user; `None` where it has none.
    pub owner: Option<User>,
    /// Its status; `None` where it was never seen.
    pub status: Option<Status>,
    /// What is published for it; `None` where nothing is.
    pub pin: Option<PinRecord>,
    /// The file that stands in for it; `None` where none does.
    pub stand_in: Option<Stored<FileInfo>>,
}

/// A published file: what it is made from, not its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The device.
    pub device: DeviceId,
    /// The pinned catalogue.
    pub generation: GenerationId,
    /// The template.
    pub template: TemplateId,
    /// The region it was made for.
    pub region: Option<RegionId>,
    /// The model it was made for.
    pub model: ModelId,
    /// The fingerprint of the shared values.
    pub cohort: Fingerprint,
    /// The fingerprint of the device's own values.
    pub own: Fingerprint,
    /// The device's own values.
    pub inputs: DeviceInputs,
    /// The secret ones, sealed in one.
    pub secrets: Sealed,
    /// The fingerprint of the file's bytes: its entity tag.
    pub digest: Fingerprint,
    /// The length of the file in bytes.
    pub length: u32,
    /// When it was published.
    pub published_at: Timestamp,
    /// The run that published it; `None` where a single phone was published.
    pub run: Option<RunId>,
}

/// A published file with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinRecord {
    /// Counts the publishes of the device from 1.
    pub number: u64,
    /// Whether it is what the phone gets.
    pub current: bool,
    /// The published file.
    pub pin: Pin,
}

/// A point in the sequence of changes of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceSequence(pub u64);

/// What a user is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// The id.
    Id(UserId),
    /// The name, ASCII case aside.
    Name(UserName),
}

/// What an administrator's account is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorKey {
    /// The id.
    Id(OperatorId),
    /// The name, ASCII case aside.
    Name(UserName),
}

/// Which alarms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct AlarmFilter {
    /// Only alarms of this device.
    pub device: Option<DeviceId>,
    /// Only alarms of devices of these regions; `None` is all.
    pub regions: Option<Vec<RegionId>>,
    /// Only alarms at least this bad.
    pub at_least: Option<Severity>,
    /// Only alarms that this finds.
    pub search: Option<AlarmSearch>,
}

impl AlarmFilter {
    /// Whether an alarm passes.
    pub fn passes(&self, record: &AlarmRecord) -> bool {
        let AlarmRecord { alarm, mac, region, peer } = record;
        self.device.is_none_or(|device| alarm.key.device == device)
            && self
                .regions
                .as_ref()
                .is_none_or(|regions| region.is_some_and(|region| regions.contains(&region)))
            && self.at_least.is_none_or(|least| alarm.severity >= least)
            && self.search.as_ref().is_none_or(|search| search.finds(alarm, *mac, *peer))
    }
}

/// A search for alarms (ALM-44).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmSearch {
    /// By the whole MAC address.
    Mac(Mac),
    /// By the address of the phone's last report.
    Address(IpAddr),
    /// By a part of name or description, ASCII case aside.
    Text(String),
}

impl AlarmSearch {
    /// What people mean by a text: an address where it is one.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        text.parse()
            .map(Self::Mac)
            .or_else(|_| text.parse::<IpAddr>().map(|address| Self::Address(address.to_canonical())))
            .unwrap_or_else(|_| Self::Text(text.to_ascii_lowercase()))
    }

    fn finds(&self, alarm: &Alarm, mac: Mac, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Mac(wanted) => mac == *wanted,
            Self::Address(wanted) => peer == Some(*wanted),
            Self::Text(text) => [&alarm.key.name, &alarm.key.qualifier]
                .iter()
                .any(|word| word.to_ascii_lowercase().contains(text.as_str())),
        }
    }
}

/// An active alarm with the phone that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRecord {
    /// The alarm.
    pub alarm: Alarm,
    /// The phone's MAC address.
    pub mac: Mac,
    /// The phone's region.
    pub region: Option<RegionId>,
    /// The address of the phone's last report.
    pub peer: Option<IpAddr>,
}

/// The place of an alarm in the list: the latest action first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmPlace {
    /// Its last action.
    pub last_action_at: Timestamp,
    /// What it is.
    pub key: AlarmKey,
}

/// A page of a list that is sorted by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K> {
    /// Only rows behind this key; `None` begins at the first.
    pub after: Option<K>,
    /// At most this many rows.
    pub limit: u32,
}

impl<K> Page<K> {
    /// The first page.
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// The page behind `key`.
    pub const fn after(key: K, limit: u32) -> Self {
        Self { after: Some(key), limit }
    }
}

/// What the disconnect rule needs of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepRow {
    /// The phone.
    pub device: DeviceId,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// After how long it counts as disconnected.
    pub timeout: Duration,
}
