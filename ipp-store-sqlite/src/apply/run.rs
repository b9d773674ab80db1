//! Changes of one kind in a row, which one statement applies together.

use std::collections::HashSet;

use ipp_core::{
    device::Device,
    store::{Change, DeviceChange},
    user::User,
};

use crate::rows::TOGETHER;

/// As many changes of one kind as a statement takes.
#[derive(Debug)]
pub(super) enum Run<'b> {
    /// Users that are put.
    Users([&'b User; TOGETHER]),
    /// Devices that are put, each of them once.
    Devices([&'b Device; TOGETHER]),
}

impl<'b> Run<'b> {
    /// The run with which these changes begin, where they begin with one.
    pub(super) fn at_the_beginning(changes: &'b [Change]) -> Option<Self> {
        let changes: &[Change; TOGETHER] = changes.first_chunk()?;
        if let Some(users) = each(changes, user) {
            return Some(Self::Users(users));
        }
        let devices = each(changes, device)?;
        // What a device counts as follows from the change before.
        let mut ids = HashSet::with_capacity(TOGETHER);
        devices.iter().all(|device| ids.insert(device.id)).then_some(Self::Devices(devices))
    }
}

fn each<'b, T>(
    changes: &'b [Change; TOGETHER],
    of: fn(&'b Change) -> Option<&'b T>,
) -> Option<[&'b T; TOGETHER]> {
    let found: Vec<&T> = changes.iter().map_while(of).collect();
    found.try_into().ok()
}

fn user(change: &Change) -> Option<&User> {
    if let Change::PutUser(user) = change { Some(user) } else { None }
}

fn device(change: &Change) -> Option<&Device> {
    if let Change::Device(DeviceChange::Put(device)) = change { Some(device) } else { None }
}
