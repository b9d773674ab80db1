//! Lists in an order that people choose: by which key, which way, and where a page begins.

use super::{DeviceRecord, Order};
use crate::{
    catalog::{Catalog, Stored},
    device::Device,
    status::{Status, StatusClass},
    user::User,
};

/// What devices are sorted by; ties go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceSort {
    /// When their rows were made.
    Made,
    /// The MAC address.
    #[default]
    Mac,
    /// The user name; devices without a user come first.
    User,
    /// The display name.
    DisplayName,
    /// The name of the region; devices without one come first.
    Region,
    /// The model; devices without one come first.
    Model,
    /// When they were last seen; devices that never were come first.
    LastSeen,
    /// The class of their status.
    Status,
}

/// What users are sorted by; ties go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserSort {
    /// The user name.
    #[default]
    Name,
    /// The display name.
    DisplayName,
    /// The name of the region.
    Region,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sorted<S> {
    /// By what.
    pub by: S,
    /// Which way.
    pub order: Order,
}

/// Where a row stands in a list. A page that begins behind it neither skips nor repeats a row,
/// whatever happened to this one meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListKey<I> {
    /// What it is sorted by, as a text that sorts alike.
    pub key: String,
    /// Its id.
    pub id: I,
}

/// A row with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<I, T> {
    /// Its place.
    pub at: ListKey<I>,
    /// The row.
    pub row: T,
}

/// A user with the number of its devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The user.
    pub user: Stored<User>,
    /// How many devices it has.
    pub devices: u64,
}

impl DeviceSort {
    /// What a device is sorted by.
    pub fn key(self, record: &DeviceRecord, catalog: &Catalog) -> String {
        let DeviceRecord { device, owner, status, .. } = record;
        self.key_of(&device.value, owner.as_ref(), status.as_ref(), catalog)
    }

    pub(super) fn key_of(
        self,
        device: &Device,
        owner: Option<&User>,
        status: Option<&Status>,
        catalog: &Catalog,
    ) -> String {
        match self {
            Self::Made => String::new(),
            Self::Mac => device.mac.to_string(),
            Self::User => owner.map_or_else(String::new, |user| user.name.folded()),
            Self::DisplayName => device.display_name.as_str().to_ascii_lowercase(),
            Self::Region => {
                let region = device.region.and_then(|id| catalog.region(id));
                region.map_or_else(String::new, |region| region.name.folded())
            }
            Self::Model => device.model.as_ref().map_or_else(String::new, ToString::to_string),
            Self::LastSeen => status.map_or_else(String::new, |status| seen(status.last_seen.as_millis())),
            Self::Status => class(status.map_or(StatusClass::NonRegistered, Status::class)).to_owned(),
        }
    }
}

impl UserSort {
    /// What a user is sorted by.
    pub fn key(self, user: &User, catalog: &Catalog) -> String {
        match self {
            Self::Name => user.name.folded(),
            Self::DisplayName => user.display_name.as_str().to_ascii_lowercase(),
            Self::Region => {
                catalog.region(user.region).map_or_else(String::new, |region| region.name.folded())
            }
        }
    }
}

/// A time as a text that sorts alike.
pub fn seen(millis: i64) -> String {
    format!("{:016}", millis.max(0))
}

/// The classes in the order of the list: what needs care last.
pub const fn class(class: StatusClass) -> &'static str {
    match class {
        StatusClass::Registered => "1",
        StatusClass::NonRegistered => "2",
        StatusClass::Disconnected => "3",
    }
}

/// Cuts a page out of rows that stand in no order.
pub fn cut<I: Ord, T>(
    mut rows: Vec<Listed<I, T>>,
    order: Order,
    after: Option<&ListKey<I>>,
    limit: u32,
) -> Vec<Listed<I, T>> {
    rows.retain(|row| {
        after.is_none_or(|after| match order {
            Order::Ascending => row.at > *after,
            Order::Descending => row.at < *after,
        })
    });
    rows.sort_by(|a, b| match order {
        Order::Ascending => a.at.cmp(&b.at),
        Order::Descending => b.at.cmp(&a.at),
    });
    rows.truncate(limit as usize);
    rows
}
