//! The store in memory: the simplest thing that keeps the contract, and therefore the oracle that
//! the other stores are compared with. It copies its tables for each batch; use it in tests.

mod account;
mod alarm;
mod apply;
mod dump;
mod job;
mod log;
mod pin;
mod tables;

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use self::tables::{DeviceRow, Tables};
use super::{
    ActivityFilter, AlarmFilter, AlarmPlace, AlarmRecord, AuditFilter, AuditRecord, Batch, Committed,
    CountKey, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, DeviceSort, Dump, JobFilter, JobItems,
    ListKey, Listed, ListedUser, OperatorKey, Order, Page, PinCountKey, PinRecord, RememberedRequest,
    Restore, Run, RunFilter, SampleFilter, Sorted, Store, StoreResult, SweepRow, UserFilter, UserKey,
    UserSort, list,
};
use crate::{
    alarm::{Alarm, event::AlarmEvent},
    catalog::{Catalog, CatalogRevision, Stored},
    cfg::{FileInfo, FileKey, FileUsage},
    digest::Fingerprint,
    generation::{GenerationId, Part},
    id::{DeviceId, JobId, OperatorId, RunId, UserId},
    job::{ItemState, Job, JobItem},
    log::{DeviceEvent, Figures, Hour, activity::ActivityRecord},
    operator::{ApiToken, Operator, Session, Subject},
    status::{Connectivity, silence::Uptime},
    time::Timestamp,
    user::User,
    vault::Sealed,
};

/// Everything in memory; gone with the value.
#[derive(Debug)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { tables: Arc::new(Mutex::new(Tables::new())) }
    }
}

impl MemoryStore {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Tables are replaced whole, so a panic elsewhere never leaves them half changed.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn catalog(&self, newer_than: Option<CatalogRevision>) -> StoreResult<Option<Catalog>> {
        let tables = self.tables();
        let newer = newer_than.is_none_or(|known| tables.catalog.revision > known);
        Ok(newer.then(|| tables.catalog.clone()))
    }

    async fn generation(&self, id: GenerationId) -> StoreResult<Option<Vec<Part>>> {
        Ok(self.tables().generations.get(&id).map(|row| row.parts.to_vec()))
    }

    async fn device(&self, key: DeviceKey) -> StoreResult<Option<DeviceRecord>> {
        let tables = self.tables();
        Ok(tables.device_id(key).and_then(|id| tables.devices.get(&id)).map(|row| tables.record(row)))
    }

    async fn devices(&self, filter: &DeviceFilter, page: Page<DeviceId>) -> StoreResult<Vec<DeviceRecord>> {
        let tables = self.tables();
        let rows = tables.devices.iter().filter(|(id, _)| page.after.is_none_or(|after| **id > after));
        let passing = rows.filter(|(_, row)| tables.passes(filter, row));
        Ok(passing.take(page.limit as usize).map(|(_, row)| tables.record(row)).collect())
    }

    async fn device_list(
        &self,
        filter: &DeviceFilter,
        sorted: Sorted<DeviceSort>,
        page: Page<ListKey<DeviceId>>,
    ) -> StoreResult<Vec<Listed<DeviceId, DeviceRecord>>> {
        let tables = self.tables();
        let passing = tables.devices.iter().filter(|(_, row)| tables.passes(filter, row));
        let rows = passing.map(|(id, row)| {
            let row = tables.record(row);
            Listed { at: ListKey { key: sorted.by.key(&row, &tables.catalog), id: *id }, row }
        });
        Ok(list::cut(rows.collect(), sorted.order, page.after.as_ref(), page.limit))
    }

    async fn changed_devices(
        &self,
        after: DeviceSequence,
        limit: u32,
    ) -> StoreResult<Vec<(DeviceSequence, DeviceId)>> {
        let tables = self.tables();
        let mut changed: Vec<_> =
            tables.device_changes.iter().filter(|(_, at)| **at > after).map(|(id, at)| (*at, *id)).collect();
        changed.sort_unstable();
        changed.truncate(limit as usize);
        Ok(changed)
    }

    async fn pins(&self, device: DeviceId) -> StoreResult<Vec<PinRecord>> {
        let tables = self.tables();
        Ok(tables
            .devices
            .get(&device)
            .map(|row| row.pins.iter().rev().cloned().collect())
            .unwrap_or_default())
    }

    async fn file(&self, key: &FileKey) -> StoreResult<Option<(Stored<FileInfo>, Sealed)>> {
        let tables = self.tables();
        Ok(match key {
            FileKey::Device(id) => tables.devices.get(id).and_then(|row| row.stand_in.clone()),
            FileKey::Shared(name) => tables.catalog.file_called(name.as_str()).and_then(|row| {
                let info = Stored { revision: row.revision, value: row.value.info.clone() };
                Some((info, tables.texts.get(&name.folded())?.clone()))
            }),
        })
    }

    async fn stand_ins(&self) -> StoreResult<FileUsage> {
        let tables = self.tables();
        let infos =
            tables.devices.values().filter_map(|row| row.stand_in.as_ref().map(|(info, _)| &info.value));
        Ok(infos.fold(FileUsage::default(), |usage, info| FileUsage {
            files: usage.files + 1,
            bytes: usage.bytes + u64::from(info.length),
        }))
    }

    async fn user(&self, key: UserKey) -> StoreResult<Option<Stored<User>>> {
        let tables = self.tables();
        let found = match key {
            UserKey::Id(id) => tables.users.get(&id),
            UserKey::Name(name) => {
                tables.users.values().find(|user| user.value.name.folded() == name.folded())
            }
        };
        Ok(found.cloned())
    }

    async fn users(&self, filter: &UserFilter, page: Page<UserId>) -> StoreResult<Vec<Stored<User>>> {
        let tables = self.tables();
        let rows = tables.users.iter().filter(|(id, _)| page.after.is_none_or(|after| **id > after));
        let passing = rows.filter(|(_, user)| filter.passes(&user.value));
        Ok(passing.take(page.limit as usize).map(|(_, user)| user.clone()).collect())
    }

    async fn user_list(
        &self,
        filter: &UserFilter,
        sorted: Sorted<UserSort>,
        page: Page<ListKey<UserId>>,
    ) -> StoreResult<Vec<Listed<UserId, ListedUser>>> {
        let tables = self.tables();
        let passing = tables.users.iter().filter(|(_, user)| filter.passes(&user.value));
        let rows = passing.map(|(id, user)| Listed {
            at: ListKey { key: sorted.by.key(&user.value, &tables.catalog), id: *id },
            row: ListedUser { user: user.clone(), devices: tables.devices_of(*id) as u64 },
        });
        Ok(list::cut(rows.collect(), sorted.order, page.after.as_ref(), page.limit))
    }

    async fn silent_since(&self, before: Timestamp, page: Page<DeviceId>) -> StoreResult<Vec<SweepRow>> {
        let tables = self.tables();
        let rows = tables.devices.iter().filter(|(id, _)| page.after.is_none_or(|after| **id > after));
        let silent = rows.filter_map(|(id, row)| {
            let status = row.status.as_deref()?;
            (status.connectivity == Connectivity::Connected && status.last_seen < before)
                .then_some(SweepRow { device: *id, last_seen: status.last_seen, timeout: status.timeout })
        });
        Ok(silent.take(page.limit as usize).collect())
    }

    async fn uptimes(&self, since: Timestamp) -> StoreResult<Vec<Uptime>> {
        let tables = self.tables();
        let mut uptimes: Vec<_> = tables
            .uptimes
            .iter()
            .map(|((_, from), until)| Uptime { from: *from, until: *until })
            .filter(|uptime| uptime.until >= since)
            .collect();
        uptimes.sort_unstable();
        Ok(uptimes)
    }

    async fn alarms(&self, filter: &AlarmFilter, page: Page<AlarmPlace>) -> StoreResult<Vec<AlarmRecord>> {
        let tables = self.tables();
        let record = |alarm: &Alarm| {
            let row = tables.devices.get(&alarm.key.device)?;
            let peer = row.status.as_ref().map(|status| status.peer);
            let (mac, region) = (row.device.mac, row.device.region);
            Some(AlarmRecord { alarm: alarm.clone(), mac, region, peer })
        };
        let place = |alarm: &Alarm| (std::cmp::Reverse(alarm.last_action_at), alarm.key.clone());
        let behind = page.after.map(|after| (std::cmp::Reverse(after.last_action_at), after.key));
        let mut alarms: Vec<AlarmRecord> = tables
            .alarms
            .values()
            .filter(|alarm| behind.as_ref().is_none_or(|behind| place(alarm) > *behind))
            .filter_map(record)
            .filter(|record| filter.passes(record))
            .collect();
        alarms.sort_by_key(|record| place(&record.alarm));
        alarms.truncate(page.limit as usize);
        Ok(alarms)
    }

    async fn device_counts(&self) -> StoreResult<Vec<(CountKey, u64)>> {
        Ok(count(self.tables().devices.values().map(|row| CountKey::of(&row.device, row.status.as_deref()))))
    }

    async fn pin_counts(&self) -> StoreResult<Vec<(PinCountKey, u64)>> {
        let tables = self.tables();
        let current = |row: &DeviceRow| row.current_pin().map(|pin| PinCountKey::of(&row.device, &pin.pin));
        Ok(count(tables.devices.values().filter_map(current)))
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<AuditRecord>> {
        let tables = self.tables();
        let passing = tables.audit.iter().filter(|record| filter.passes(&record.entry));
        Ok(numbered(passing, |record| record.number, order, page))
    }

    async fn operators(&self) -> StoreResult<Vec<Stored<Operator>>> {
        Ok(self.tables().operators.values().cloned().collect())
    }

    async fn operator(&self, key: OperatorKey) -> StoreResult<Option<Stored<Operator>>> {
        let tables = self.tables();
        Ok(match key {
            OperatorKey::Id(id) => tables.operators.get(&id).cloned(),
            OperatorKey::Name(name) => {
                let named = |row: &&Stored<Operator>| row.value.name.folded() == name.folded();
                tables.operators.values().find(named).cloned()
            }
        })
    }

    async fn session(&self, print: Fingerprint) -> StoreResult<Option<(Session, Option<Operator>)>> {
        let tables = self.tables();
        let account = |subject: &Subject| match subject {
            Subject::Operator(id) => tables.operators.get(id).map(|row| row.value.clone()),
            Subject::Host(_) => None,
        };
        Ok(tables.sessions.get(&print).map(|session| (session.clone(), account(&session.subject))))
    }

    async fn sessions(&self, subject: &Subject) -> StoreResult<Vec<Session>> {
        let tables = self.tables();
        let mut sessions: Vec<Session> =
            tables.sessions.values().filter(|session| session.subject == *subject).cloned().collect();
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.last_seen), session.print));
        Ok(sessions)
    }

    async fn api_token(&self, print: Fingerprint) -> StoreResult<Option<(ApiToken, Operator)>> {
        let tables = self.tables();
        let token = tables.tokens.values().find(|token| token.print == print);
        Ok(token.and_then(|token| {
            let account = tables.operators.get(&token.operator)?;
            Some((token.clone(), account.value.clone()))
        }))
    }

    async fn api_tokens(&self, operator: OperatorId) -> StoreResult<Vec<ApiToken>> {
        let tables = self.tables();
        Ok(tables.tokens.values().filter(|token| token.operator == operator).cloned().collect())
    }

    async fn request(&self, key: Fingerprint) -> StoreResult<Option<RememberedRequest>> {
        Ok(self.tables().requests.get(&key).cloned())
    }

    async fn runs(&self, filter: &RunFilter, page: Page<RunId>) -> StoreResult<Vec<Run>> {
        let tables = self.tables();
        let latest = tables.runs.values().rev().filter(|run| page.after.is_none_or(|after| run.id < after));
        Ok(latest.filter(|run| filter.passes(run)).take(page.limit as usize).cloned().collect())
    }

    async fn job(&self, id: JobId) -> StoreResult<Option<Job>> {
        Ok(self.tables().jobs.get(&id).map(|row| row.job.clone()))
    }

    async fn jobs(&self, filter: &JobFilter, page: Page<JobId>) -> StoreResult<Vec<Job>> {
        let tables = self.tables();
        let before = page.after.map_or(Bound::Unbounded, Bound::Excluded);
        let jobs = tables.jobs.range((Bound::Unbounded, before)).rev().map(|(_, row)| &row.job);
        Ok(jobs.filter(|job| filter.passes(job)).take(page.limit as usize).cloned().collect())
    }

    async fn due_jobs(&self, at: Timestamp, limit: u32) -> StoreResult<Vec<Job>> {
        let tables = self.tables();
        let due = |job: &&Job| job.is_due(at) && job.is_free(at);
        let mut jobs: Vec<Job> = tables.jobs.values().map(|row| &row.job).filter(due).cloned().collect();
        jobs.sort_by_key(|job| (job.next_at, job.id));
        jobs.truncate(limit as usize);
        Ok(jobs)
    }

    async fn job_items(&self, which: JobItems, page: Page<u32>) -> StoreResult<Vec<JobItem>> {
        let tables = self.tables();
        let items = tables.jobs.get(&which.job).into_iter().flat_map(|row| &row.items);
        let behind = |item: &&JobItem| page.after.is_none_or(|after| item.number > after);
        let passes = |item: &&JobItem| which.state.is_none_or(|state| item.state == state);
        Ok(items.filter(behind).filter(passes).take(page.limit as usize).cloned().collect())
    }

    async fn waiting(&self, device: DeviceId, limit: u32) -> StoreResult<Vec<JobItem>> {
        let tables = self.tables();
        let waits = |item: &&JobItem| item.device == device && item.state == ItemState::Waiting;
        let mut items: Vec<&JobItem> =
            tables.jobs.values().flat_map(|row| &row.items).filter(waits).collect();
        items.sort_by_key(|item| (item.at, item.job, item.number));
        Ok(items.into_iter().take(limit as usize).cloned().collect())
    }

    async fn commanded(&self, devices: Vec<DeviceId>, since: Timestamp) -> StoreResult<Vec<JobItem>> {
        let tables = self.tables();
        let wanted = |item: &&JobItem| {
            devices.contains(&item.device)
                && item.state.awaits_evidence()
                && item.at.is_some_and(|at| at >= since)
        };
        Ok(tables.jobs.values().flat_map(|row| &row.items).filter(wanted).cloned().collect())
    }

    async fn alarm_events(&self, after: u64, limit: u32) -> StoreResult<Vec<AlarmEvent>> {
        let tables = self.tables();
        let behind = tables.alarm_events.range((Bound::Excluded(after), Bound::Unbounded));
        Ok(behind.take(limit as usize).map(|(_, event)| event.clone()).collect())
    }

    async fn told(&self, target: &str) -> StoreResult<u64> {
        Ok(self.tables().told.get(target).copied().unwrap_or(0))
    }

    async fn activity(
        &self,
        filter: ActivityFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<ActivityRecord>> {
        let tables = self.tables();
        let passing = tables.activity.values().filter(|record| filter.level.includes(record.entry.level));
        Ok(numbered(passing, |record| record.number, order, page))
    }

    async fn device_events(&self, device: DeviceId) -> StoreResult<Vec<DeviceEvent>> {
        let tables = self.tables();
        Ok(tables
            .events
            .get(&device)
            .map(|events| events.iter().rev().cloned().collect())
            .unwrap_or_default())
    }

    async fn samples(&self, filter: &SampleFilter) -> StoreResult<Vec<(Hour, Figures)>> {
        Ok(log::samples(&self.tables(), filter))
    }

    async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        let mut tables = self.tables();
        let mut changed = tables.clone();
        let committed = apply::apply(&mut changed, batch)?;
        *tables = changed;
        Ok(committed)
    }

    async fn dump(&self) -> StoreResult<Dump> {
        Ok(Dump::new(dump::Rows::of(&self.tables())))
    }

    async fn restore(&self) -> StoreResult<Restore> {
        dump::begin(&self.tables)
    }
}

/// A page of rows that are numbered in their order.
fn numbered<'a, T: Clone + 'a>(
    rows: impl DoubleEndedIterator<Item = &'a T>,
    number: fn(&T) -> u64,
    order: Order,
    page: Page<u64>,
) -> Vec<T> {
    let limit = page.limit as usize;
    let behind = |row: &&'a T| {
        page.after.is_none_or(|after| match order {
            Order::Ascending => number(row) > after,
            Order::Descending => number(row) < after,
        })
    };
    match order {
        Order::Ascending => rows.filter(behind).take(limit).cloned().collect(),
        Order::Descending => rows.rev().filter(behind).take(limit).cloned().collect(),
    }
}

fn count<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<(K, u64)> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}
