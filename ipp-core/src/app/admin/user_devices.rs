//! The devices of a user: they share its region, and what of it stands in their files.

use super::Admin;
use crate::{
    access::Capability,
    app::AppError,
    device::{Admission, Device, RegionOrigin},
    id::{DeviceId, UserId},
    store::{Batch, Change, DeviceChange, DeviceFilter, DeviceRecord, Expected, Page, Row, Store},
    user::User,
};

/// How many are read at a time.
const WINDOW: u32 = 500;

impl<S: Store> Admin<'_, S> {
    /// All devices of a user.
    pub(super) async fn devices_of(&self, user: UserId) -> Result<Vec<DeviceRecord>, AppError> {
        let filter = DeviceFilter::all().of_user(user);
        let (mut devices, mut after) = (Vec::new(), None);
        loop {
            let page = self.app.store().devices(&filter, Page { after, limit: WINDOW }).await?;
            let more = page.len() == WINDOW as usize;
            after = page.last().map(|record| record.device.value.id);
            devices.extend(page);
            if !more {
                return Ok(devices);
            }
        }
    }

    /// Adds to a batch that changes a user what follows for its devices, but for one that the batch
    /// changes anyway.
    pub(super) async fn with_devices_of(
        &self,
        user: &User,
        except: Option<DeviceId>,
        batch: &mut Batch,
    ) -> Result<(), AppError> {
        for record in self.devices_of(user.id).await? {
            let former = &record.device.value;
            let mut device = former.clone();
            if device.region != Some(user.region) {
                self.need_in(Capability::EditDevices, former.region, "device")?;
                self.need_in(Capability::EditDevices, Some(user.region), "region")?;
                device.region = Some(user.region);
                device.region_origin = RegionOrigin::Administrator;
            }
            self.app.complete(&mut device, Some(user))?;
            if device == *former || except == Some(device.id) {
                continue;
            }
            batch.expect.push(crate::store::Expect {
                row: Row::Device(device.id),
                state: Expected::Revision(record.device.revision),
            });
            batch.changes.push(Change::Device(DeviceChange::Put(Box::new(device.clone()))));
            self.publishing_on_save(&device, Some(user), batch)?;
        }
        Ok(())
    }

    /// Adds the file of a device that was edited, where its region publishes at once.
    pub(super) fn publishing_on_save(
        &self,
        device: &Device,
        owner: Option<&User>,
        batch: &mut Batch,
    ) -> Result<(), AppError> {
        let snapshot = self.app.snapshot();
        // Whoever waits or is shut out has no file to publish.
        let admitted = matches!(device.admission, Admission::Enrolled | Admission::Expected);
        let region = device.region.filter(|_| admitted).and_then(|id| snapshot.catalog.region(id));
        if region.is_some_and(|region| region.publish_on_save) {
            batch.changes.extend(self.app.publication(device, owner, None)?);
        }
        Ok(())
    }
}
