//! Edits of devices, applied to each when it is looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{super::device_bulk::Selection, proposal::Proposal};
use crate::{
    access::Capability,
    app::{AppError, admin::Admin, turns::pause},
    catalog::Catalog,
    device::{Device, Vlan},
    id::{DeviceId, FirmwareId, RegionId, TemplateId, UserId},
    phone_model::ModelId,
    placeholder::PlaceholderName,
    store::{DeviceRecord, Store, batch::MAX_CHANGES},
    text::{CfgLine, CfgValue, Label},
    user::User,
};

/// What is to become of something that a device may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice<T> {
    /// It stays.
    #[default]
    Keep,
    /// There is none from then on.
    Clear,
    /// It is this.
    Set(T),
}

/// What is to be changed of devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceChanges {
    /// The region. The user of a device, and all devices of that user, move along (AMB-103).
    pub region: Option<RegionId>,
    /// The model.
    pub model: Option<ModelId>,
    /// The name that people see.
    pub display_name: Option<Label>,
    /// A template for these devices alone.
    pub template: Choice<TemplateId>,
    /// Firmware for these devices alone.
    pub firmware: Choice<FirmwareId>,
    /// The language of the screen.
    pub language: Choice<CfgValue>,
    /// VLAN discovery.
    pub vlan: Option<Vlan>,
    /// Lines appended to the private file.
    pub lines: Option<Vec<CfgLine>>,
}

/// The edits of devices in a proposal.
#[derive(Debug, Default)]
pub(super) struct DeviceEdits {
    steps: Vec<Step>,
    /// Which steps each device takes, in their order.
    of: BTreeMap<DeviceId, Vec<usize>>,
    /// How many there are in all.
    taken: usize,
    /// Where users are moved to, with all of their devices.
    moved: BTreeMap<UserId, RegionId>,
}

enum Step {
    Changes(Box<DeviceChanges>),
    Override(PlaceholderName, Option<CfgValue>),
}

/// How many devices are read before others have a turn.
const AT_ONCE: usize = 50;

impl<S: Store> Admin<'_, S> {
    pub(super) async fn propose_devices(
        &self,
        proposal: &mut Proposal,
        devices: &Selection,
        changes: DeviceChanges,
    ) -> Result<(), AppError> {
        self.need(Capability::EditDevices)?;
        self.check_changes(proposal.catalog(), &changes)?;
        let region = changes.region;
        let step = proposal.devices.add(Step::Changes(Box::new(changes)));
        let records = self.records(devices, Capability::EditDevices).await?;
        let mut users = BTreeSet::new();
        for record in records {
            proposal.devices.take(record.device, step)?;
            let Some((user, of)) = record.owner else { continue };
            let Some(region) = region else { continue };
            let now = proposal.devices.moved.get(&user).copied().unwrap_or(of);
            if now != region && users.insert(user) {
                self.need_in(Capability::EditUsers, Some(now), "user")?;
                self.need_in(Capability::EditUsers, Some(region), "region")?;
            }
            proposal.devices.moved.insert(user, region);
        }
        Ok(())
    }

    pub(super) async fn propose_override(
        &self,
        proposal: &mut Proposal,
        devices: &Selection,
        name: PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        self.need(Capability::EditPlaceholders)?;
        self.may_override(&name)?;
        let step = proposal.devices.add(Step::Override(name, value));
        for record in self.records(devices, Capability::EditPlaceholders).await? {
            proposal.devices.take(record.device, step)?;
        }
        Ok(())
    }

    /// A device with its user as the proposal has them; `None` where it does not touch them. What could
    /// not be saved of this device is an error.
    pub(super) fn proposed_device(
        &self,
        proposal: &Proposal,
        record: &DeviceRecord,
    ) -> Result<Option<(Device, Option<User>)>, AppError> {
        let edits = &proposal.devices;
        let former = &record.device.value;
        let steps = edits.of.get(&former.id);
        let moved = record.owner.as_ref().and_then(|owner| edits.moved.get(&owner.id)).copied();
        if steps.is_none() && moved.is_none() {
            return Ok(None);
        }
        let (mut device, mut owner) = (former.clone(), record.owner.clone());
        for step in steps.into_iter().flatten().filter_map(|step| edits.steps.get(*step)) {
            let before = device.clone();
            match step {
                Step::Changes(changes) => changes.apply(&mut device),
                Step::Override(name, value) => self.set_override(&mut device, name, value.clone())?,
            }
            self.check_choices(proposal.catalog(), &before, &device)?;
        }
        if let Some(owner) = &mut owner {
            // The region belongs to the user (AMB-103).
            owner.region = moved.unwrap_or(owner.region);
            device.region = if moved.is_some() { moved } else { former.region.or(Some(owner.region)) };
        }
        self.app.complete(&mut device, owner.as_ref())?;
        Ok(Some((device, owner)))
    }

    /// Refuses changes that name what is not there, or what the caller may not choose.
    fn check_changes(&self, catalog: &Catalog, changes: &DeviceChanges) -> Result<(), AppError> {
        let DeviceChanges { region, model, display_name: _, template, firmware, language: _, vlan: _, lines } =
            changes;
        if let Some(region) = region {
            self.need_in(Capability::EditDevices, Some(*region), "region")?;
            catalog.region(*region).ok_or_else(|| AppError::not_found("such region"))?;
        }
        if let Some(model) = model
            && catalog.model(model).is_none()
        {
            return Err(AppError::invalid(format!("there is no phone model {model}")));
        }
        if let Choice::Set(template) = template {
            let found = catalog.template(*template);
            let found = found.ok_or_else(|| AppError::invalid("there is no such template"))?;
            if found.region.is_some() {
                self.need_in(Capability::View, found.region, "template")?;
            }
        }
        if let Choice::Set(firmware) = firmware {
            catalog.firmware(*firmware).ok_or_else(|| AppError::invalid("there is no such firmware"))?;
        }
        if lines.is_some() {
            // Free lines can redirect a phone anywhere (A12).
            self.need(Capability::EditTemplates)?;
        }
        Ok(())
    }

    /// The devices that are meant, which the caller may do this to.
    async fn records(&self, devices: &Selection, capability: Capability) -> Result<Vec<Meant>, AppError> {
        let mut meant = Vec::new();
        for (at, id) in self.selected(devices).await?.into_iter().enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                pause().await;
            }
            let record = self.device_to(capability, id).await?;
            meant.push(Meant { device: id, owner: record.owner.map(|owner| (owner.id, owner.region)) });
        }
        Ok(meant)
    }
}

/// A device that an edit is about, with its user and that one's region.
struct Meant {
    device: DeviceId,
    owner: Option<(UserId, RegionId)>,
}

impl DeviceEdits {
    fn add(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn take(&mut self, device: DeviceId, step: usize) -> Result<(), AppError> {
        self.taken += 1;
        if self.taken > MAX_CHANGES {
            return Err(AppError::invalid(format!(
                "the edits change more than {MAX_CHANGES} devices in all; narrow the selections"
            )));
        }
        self.of.entry(device).or_default().push(step);
        Ok(())
    }
}

impl DeviceChanges {
    fn apply(&self, device: &mut Device) {
        let Self { region, model, display_name, template, firmware, language, vlan, lines } = self.clone();
        device.region = region.or(device.region);
        device.model = model.or_else(|| device.model.take());
        template.apply(&mut device.template);
        firmware.apply(&mut device.firmware);
        language.apply(&mut device.language);
        device.vlan = vlan.unwrap_or(device.vlan);
        if let Some(display_name) = display_name {
            device.display_name = display_name;
        }
        if let Some(lines) = lines {
            device.lines = lines;
        }
    }
}

impl<T> Choice<T> {
    fn apply(self, place: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *place = None,
            Self::Set(value) => *place = Some(value),
        }
    }
}

impl fmt::Debug for Step {
    /// Without values, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changes(changes) => changes.fmt(f),
            Self::Override(name, _) => name.fmt(f),
        }
    }
}
