//! The tables. Rows are shared, so that a copy of the tables is cheap.

use std::{collections::BTreeMap, sync::Arc};

use super::job::JobRow;
use crate::{
    alarm::{Alarm, AlarmKey, event::AlarmEvent},
    catalog::{Catalog, CatalogRevision, RowRevision, Stored},
    cfg::FileInfo,
    device::Device,
    digest::Fingerprint,
    generation::{GenerationId, Part},
    id::{ApiTokenId, DeviceId, JobId, NodeId, OperatorId, RegionId, RunId, UserId},
    log::{DeviceEvent, Figures, Hour, activity::ActivityRecord},
    operator::{ApiToken, Operator, Session},
    status::Status,
    store::{
        AuditRecord, DeviceFacts, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, PinRecord,
        RememberedRequest, Run,
    },
    time::Timestamp,
    user::User,
    vault::Sealed,
};

#[derive(Debug, Clone)]
pub(super) struct Tables {
    pub(super) catalog: Catalog,
    pub(super) users: BTreeMap<UserId, Stored<User>>,
    pub(super) devices: BTreeMap<DeviceId, DeviceRow>,
    pub(super) device_changes: BTreeMap<DeviceId, DeviceSequence>,
    pub(super) last_change: DeviceSequence,
    pub(super) alarms: BTreeMap<AlarmKey, Alarm>,
    pub(super) alarm_events: BTreeMap<u64, AlarmEvent>,
    /// The number that was given last.
    pub(super) last_alarm_event: u64,
    /// How far which target of alarms was told.
    pub(super) told: BTreeMap<String, u64>,
    pub(super) generations: BTreeMap<GenerationId, StoredGeneration>,
    pub(super) uptimes: BTreeMap<(NodeId, Timestamp), Timestamp>,
    pub(super) audit: Vec<AuditRecord>,
    pub(super) operators: BTreeMap<OperatorId, Stored<Operator>>,
    pub(super) sessions: BTreeMap<Fingerprint, Session>,
    pub(super) tokens: BTreeMap<ApiTokenId, ApiToken>,
    pub(super) requests: BTreeMap<Fingerprint, RememberedRequest>,
    /// The texts of the shared files of the catalogue, by folded name.
    pub(super) texts: BTreeMap<String, Sealed>,
    pub(super) runs: BTreeMap<RunId, Run>,
    pub(super) jobs: BTreeMap<JobId, JobRow>,
    pub(super) activity: BTreeMap<u64, ActivityRecord>,
    /// The number that was given last.
    pub(super) last_line: u64,
    /// Oldest first.
    pub(super) events: BTreeMap<DeviceId, Vec<DeviceEvent>>,
    pub(super) samples: BTreeMap<Hour, BTreeMap<Option<RegionId>, Figures>>,
}

#[derive(Debug, Clone)]
pub(super) struct StoredGeneration {
    pub(super) parts: Arc<[Part]>,
    /// When it was first found that nothing points to it.
    pub(super) idle_since: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct DeviceRow {
    pub(super) revision: RowRevision,
    pub(super) device: Arc<Device>,
    pub(super) status: Option<Arc<Status>>,
    /// Oldest first.
    pub(super) pins: Vec<PinRecord>,
    pub(super) stand_in: Option<(Stored<FileInfo>, Sealed)>,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self {
            catalog: Catalog::empty(),
            users: BTreeMap::new(),
            devices: BTreeMap::new(),
            device_changes: BTreeMap::new(),
            last_change: DeviceSequence(0),
            alarms: BTreeMap::new(),
            alarm_events: BTreeMap::new(),
            last_alarm_event: 0,
            told: BTreeMap::new(),
            generations: BTreeMap::new(),
            uptimes: BTreeMap::new(),
            audit: Vec::new(),
            operators: BTreeMap::new(),
            sessions: BTreeMap::new(),
            tokens: BTreeMap::new(),
            requests: BTreeMap::new(),
            texts: BTreeMap::new(),
            runs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            activity: BTreeMap::new(),
            last_line: 0,
            events: BTreeMap::new(),
            samples: BTreeMap::new(),
        }
    }

    pub(super) fn device_id(&self, key: DeviceKey) -> Option<DeviceId> {
        let find = |wanted: &dyn Fn(&Device) -> bool| self.devices.values().find(|row| wanted(&row.device));
        match key {
            DeviceKey::Id(id) => Some(id),
            DeviceKey::Mac(mac) => find(&|device| device.mac == mac).map(|row| row.device.id),
            DeviceKey::Token(print) => {
                find(&|device| device.token.as_ref().is_some_and(|token| token.print == print))
                    .map(|row| row.device.id)
            }
        }
    }

    pub(super) fn record(&self, row: &DeviceRow) -> DeviceRecord {
        let owner = row.device.owner.and_then(|owner| self.users.get(&owner.user));
        DeviceRecord {
            device: row.stored(),
            owner: owner.map(|owner| owner.value.clone()),
            status: row.status.as_deref().cloned(),
            pin: row.current_pin().cloned(),
            stand_in: row.stand_in.as_ref().map(|(info, _)| info.clone()),
        }
    }

    pub(super) fn passes(&self, filter: &DeviceFilter, row: &DeviceRow) -> bool {
        let owner = row.device.owner.map(|owner| owner.user);
        filter.passes(DeviceFacts {
            device: &row.device,
            owner: owner.and_then(|id| self.users.get(&id)).map(|user| &user.value),
            status: row.status.as_deref(),
            of_owner: owner.filter(|_| filter.shared).map_or(0, |id| self.devices_of(id)),
            published: row.current_pin().is_some(),
            stand_in: row.stand_in.is_some(),
        })
    }

    pub(super) fn devices_of(&self, user: UserId) -> usize {
        let of_user = |row: &&DeviceRow| row.device.owner.is_some_and(|owner| owner.user == user);
        self.devices.values().filter(of_user).count()
    }

    pub(super) fn catalog_changed(&mut self) {
        self.catalog.revision = CatalogRevision(self.catalog.revision.0 + 1);
    }

    pub(super) fn device_changed(&mut self, device: DeviceId) {
        self.last_change = DeviceSequence(self.last_change.0 + 1);
        self.device_changes.insert(device, self.last_change);
    }
}

impl DeviceRow {
    pub(super) fn stored(&self) -> Stored<Device> {
        Stored { revision: self.revision, value: Device::clone(&self.device) }
    }

    pub(super) fn current_pin(&self) -> Option<&PinRecord> {
        self.pins.iter().find(|pin| pin.current)
    }
}
