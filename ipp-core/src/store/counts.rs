//! What is counted, by deltas: what a device counts as before and after a change.

use crate::{
    catalog::RowRevision,
    device::{Admission, Device},
    digest::Fingerprint,
    id::{RegionId, TemplateId},
    phone_model::ModelId,
    status::{Status, StatusClass},
    store::query::Pin,
};

/// What a device counts as on the dashboard (DASH-15 to DASH-21).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountKey {
    /// Its region.
    pub region: Option<RegionId>,
    /// Its model.
    pub model: Option<ModelId>,
    /// The firmware version that it reported last; empty where it never did.
    pub version: String,
    /// How far it is admitted.
    pub admission: Admission,
    /// Its class.
    pub class: StatusClass,
}

impl CountKey {
    /// What a device counts as.
    pub fn of(device: &Device, status: Option<&Status>) -> Self {
        Self {
            region: device.region,
            model: device.model.clone(),
            version: status.map_or_else(String::new, |status| status.details.firmware_version.clone()),
            admission: device.admission,
            class: status.map_or(StatusClass::NonRegistered, Status::class),
        }
    }
}

/// What the published file of a device counts as. Comparing the keys with the catalogue tells how
/// many devices are stale without looking at any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PinCountKey {
    /// The template it was made from.
    pub template: TemplateId,
    /// Whether the template was chosen for the device itself.
    pub chosen: bool,
    /// The region it was made for.
    pub region: Option<RegionId>,
    /// The model it was made for.
    pub model: ModelId,
    /// The shared values it was made with.
    pub cohort: Fingerprint,
    /// Whether the device itself has changed since.
    pub own_changed: bool,
}

impl PinCountKey {
    /// What a device's published file counts as.
    pub fn of(device: &Device, pin: &Pin) -> Self {
        Self {
            template: pin.template,
            chosen: device.template.is_some(),
            region: pin.region,
            model: pin.model.clone(),
            cohort: pin.cohort,
            own_changed: device.own != pin.own,
        }
    }
}

/// The revision after this one.
pub const fn next(revision: RowRevision) -> RowRevision {
    RowRevision(revision.0 + 1)
}
