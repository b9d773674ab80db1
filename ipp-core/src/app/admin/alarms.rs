//! Active alarms.

use crate::{
    access::Capability,
    alarm::{AlarmKey, AlarmMessage},
    app::{
        AppError,
        admin::{Admin, shown},
    },
    store::{AlarmFilter, AlarmPlace, AlarmRecord, Batch, Change, Page, Store},
};

impl<S: Store> Admin<'_, S> {
    /// Active alarms that pass the filter and may be seen, the latest action first (ALM-11, ALM-49).
    pub async fn alarms(
        &self,
        filter: AlarmFilter,
        page: Page<AlarmPlace>,
    ) -> Result<Vec<AlarmRecord>, AppError> {
        self.need(Capability::View)?;
        let regions = self.caller.visible().among(filter.regions.as_deref());
        Ok(self.app.store().alarms(&AlarmFilter { regions, ..filter }, page).await?)
    }

    /// Clears an alarm by hand, for what a phone does not clear itself (AMB-65). If the cause is
    /// still there, the phone raises it again.
    pub async fn clear_alarm(&self, key: &AlarmKey) -> Result<(), AppError> {
        let filter = AlarmFilter { device: Some(key.device), ..AlarmFilter::default() };
        let found = self.app.store().alarms(&filter, Page::first(u32::MAX)).await?;
        let found = found.into_iter().find(|record| record.alarm.key == *key);
        let record = found.ok_or_else(|| AppError::not_found("such alarm"))?;
        self.need_in(Capability::ClearAlarms, record.region, "alarm")?;
        let what = serde_json::json!({ "name": key.name, "description": key.qualifier });
        let entry = self
            .audit("alarm.clear", format!("device {}", record.mac))
            .in_region(record.region)
            .changing(shown(&what), None);
        let clear = AlarmMessage::Clear {
            device: key.device,
            name: key.name.clone(),
            qualifier: Some(key.qualifier.clone()),
            received_at: self.app.now().wall,
        };
        self.app.commit(Batch::of(Change::Alarm(clear)).noting(entry)).await?;
        Ok(())
    }
}
