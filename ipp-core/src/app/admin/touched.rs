//! What an action on many devices touches, told before it is made.

use std::collections::BTreeMap;

use super::{Admin, device_bulk::Selection};
use crate::{
    access::Capability,
    app::{AppError, turns::pause},
    device::Admission,
    id::RegionId,
    job::MAX_ITEMS,
    status::{Connectivity, Status},
    store::{DeviceFilter, DeviceRecord, Page, Store},
};

/// What an action on a selection touches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// How many devices.
    pub devices: u64,
    /// How many of them are in each region; none stands for devices without one.
    pub regions: BTreeMap<Option<RegionId>, u64>,
    /// How many of them wait for approval.
    pub pending: u64,
    /// How many of them are disconnected, or were never seen.
    pub silent: u64,
}

/// How many devices are read at a time.
const WINDOW: u32 = 500;

impl<S: Store> Admin<'_, S> {
    /// What an action that needs a capability would touch now.
    ///
    /// # Errors
    ///
    /// *Invalid* where more than [`MAX_ITEMS`] are selected; *not found* and *forbidden* as the action itself.
    pub async fn touched(&self, capability: Capability, selection: &Selection) -> Result<Touched, AppError> {
        self.need(capability)?;
        let mut touched = Touched::default();
        self.every_record(capability, selection, |record| {
            let connected = |status: &Status| status.connectivity == Connectivity::Connected;
            touched.devices += 1;
            *touched.regions.entry(record.device.value.region).or_default() += 1;
            touched.pending += u64::from(record.device.value.admission == Admission::Pending);
            touched.silent += u64::from(!record.status.as_ref().is_some_and(connected));
        })
        .await?;
        Ok(touched)
    }

    /// Goes over the devices of a selection; each that was picked has to be one that the caller may do it to.
    pub(super) async fn every_record(
        &self,
        capability: Capability,
        selection: &Selection,
        mut each: impl FnMut(&DeviceRecord) + Send,
    ) -> Result<(), AppError> {
        let too_many =
            || AppError::invalid(format!("at most {MAX_ITEMS} phones at once; narrow the selection"));
        match selection {
            Selection::Ids(ids) if ids.len() > MAX_ITEMS => return Err(too_many()),
            Selection::Ids(_) => {
                for id in self.selected(selection).await? {
                    each(&self.device_to(capability, id).await?);
                }
            }
            Selection::Filter(filter) => {
                let filter = self.visible_only(DeviceFilter::clone(filter))?;
                let (mut after, mut seen) = (None, 0);
                loop {
                    let page = self.app.store().devices(&filter, Page { after, limit: WINDOW }).await?;
                    seen += page.len();
                    if seen > MAX_ITEMS {
                        return Err(too_many());
                    }
                    page.iter().for_each(&mut each);
                    after = page.last().map(|record| record.device.value.id);
                    if page.len() < WINDOW as usize {
                        break;
                    }
                    pause().await;
                }
            }
        }
        Ok(())
    }
}
