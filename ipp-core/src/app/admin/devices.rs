//! Devices: entered, approved, deleted.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown, users::NewUser},
        report::subject,
    },
    catalog::{Catalog, Stored},
    device::{Admission, BoundBy, Device, Owner, RegionOrigin, Vlan},
    id::{DeviceId, RegionId, UserId},
    mac::Mac,
    phone_model::ModelId,
    store::{
        Batch, Change, DeviceChange, DeviceFilter, DeviceKey, DeviceRecord, DeviceSort, Expected, ListKey,
        Listed, Page, Row, Sorted, Store, UserKey,
    },
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
        self.save(Batch::default(), record.as_ref(), device, Some(&owner), "device.create").await
    }

    /// Devices that pass the filter and may be seen, in the order that is asked for (DEV-01).
    pub async fn devices(
        &self,
        filter: DeviceFilter,
        sorted: Sorted<DeviceSort>,
        page: Page<ListKey<DeviceId>>,
    ) -> Result<Vec<Listed<DeviceId, DeviceRecord>>, AppError> {
        let filter = self.visible_only(filter)?;
        Ok(self.app.store().device_list(&filter, sorted, page).await?)
    }

    /// One device.
    pub async fn device(&self, id: DeviceId) -> Result<DeviceRecord, AppError> {
        self.device_to(Capability::View, id).await
    }

    /// Approves a phone that waits: binds its token and publishes its file (APR-09, APR-11).
    /// Approving a phone that is enrolled already changes nothing (APR-28).
    pub async fn approve(&self, id: DeviceId, approval: Approval) -> Result<Device, AppError> {
        self.approve_with(id, approval, None).await
    }

    /// The same for a person by name, who becomes a user of the region unless there is one of that name
    /// already: then that user's password stays (APR-20, AMB-27).
    pub async fn approve_for(
        &self,
        id: DeviceId,
        approval: Approval,
        person: NewUser,
    ) -> Result<Device, AppError> {
        match self.app.store().user(UserKey::Name(person.name.clone())).await? {
            Some(user) => {
                // A user of a region that may not be seen is not there, but its name is taken.
                let seen = self.caller.visible().contains(Some(user.value.region));
                if !seen {
                    return Err(AppError::conflict(format!("the user name {} is taken", person.name)));
                }
                self.approve_with(id, Approval { user: Some(user.value.id), ..approval }, None).await
            }
            None => self.approve_with(id, approval, Some(&person)).await,
        }
    }

    async fn approve_with(
        &self,
        id: DeviceId,
        approval: Approval,
        person: Option<&NewUser>,
    ) -> Result<Device, AppError> {
        let record = self.device_to(Capability::EditDevices, id).await?;
        let mut device = record.device.value.clone();
        if device.admission == Admission::Enrolled && device.request.is_none() {
            return Ok(device);
        }
        if device.admission == Admission::Disabled {
            return Err(AppError::conflict(format!("device {} is disabled; enable it first", device.mac)));
        }
        let mut batch = Batch::default();
        let owner = match (person, approval.user) {
            (Some(person), _) => {
                self.need_in(Capability::EditUsers, Some(person.region), "region")?;
                let (user, making) = self.new_user(person)?;
                batch = making;
                Some(user)
            }
            (None, Some(user)) => Some(self.owner(user).await?),
            (None, None) => record.owner.clone(),
        };
        device.model = device.model.or(approval.model);
        device.vlan = approval.vlan;
        let region = owner.as_ref().map_or(approval.region, |owner| owner.region);
        self.need_in(Capability::EditDevices, Some(region), "region")?;
        let named = approval.user.is_some() || person.is_some();
        admit(&mut device, region, owner.as_ref().filter(|_| named).map(|owner| owner.id));
        self.save(batch, Some(&record), device, owner.as_ref(), "device.approve").await
    }

    /// Lets go of a token that an enrolled phone presented beside its own: the request of whoever that
    /// was is refused, the phone keeps its token.
    pub async fn release_request(&self, id: DeviceId) -> Result<Device, AppError> {
        let record = self.device_to(Capability::EditDevices, id).await?;
        let mut device = record.device.value;
        if device.admission == Admission::Pending || device.request.take().is_none() {
            return Err(AppError::conflict(format!("{} has no request for a new token", subject(&device))));
        }
        let batch = Batch::of(Change::Device(DeviceChange::Put(Box::new(device.clone()))))
            .expecting(Row::Device(id), Expected::Revision(record.device.revision))
            .noting(self.audit("device.release", subject(&device)).in_region(device.region));
        self.app.commit(batch).await?;
        Ok(device)
    }

    /// Deletes a device with its status, alarms and files. If the phone reports again, it waits for
    /// approval, or zero touch applies (AMB-18).
    pub async fn delete_device(&self, id: DeviceId) -> Result<(), AppError> {
        let record = self.device_to(Capability::EditDevices, id).await?;
        self.app.commit(self.deleting(Batch::default(), &record.device.value)).await?;
        Ok(())
    }

    pub(super) fn deleting(&self, batch: Batch, device: &Device) -> Batch {
        let entry = self
            .audit("device.delete", subject(device))
            .in_region(device.region)
            .changing(masked(device), None);
        batch.and(Change::Device(DeviceChange::Delete(device.id))).noting(entry)
    }

    /// Saves a device that was edited. Its file is stale from then on, or published at once where
    /// its region wants that. The region belongs to the user: another user brings its own, and another
    /// region moves the user with all of its devices (AMB-103).
    pub async fn update_device(&self, edited: Stored<Device>) -> Result<Device, AppError> {
        let Stored { revision, value: mut device } = edited;
        let former = self.device_to(Capability::EditDevices, device.id).await?.device.value;
        if device.lines != former.lines {
            // Free lines can redirect a phone anywhere (A12).
            self.need(Capability::EditTemplates)?;
        }
        let mut owner = self.app.owner_of(&device).await?;
        let user = |device: &Device| device.owner.map(|owner| owner.user);
        let mut batch = Batch::default();
        if let Some(owner) = &mut owner {
            if user(&device) != user(&former) {
                self.need_in(Capability::EditDevices, Some(owner.region), "user")?;
                device.region = Some(owner.region);
            } else if let Some(region) = device.region.filter(|region| *region != owner.region) {
                self.need_in(Capability::EditDevices, Some(region), "region")?;
                let stored = self.user_to(Capability::EditUsers, owner.id).await?;
                self.need_in(Capability::EditUsers, Some(region), "region")?;
                *owner = User { region, ..stored.value };
                batch = Batch::of(Change::PutUser(Box::new(owner.clone())))
                    .expecting(Row::User(owner.id), Expected::Revision(stored.revision))
                    .noting(self.audit("user.move", format!("user {}", owner.name)).in_region(Some(region)));
                self.with_devices_of(owner, Some(device.id), &mut batch).await?;
            } else if device.region.is_none() {
                device.region = Some(owner.region);
            }
        }
        self.need_in(Capability::EditDevices, device.region, "region")?;
        if device.region != former.region {
            device.region_origin = RegionOrigin::Administrator;
        }
        self.check_choices(&self.app.snapshot().catalog, &former, &device)?;
        self.app.complete(&mut device, owner.as_ref())?;
        let id = device.id;
        let entry = self
            .audit("device.update", subject(&device))
            .in_region(device.region)
            .changing(masked(&former), masked(&device));
        batch = batch
            .and(Change::Device(DeviceChange::Put(Box::new(device.clone()))))
            .expecting(Row::Device(id), Expected::Revision(revision))
            .noting(entry);
        self.publishing_on_save(&device, owner.as_ref(), &mut batch)?;
        self.app.commit(batch).await?;
        Ok(device)
    }

    /// Refuses a template of a region that the caller may not see, and firmware for other hardware.
    pub(super) fn check_choices(
        &self,
        catalog: &Catalog,
        former: &Device,
        device: &Device,
    ) -> Result<(), AppError> {
        let template = device.template.filter(|chosen| former.template != Some(*chosen));
        if let Some(template) = template {
            let found = catalog.template(template);
            let found = found.ok_or_else(|| AppError::invalid("there is no such template"))?;
            // One region may lend its template to a phone of another, but nobody takes what they may
            // not see.
            if found.region.is_some() {
                self.need_in(Capability::View, found.region, "template")?;
            }
        }
        if let Some(chosen) = device.firmware
            && (former.firmware != Some(chosen) || former.model != device.model)
        {
            let found = catalog.firmware(chosen);
            let found = found.ok_or_else(|| AppError::invalid("there is no such firmware"))?;
            if let (Some(made_for), Some(model)) = (&found.model, &device.model)
                && made_for.hardware() != model.hardware()
            {
                return Err(AppError::invalid(format!(
                    "firmware {} is for {made_for}, device {} is a {model}; choose another one",
                    found.name, device.mac
                )));
            }
        }
        Ok(())
    }

    /// The filter, for what the caller may see.
    pub(super) fn visible_only(&self, filter: DeviceFilter) -> Result<DeviceFilter, AppError> {
        self.need(Capability::View)?;
        let regions = self.caller.visible().among(filter.regions.as_deref());
        Ok(DeviceFilter { regions, ..filter })
    }

    async fn save(
        &self,
        mut batch: Batch,
        record: Option<&DeviceRecord>,
        mut device: Device,
        owner: Option<&User>,
        action: &str,
    ) -> Result<Device, AppError> {
        self.app.complete(&mut device, owner)?;
        let state = record.map_or(Expected::Absent, |record| Expected::Revision(record.device.revision));
        batch = batch
            .and(Change::Device(DeviceChange::Put(Box::new(device.clone()))))
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
    pub(super) async fn device_to(
        &self,
        capability: Capability,
        id: DeviceId,
    ) -> Result<DeviceRecord, AppError> {
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
pub(super) fn masked(device: &Device) -> Option<String> {
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
