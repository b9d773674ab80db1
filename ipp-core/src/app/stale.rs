//! How many phones an edit made stale, without a look at any.

use super::{App, AppError, publish::is_current};
use crate::store::{DeviceRecord, Store};

/// How many phones have a file that *Generate* would make anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stale {
    /// Phones with a published file.
    pub published: u64,
    /// Those whose file is out of date. A phone whose own value hides the change is counted too;
    /// the exact list is the preview.
    pub stale: u64,
}

impl<S: Store> App<S> {
    /// How many phones are stale; looks at no phone.
    pub async fn stale(&self) -> Result<Stale, AppError> {
        let snapshot = self.snapshot();
        let key = self.ports.vault.fingerprints();
        let mut counted = Stale::default();
        for (pin, count) in self.store.pin_counts().await? {
            let template = if pin.chosen {
                Some(pin.template)
            } else {
                snapshot.catalog.template_for(pin.region, &pin.model).map(|template| template.id)
            };
            let current = template == Some(pin.template)
                && snapshot
                    .live
                    .cohort(pin.template, pin.region, &pin.model, key)
                    .is_some_and(|cohort| cohort.is_ok_and(|cohort| cohort.print() == pin.cohort));
            counted.published += count;
            counted.stale += if pin.own_changed || !current { count } else { 0 };
        }
        Ok(counted)
    }

    /// Whether a device's file is out of date; `None` where it has none, or none can be made.
    pub fn is_stale(&self, record: &DeviceRecord) -> Option<bool> {
        let (device, pin) = (&record.device.value, &record.pin.as_ref()?.pin);
        let cohort = self.cohort_for(&self.snapshot(), device).ok()?;
        Some(!is_current(pin, &cohort, device))
    }
}
