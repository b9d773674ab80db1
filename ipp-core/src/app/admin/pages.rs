//! Reads through all users or devices, a page at a time.

use crate::{
    app::{AppError, admin::Admin},
    catalog::Stored,
    device::Device,
    store::{DeviceFilter, Page, Store, UserFilter},
    user::User,
};

/// How many rows a page has.
const PAGE: u32 = 1_000;

impl<S: Store> Admin<'_, S> {
    pub(super) async fn each_user(
        &self,
        filter: &UserFilter,
        mut each: impl FnMut(Stored<User>),
    ) -> Result<(), AppError> {
        let mut page = Page::first(PAGE);
        loop {
            let found = self.app.store().users(filter, page).await?;
            let next = found.last().map(|user| user.value.id).filter(|_| found.len() == PAGE as usize);
            found.into_iter().for_each(&mut each);
            match next {
                Some(next) => page = Page::after(next, PAGE),
                None => return Ok(()),
            }
        }
    }

    pub(super) async fn each_device(
        &self,
        filter: &DeviceFilter,
        mut each: impl FnMut(Stored<Device>),
    ) -> Result<(), AppError> {
        let mut page = Page::first(PAGE);
        loop {
            let found = self.app.store().devices(filter, page).await?;
            let next = found.last().map(|found| found.device.value.id);
            let next = next.filter(|_| found.len() == PAGE as usize);
            for found in found {
                each(found.device);
            }
            match next {
                Some(next) => page = Page::after(next, PAGE),
                None => return Ok(()),
            }
        }
    }
}
