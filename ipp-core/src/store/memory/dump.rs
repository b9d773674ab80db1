//! Dumps, and restorations from them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    account, apply,
    job::JobRow,
    tables::{DeviceRow, StoredGeneration, Tables},
};
use crate::{
    blob::BoxFuture,
    catalog::{RowRevision, Stored},
    cfg::SharedFile,
    digest::ContentHash,
    generation::Part,
    id::DeviceId,
    store::{
        AccountChange, CatalogChange, DeviceSequence, StoreError, StoreErrorKind, StoreResult, StoredRow,
        dump::{
            DeviceChanged, GenerationRow, NodeUptime, PlaceholderRow, Restore, RowSink, RowSource,
            SampledHour, SharedFileRow, StandInRow, StatusRow, ToldRow,
        },
    },
};

/// How many rows are given at once.
const PIECE: usize = 64;

/// The rows that are left to be given, the last first.
pub(super) struct Rows(Vec<StoredRow>);

impl Rows {
    pub(super) fn of(tables: &Tables) -> Self {
        let mut rows = StoredRow::of_catalog(&tables.catalog);
        rows.extend(tables.catalog.files.iter().filter_map(|(name, row)| {
            let (file, text) = (SharedFile::clone(&row.value), tables.texts.get(name)?.clone());
            Some(StoredRow::SharedFile(Box::new(SharedFileRow { revision: row.revision, file, text })))
        }));
        rows.extend(tables.users.values().map(|row| StoredRow::User(Box::new(row.clone()))));
        rows.extend(tables.operators.values().map(|row| StoredRow::Operator(Box::new(row.clone()))));
        rows.extend(tables.devices.values().map(|row| StoredRow::Device(Box::new(row.stored()))));
        rows.extend(tables.devices.values().filter_map(|row| {
            let status = row.status.as_deref()?.clone();
            Some(StoredRow::Status(Box::new(StatusRow { device: row.device.id, status })))
        }));
        rows.extend(tables.alarms.values().map(|alarm| StoredRow::Alarm(Box::new(alarm.clone()))));
        let parts = tables.generations.values().flat_map(|row| row.parts.iter());
        let parts: BTreeMap<ContentHash, &Part> = parts.map(|part| (part.hash, part)).collect();
        rows.extend(parts.into_values().map(|part| StoredRow::Part(part.clone())));
        rows.extend(tables.generations.iter().map(|(id, row)| {
            let parts = row.parts.iter().map(|part| part.hash).collect();
            StoredRow::Generation(GenerationRow { id: *id, parts })
        }));
        let pins = tables.devices.values().flat_map(|row| &row.pins);
        rows.extend(pins.map(|pin| StoredRow::Pin(Box::new(pin.clone()))));
        rows.extend(tables.devices.values().filter_map(|row| {
            let (info, text) = row.stand_in.clone()?;
            Some(StoredRow::StandIn(Box::new(StandInRow { device: row.device.id, info, text })))
        }));
        let mut changes: Vec<(DeviceSequence, DeviceId)> =
            tables.device_changes.iter().map(|(device, sequence)| (*sequence, *device)).collect();
        changes.sort_unstable();
        let change = |(sequence, device)| StoredRow::DeviceChange(DeviceChanged { sequence, device });
        rows.extend(changes.into_iter().map(change));
        rows.extend(tables.runs.values().cloned().map(StoredRow::Run));
        rows.extend(tables.uptimes.iter().map(|((node, from), until)| {
            let uptime = crate::status::silence::Uptime { from: *from, until: *until };
            StoredRow::Uptime(NodeUptime { node: *node, uptime })
        }));
        rows.extend(tables.requests.values().map(|request| StoredRow::Request(Box::new(request.clone()))));
        rows.extend(tables.audit.iter().map(|record| StoredRow::Audit(Box::new(record.clone()))));
        rows.extend(tables.activity.values().map(|record| StoredRow::Activity(Box::new(record.clone()))));
        let events = tables.events.values().flatten();
        rows.extend(events.map(|event| StoredRow::Event(Box::new(event.clone()))));
        rows.extend(tables.samples.iter().map(|(hour, regions)| {
            let regions = regions.iter().map(|(region, figures)| (*region, *figures)).collect();
            StoredRow::Sample(SampledHour { hour: *hour, regions })
        }));
        rows.extend(tables.alarm_events.values().map(|event| StoredRow::AlarmEvent(Box::new(event.clone()))));
        rows.extend(
            tables
                .told
                .iter()
                .map(|(target, number)| StoredRow::Told(ToldRow { target: target.clone(), number: *number })),
        );
        rows.extend(tables.jobs.values().map(|row| StoredRow::Job(Box::new(row.job.clone()))));
        let items = tables.jobs.values().flat_map(|row| &row.items);
        rows.extend(items.map(|item| StoredRow::JobItem(Box::new(item.clone()))));
        rows.reverse();
        Self(rows)
    }
}

impl RowSource for Rows {
    fn next(&mut self) -> BoxFuture<'_, StoreResult<Vec<StoredRow>>> {
        let left = self.0.len().saturating_sub(PIECE);
        let mut rows = self.0.split_off(left);
        rows.reverse();
        Box::pin(async move { Ok(rows) })
    }
}

/// New tables beside those of the store, which they replace at the end.
pub(super) struct Filling {
    into: Arc<Mutex<Tables>>,
    tables: Tables,
    parts: BTreeMap<ContentHash, Part>,
    /// Putting devices raises the sequence; what counts is what is restored.
    changes: BTreeMap<DeviceId, DeviceSequence>,
}

/// Begins to fill empty tables.
pub(super) fn begin(into: &Arc<Mutex<Tables>>) -> StoreResult<Restore> {
    let filling = Filling {
        into: Arc::clone(into),
        tables: Tables::new(),
        parts: BTreeMap::new(),
        changes: BTreeMap::new(),
    };
    check_empty(&into.lock().unwrap_or_else(PoisonError::into_inner))?;
    Ok(Restore::new(filling))
}

impl RowSink for Filling {
    fn put(&mut self, rows: Vec<StoredRow>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async move { rows.into_iter().try_for_each(|row| self.one(row)) })
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, StoreResult<()>> {
        Box::pin(async move {
            self.tables.last_change = self.changes.values().copied().max().unwrap_or_default();
            self.tables.device_changes = self.changes;
            let mut tables = self.into.lock().unwrap_or_else(PoisonError::into_inner);
            check_empty(&tables)?;
            *tables = self.tables;
            Ok(())
        })
    }
}

impl Filling {
    /// Puts a row as any change would be put, which checks it, and then gives it its revision.
    fn one(&mut self, row: StoredRow) -> StoreResult<()> {
        let tables = &mut self.tables;
        let catalog = |tables: &mut Tables, change| apply::catalog(tables, change);
        match row {
            StoredRow::Catalog(revision) => tables.catalog.revision = revision,
            StoredRow::Settings(row) => {
                catalog(tables, CatalogChange::Settings(Box::new(row.value)))?;
                tables.catalog.settings.revision = row.revision;
            }
            StoredRow::Model(row) => {
                let id = row.value.id.clone();
                catalog(tables, CatalogChange::PutModel(row.value))?;
                revise(tables.catalog.models.get_mut(&id).map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Firmware(row) => {
                let id = row.value.id;
                catalog(tables, CatalogChange::PutFirmware(Box::new(row.value)))?;
                revise(tables.catalog.firmware.get_mut(&id).map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Region(row) => {
                let id = row.value.id;
                catalog(tables, CatalogChange::PutRegion(Box::new(row.value)))?;
                revise(tables.catalog.regions.get_mut(&id).map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Template(row) => {
                let id = row.value.id;
                catalog(tables, CatalogChange::PutTemplate(Box::new(row.value)))?;
                let stored = tables.catalog.templates.get_mut(&id);
                revise(stored.map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Placeholder(row) => {
                let PlaceholderRow { scope, name, revision, value } = *row;
                let key = (scope.clone(), name.clone());
                catalog(tables, CatalogChange::Placeholder(scope, name, Some(value)))?;
                tables.catalog.placeholder_revisions.insert(key, revision);
            }
            StoredRow::SharedFile(row) => {
                let SharedFileRow { revision, file, text } = *row;
                let name = file.name.folded();
                tables.texts.insert(name.clone(), text);
                tables.catalog.files.insert(name, Stored { revision, value: Arc::new(file) });
            }
            StoredRow::User(row) => {
                let id = row.value.id;
                apply::put_user(tables, row.value)?;
                revise(tables.users.get_mut(&id).map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Operator(row) => {
                let id = row.value.id;
                account::apply(tables, AccountChange::PutOperator(Box::new(row.value)))?;
                revise(tables.operators.get_mut(&id).map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Device(row) => {
                let id = row.value.id;
                apply::put_device(tables, row.value)?;
                revise(tables.devices.get_mut(&id).map(|stored| &mut stored.revision), row.revision);
            }
            StoredRow::Status(row) => {
                of_device(tables, row.device)?.status = Some(Arc::new(row.status));
            }
            StoredRow::Alarm(alarm) => {
                of_device(tables, alarm.key.device)?;
                tables.alarms.insert(alarm.key.clone(), *alarm);
            }
            StoredRow::Part(part) => drop(self.parts.insert(part.hash, part)),
            StoredRow::Generation(row) => {
                let parts: Option<Arc<[Part]>> =
                    row.parts.iter().map(|hash| self.parts.get(hash).cloned()).collect();
                let Some(parts) = parts else { return apply::require(false, "part of a generation") };
                tables.generations.insert(row.id, StoredGeneration { parts, idle_since: None });
            }
            StoredRow::Pin(pin) => of_device(tables, pin.pin.device)?.pins.push(*pin),
            StoredRow::StandIn(row) => {
                let StandInRow { device, info, text } = *row;
                of_device(tables, device)?.stand_in = Some((info, text));
            }
            StoredRow::DeviceChange(change) => drop(self.changes.insert(change.device, change.sequence)),
            StoredRow::Run(run) => drop(tables.runs.insert(run.id, run)),
            StoredRow::Uptime(NodeUptime { node, uptime }) => {
                tables.uptimes.insert((node, uptime.from), uptime.until);
            }
            StoredRow::Request(request) => drop(tables.requests.insert(request.claim.key, *request)),
            StoredRow::Audit(record) => tables.audit.push(*record),
            StoredRow::Activity(record) => {
                tables.last_line = tables.last_line.max(record.number);
                tables.activity.insert(record.number, *record);
            }
            StoredRow::Event(event) => {
                of_device(tables, event.device)?;
                tables.events.entry(event.device).or_default().push(*event);
            }
            StoredRow::Sample(SampledHour { hour, regions }) => {
                drop(tables.samples.insert(hour, regions.into_iter().collect()));
            }
            StoredRow::AlarmEvent(event) => super::alarm::restore(tables, *event),
            StoredRow::Told(row) => drop(tables.told.insert(row.target, row.number)),
            StoredRow::Job(job) => JobRow::restore(tables, *job),
            StoredRow::JobItem(item) => JobRow::restore_item(tables, *item),
        }
        Ok(())
    }
}

fn of_device(tables: &mut Tables, id: DeviceId) -> StoreResult<&mut DeviceRow> {
    let row = tables.devices.get_mut(&id);
    row.ok_or_else(|| StoreError::new(StoreErrorKind::Referenced, "the device does not exist"))
}

/// What was put is there.
fn revise(row: Option<&mut RowRevision>, revision: RowRevision) {
    if let Some(row) = row {
        *row = revision;
    }
}

fn check_empty(tables: &Tables) -> StoreResult<()> {
    if Rows::of(tables).0.is_empty() && tables.sessions.is_empty() && tables.tokens.is_empty() {
        return Ok(());
    }
    Err(StoreError::new(StoreErrorKind::Taken, "the store is not empty; restore into a new one"))
}
