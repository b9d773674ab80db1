//! What is there of the users and devices that a file names.

use std::collections::{HashMap, HashSet};

use crate::{
    app::{AppError, admin::Admin},
    catalog::Stored,
    csv::Sheet,
    device::Device,
    mac::Mac,
    store::{DeviceFilter, DeviceKey, Store, UserFilter, UserKey},
    user::User,
};

/// Users by folded name.
type Users = HashMap<String, Stored<User>>;
type Devices = HashMap<Mac, Stored<Device>>;

/// Up to so many users and devices are looked up one by one; of more, all that is there is read through once.
const FEW: usize = 200;

impl<S: Store> Admin<'_, S> {
    /// What is there of the users and devices that a file names.
    pub(super) async fn present(&self, sheet: &Sheet) -> Result<(Users, Devices), AppError> {
        let store = self.app.store();
        let named = || sheet.rows.iter().filter_map(|row| row.user.as_ref().ok());
        let (mut users, mut devices) = (HashMap::new(), HashMap::new());
        let mut keep = |device: Stored<Device>| drop(devices.insert(device.value.mac, device));
        if named().map(|row| 1 + row.devices.len()).sum::<usize>() <= FEW {
            for row in named() {
                for device in &row.devices {
                    let found = store.device(DeviceKey::Mac(device.mac)).await?;
                    if let Some(found) = found {
                        keep(found.device);
                    }
                }
                if let Some(user) = store.user(UserKey::Name(row.name.clone())).await? {
                    let filter = DeviceFilter::all().of_user(user.value.id);
                    self.each_device(&filter, &mut keep).await?;
                    users.insert(row.name.folded(), user);
                }
            }
            return Ok((users, devices));
        }
        let wanted: HashSet<String> = named().map(|row| row.name.folded()).collect();
        let macs: HashSet<Mac> = named().flat_map(|row| &row.devices).map(|device| device.mac).collect();
        let mut ids = HashSet::new();
        let user = |user: Stored<User>| {
            let folded = user.value.name.folded();
            if wanted.contains(&folded) {
                ids.insert(user.value.id);
                users.insert(folded, user);
            }
        };
        self.each_user(&UserFilter::default(), user).await?;
        let device = |device: Stored<Device>| {
            let of_user = device.value.owner.is_some_and(|owner| ids.contains(&owner.user));
            if of_user || macs.contains(&device.value.mac) {
                keep(device);
            }
        };
        self.each_device(&DeviceFilter::all(), device).await?;
        Ok((users, devices))
    }
}
