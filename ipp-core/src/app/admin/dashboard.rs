//! The figures of the dashboard, read from counters that are kept: no page view counts the fleet.

use std::collections::BTreeMap;

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    device::Admission,
    id::RegionId,
    log::{Figures, Hour},
    status::StatusClass,
    store::{SampleFilter, Store},
};

/// How many devices are in which state, among those that may be seen (DASH-15 to DASH-22).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dashboard {
    /// Connected and registered.
    pub registered: u64,
    /// Connected and not registered, or never seen.
    pub non_registered: u64,
    /// Silent for too long.
    pub disconnected: u64,
    /// Waiting for approval, among the three above.
    pub pending: u64,
    /// Registered devices by region; `None` has no region (AMB-50).
    pub by_region: BTreeMap<Option<RegionId>, u64>,
    /// Registered devices by model; empty where it is not known.
    pub by_model: BTreeMap<String, u64>,
    /// Registered devices by the firmware version they reported.
    pub by_version: BTreeMap<String, u64>,
}

impl Dashboard {
    /// All devices: the three states are disjoint (AMB-49).
    pub const fn devices(&self) -> u64 {
        self.registered + self.non_registered + self.disconnected
    }

    /// The share of registered devices in whole per cent; 0 where there are none.
    pub fn registered_percent(&self) -> u8 {
        let (registered, all) = (u128::from(self.registered), u128::from(self.devices()));
        let percent = (registered * 200 + all).checked_div(all * 2).unwrap_or(0);
        u8::try_from(percent).unwrap_or(100)
    }
}

impl<S: Store> Admin<'_, S> {
    /// The figures of the devices that may be seen.
    pub async fn dashboard(&self) -> Result<Dashboard, AppError> {
        self.need(Capability::View)?;
        let visible = self.caller.visible();
        let mut dashboard = Dashboard::default();
        for (key, count) in self.app.store().device_counts().await? {
            if !visible.contains(key.region) {
                continue;
            }
            if key.admission == Admission::Pending {
                dashboard.pending += count;
            }
            match key.class {
                StatusClass::NonRegistered => dashboard.non_registered += count,
                StatusClass::Disconnected => dashboard.disconnected += count,
                StatusClass::Registered => {
                    dashboard.registered += count;
                    *dashboard.by_region.entry(key.region).or_default() += count;
                    let model = key.model.map_or_else(String::new, |model| model.to_string());
                    *dashboard.by_model.entry(model).or_default() += count;
                    *dashboard.by_version.entry(key.version).or_default() += count;
                }
            }
        }
        Ok(dashboard)
    }

    /// How it went in the hours that were sampled, the earliest first: of the devices that may be seen,
    /// or of those of them in the regions that are asked for. An hour that was not sampled is not among
    /// them.
    pub async fn history(
        &self,
        since: Hour,
        regions: Option<&[RegionId]>,
    ) -> Result<Vec<(Hour, Figures)>, AppError> {
        self.need(Capability::View)?;
        let regions = self.caller.visible().among(regions);
        Ok(self.app.store().samples(&SampleFilter { since, regions }).await?)
    }

    /// The hour that is so many before the present one.
    pub fn hours_ago(&self, hours: u16) -> Hour {
        Hour::of(self.app.now().wall).minus(hours.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DASH-05, DASH-18: whole per cent, and none of nothing.
    #[test]
    fn dash_05_the_percentage_is_whole() {
        let of = |registered, non_registered, disconnected| {
            Dashboard { registered, non_registered, disconnected, ..Dashboard::default() }
                .registered_percent()
        };
        assert_eq!(of(3, 1, 0), 75);
        assert_eq!(of(0, 0, 0), 0);
        assert_eq!(of(2, 0, 1), 67);
        assert_eq!(of(1, 199, 0), 1);
        assert_eq!(of(1, 200, 0), 0);
        assert_eq!(of(u64::MAX / 4, 0, 0), 100);
    }
}
