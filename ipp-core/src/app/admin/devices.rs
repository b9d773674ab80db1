//! Devices: entered, approved, deleted.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
        report::subject,
    },
    catalog::Stored,
    device::{Admission, BoundBy, Device, Owner, RegionOrigin, Vlan},
    id::{DeviceId, RegionId, UserId},
    mac::Mac,
    phone_model::ModelId,
    store::{Batch, Change, DeviceChange, DeviceKey, DeviceRecord, Expected, Row, Store, UserKey},
    text::Label,
    user::User,
};

/// A device that is to be entered.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// The MAC address.
    pub mac: Mac,
    /// The model.
    pub model: ModelId,
    /// The user it is for; the device takes the user's region.
    pub user: UserId,
    /// The name to show.
    pub display_name: Label,
}

/// How a phone that waits is approved (appendix B, AMB-23).
#[derive(Debug, Clone)]
pub struct Approval {
    /// The region.
    pub region: RegionId,
    /// VLAN discovery.
    pub vlan: Vlan,
    /// The user, where one is named.
    pub user: Option<UserId>,
    /// The model, where the phone's own is not known.
    pub model: Option<ModelId>,
}

impl<S: Store> Admin<'_, S> {
    /// Enters a device for a user (USR-10). It is expected from then on; a phone of that address
    /// that waits already is approved.
    pub async fn create_device(&self, new: NewDevice) -> Result<Device, AppError> {
        let owner = self.owner(new.user).await?;
        self.need_in(Capability::EditDevices, Some(owner.region), "user")?;
        let record = self.app.store().device(DeviceKey::Mac(new.mac)).await?;
        let now = self.app.now().wall;
        let mut device = match &record {
            Some(record) if record.device.value.admission == Admission::Pending => {
                record.device.value.clone()
            }
            Some(_) => return Err(AppError::conflict(format!("the MAC address {} is taken", new.mac))),
            None => Device::new(DeviceId::new(now, self.app.random()), new.mac, Admission::Expected, now),
        };
        device.model = Some(new.model);
        device.display_name = new.display_name;
        admit(&mut device, owner.region, Some(owner.id));
        self.save(record.as_ref(), device, Some(&owner), "device.create").await
    }

    /// Approves a phone that waits: binds its token and publishes its file (APR-09, APR-11).
    /// Approving a phone that is enrolled already changes nothing (APR-28).
    pub async fn approve(&self, id: DeviceId, approval: Approval) -> Result<Device, AppError> {
        let record = self.device_to(Capability::EditDevices, id).await?;
        let mut device = record.device.value.clone();
        if device.admission == Admission::Enrolled && device.request.is_none() {
            return Ok(device);
        }
        if device.admission == Admission::Disabled {
            return Err(AppError::conflict(format!("device {} is disabled; enable it first", device.mac)));
        }
        let owner = match approval.user {
            Some(user) => Some(self.owner(user).await?),
            None => record.owner.clone(),
        };
        device.model = device.model.or(approval.model);
        device.vlan = approval.vlan;
        let region = owner.as_ref().map_or(approval.region, |owner| owner.region);
        self.need_in(Capability::EditDevices, Some(region), "region")?;
        admit(&mut device, region, approval.user);
        self.save(Some(&record), device, owner.as_ref(), "device.approve").await
    }

    /// Deletes a device with its status, alarms and files. If the phone reports again, it waits for
    /// approval, or zero touch applies (AMB-18).
    pub async fn delete_device(&self, id: DeviceId) -> Result<(), AppError> {
        let record = self.device_to(Capability::EditDevices, id).await?;
        let device = &record.device.value;
        let entry = self
            .audit("device.delete", subject(device))
            .in_region(device.region)
            .changing(masked(device), None);
        let batch = Batch::of(Change::Device(DeviceChange::Delete(id))).noting(entry);
        self.app.commit(batch).await?;
        Ok(())
    }

    /// Saves a device that was edited. Its file is stale from then on, or published at once where
    /// its region wants that.
    pub async fn update_device(&self, edited: Stored<Device>) -> Result<Device, AppError> {
        let Stored { revision, value: mut device } = edited;
        let former = self.device_to(Capability::EditDevices, device.id).await?.device.value;
        self.need_in(Capability::EditDevices, device.region, "region")?;
        if device.lines != former.lines {
            // Free lines can redirect a phone anywhere (A12).
            self.need(Capability::EditTemplates)?;
        }
        let owner = self.app.owner_of(&device).await?;
        self.app.complete(&mut device, owner.as_ref())?;
        let id = device.id;
        let mut batch = Batch::of(Change::Device(DeviceChange::Put(Box::new(device.clone()))))
            .expecting(Row::Device(id), Expected::Revision(revision))
            .noting(
                self.audit("device.update", subject(&device))
                    .in_region(device.region)
                    .changing(masked(&former), masked(&device)),
            );
        let snapshot = self.app.snapshot();
        // Whoever waits or is shut out has no file to publish.
        let admitted = matches!(device.admission, Admission::Enrolled | Admission::Expected);
        let region = device.region.filter(|_| admitted).and_then(|id| snapshot.catalog.region(id));
        if region.is_some_and(|region| region.publish_on_save) {
            batch.changes.extend(self.app.publication(&device, owner.as_ref(), None)?);
        }
        self.app.commit(batch).await?;
        Ok(device)
    }

    async fn save(
        &self,
        record: Option<&DeviceRecord>,
        mut device: Device,
        owner: Option<&User>,
        action: &str,
    ) -> Result<Device, AppError> {
        self.app.complete(&mut device, owner)?;
        let state = record.map_or(Expected::Absent, |record| Expected::Revision(record.device.revision));
        let mut batch = Batch::of(Change::Device(DeviceChange::Put(Box::new(device.clone()))))
            .expecting(Row::Device(device.id), state);
        if device.admission == Admission::Enrolled {
            batch.changes.extend(self.app.publication(&device, owner, None)?);
        }
        let former = record.and_then(|record| masked(&record.device.value));
        let entry =
            self.audit(action, subject(&device)).in_region(device.region).changing(former, masked(&device));
        self.app.commit(batch.noting(entry)).await?;
        Ok(device)
    }

    /// A device that the caller may do this to.
    async fn device_to(&self, capability: Capability, id: DeviceId) -> Result<DeviceRecord, AppError> {
        let record = self.app.store().device(DeviceKey::Id(id)).await?;
        let record = record.ok_or_else(|| AppError::not_found("such device"))?;
        self.need_in(capability, record.device.value.region, "device")?;
        Ok(record)
    }

    async fn owner(&self, id: UserId) -> Result<User, AppError> {
        let user = self.app.store().user(UserKey::Id(id)).await?;
        user.map(|user| user.value).ok_or_else(|| AppError::not_found("such user"))
    }
}

/// What an administrator's word does: region and user stand, and a token that waits is bound.
pub(super) fn admit(device: &mut Device, region: RegionId, user: Option<UserId>) {
    device.region = Some(region);
    device.region_origin = RegionOrigin::Administrator;
    if let Some(user) = user {
        device.owner = Some(Owner { user, bound_by: BoundBy::Administrator });
    }
    if let Some(request) = device.request.take() {
        device.former_token = device.token.take().map(|former| former.print);
        device.token = Some(request.token);
        device.admission = Admission::Enrolled;
    } else if device.admission == Admission::Pending {
        device.admission = Admission::Expected;
    }
}

/// A device as the audit log shows it.
fn masked(device: &Device) -> Option<String> {
    shown(&serde_json::json!({
        "mac": device.mac,
        "display_name": device.display_name.as_str(),
        "model": device.model,
        "user": device.owner.map(|owner| owner.user),
        "region": device.region,
        "admission": device.admission,
        "template": device.template,
        "firmware": device.firmware,
        "vlan": device.vlan,
        "language": device.language,
        "lines": device.lines,
    }))
}
