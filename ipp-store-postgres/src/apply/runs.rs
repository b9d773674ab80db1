//! Changes that follow each other and go into one statement.

use std::collections::HashSet;

use ipp_core::{
    device::Device,
    id::{DeviceId, UserId},
    status::StatusReport,
    store::{Change, DeviceChange, Pin, PinChange, StatusChange},
    time::Timestamp,
    user::User,
};

/// Whether changes may share a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apart {
    /// They do.
    Never,
    /// Each by itself: what breaks a constraint is then known by name, as the first that does.
    Always,
}

/// Changes of one kind.
pub(super) enum Run<'a> {
    Reports(Vec<&'a StatusReport>),
    /// Phones that have been silent: when each was last seen, and when that was decided.
    Silent(Vec<(DeviceId, Timestamp, Timestamp)>),
    Files(Vec<&'a Pin>),
    /// Users and devices, which refer to users only: the users may go first.
    Rows(Vec<&'a User>, Vec<&'a Device>),
    One(&'a Change),
}

impl<'a> Run<'a> {
    /// The changes at the beginning that go together, and how many these are: at least one. A statement
    /// writes no row twice, so the second change of a row begins another.
    pub(super) fn of(changes: &'a [Change], apart: Apart) -> (Self, usize) {
        let changes = if apart == Apart::Always { changes.get(..1).unwrap_or_default() } else { changes };
        let Some(first) = changes.first() else { return (Self::Reports(Vec::new()), 0) };
        match first {
            Change::Status(StatusChange::Report(_)) => {
                // These may name a phone twice: they are put together before they are written.
                let reports: Vec<_> = changes.iter().map_while(report).collect();
                let length = reports.len();
                (Self::Reports(reports), length)
            }
            Change::Status(StatusChange::Disconnect { .. }) => {
                let phones = alone(changes.iter().map_while(silent), |(device, ..)| *device);
                let length = phones.len();
                (Self::Silent(phones), length)
            }
            Change::Pin(PinChange::Publish(_)) => {
                let pins = alone(changes.iter().map_while(file), |pin| pin.device);
                let length = pins.len();
                (Self::Files(pins), length)
            }
            Change::PutUser(_) | Change::Device(DeviceChange::Put(_)) => Self::rows(changes),
            Change::Catalog(_)
            | Change::DeleteUser(_)
            | Change::Device(DeviceChange::Delete(_) | DeviceChange::EvictPending(_))
            | Change::Status(StatusChange::Forget(_))
            | Change::Alarm(_)
            | Change::PutGeneration(..)
            | Change::Pin(
                PinChange::Revert { .. }
                | PinChange::StandIn { .. }
                | PinChange::Resume(_)
                | PinChange::Withdraw(_),
            )
            | Change::Account(_)
            | Change::Request(_)
            | Change::Heartbeat(..)
            | Change::Run(_)
            | Change::Reseal(_)
            | Change::Log(_)
            | Change::Told(..)
            | Change::Prune(_)
            | Change::Job(_) => (Self::One(first), 1),
        }
    }

    fn rows(changes: &'a [Change]) -> (Self, usize) {
        let (mut users, mut devices) = (Vec::new(), Vec::new());
        let (mut known_users, mut known_devices) = (HashSet::<UserId>::new(), HashSet::<DeviceId>::new());
        let mut length = 0;
        for change in changes {
            match change {
                Change::PutUser(user) if known_users.insert(user.id) => users.push(&**user),
                Change::Device(DeviceChange::Put(device)) if known_devices.insert(device.id) => {
                    devices.push(&**device);
                }
                Change::PutUser(_)
                | Change::Device(_)
                | Change::Catalog(_)
                | Change::DeleteUser(_)
                | Change::Status(_)
                | Change::Alarm(_)
                | Change::PutGeneration(..)
                | Change::Pin(_)
                | Change::Account(_)
                | Change::Request(_)
                | Change::Heartbeat(..)
                | Change::Run(_)
                | Change::Reseal(_)
                | Change::Log(_)
                | Change::Told(..)
                | Change::Prune(_)
                | Change::Job(_) => break,
            }
            length += 1;
        }
        (Self::Rows(users, devices), length)
    }
}

fn alone<T>(all: impl Iterator<Item = T>, device: impl Fn(&T) -> DeviceId) -> Vec<T> {
    let mut known = HashSet::new();
    all.take_while(|one| known.insert(device(one))).collect()
}

fn report(change: &Change) -> Option<&StatusReport> {
    if let Change::Status(StatusChange::Report(report)) = change { Some(report) } else { None }
}

fn silent(change: &Change) -> Option<(DeviceId, Timestamp, Timestamp)> {
    let Change::Status(StatusChange::Disconnect { device, last_seen, at }) = change else { return None };
    Some((*device, *last_seen, *at))
}

fn file(change: &Change) -> Option<&Pin> {
    if let Change::Pin(PinChange::Publish(pin)) = change { Some(pin) } else { None }
}
