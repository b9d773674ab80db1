//! A store in memory that several nodes share, and that can be watched and interfered with.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use ipp_core::{
    alarm::event::AlarmEvent,
    catalog::{Catalog, CatalogRevision, Stored},
    cfg::{FileInfo, FileKey, FileUsage},
    digest::Fingerprint,
    generation::{GenerationId, Part},
    id::{DeviceId, JobId, OperatorId, RunId, UserId},
    job::{Job, JobItem},
    log::{DeviceEvent, Figures, Hour, activity::ActivityRecord},
    operator::{ApiToken, Operator, Session, Subject},
    status::silence::Uptime,
    store::{
        ActivityFilter, AlarmFilter, AlarmPlace, AlarmRecord, AuditFilter, AuditRecord, Batch, Committed,
        CountKey, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, DeviceSort, Dump, JobFilter,
        JobItems, ListKey, Listed, ListedUser, MemoryStore, OperatorKey, Order, Page, PinCountKey, PinRecord,
        RememberedRequest, Restore, Run, RunFilter, SampleFilter, Sorted, Store, StoreError, StoreErrorKind,
        StoreResult, SweepRow, UserFilter, UserKey, UserSort,
    },
    time::Timestamp,
    user::User,
    vault::Sealed,
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    store: MemoryStore,
    reads: AtomicU64,
    writes: AtomicU64,
    intruder: Mutex<Option<Batch>>,
    sizes: Mutex<Vec<usize>>,
    commits_until_failure: Mutex<Option<u64>>,
}

impl Shared {
    /// How often anything was read, the catalogue's revision aside.
    pub(crate) fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::Relaxed)
    }

    /// How often something was committed.
    pub(crate) fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::Relaxed)
    }

    /// How many changes each batch had so far.
    pub(crate) fn batches(&self) -> Vec<usize> {
        self.0.sizes.lock().unwrap().clone()
    }

    /// Commits `batch` right before the next one: another node was quicker.
    pub(crate) fn intrude(&self, batch: Batch) {
        *self.0.intruder.lock().unwrap() = Some(batch);
    }

    /// Lets so many batches through and fails the one behind them, as a full disk does.
    pub(crate) fn fail_after(&self, commits: u64) {
        *self.0.commits_until_failure.lock().unwrap() = Some(commits);
    }

    /// Whether a failure that was asked for is still to come.
    pub(crate) fn is_to_fail(&self) -> bool {
        self.0.commits_until_failure.lock().unwrap().is_some()
    }

    fn fails_now(&self) -> bool {
        let mut left = self.0.commits_until_failure.lock().unwrap();
        let now = *left == Some(0);
        *left = left.and_then(|left| left.checked_sub(1));
        now
    }

    fn read(&self) -> &MemoryStore {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        &self.0.store
    }
}

impl Store for Shared {
    async fn catalog(&self, newer_than: Option<CatalogRevision>) -> StoreResult<Option<Catalog>> {
        self.0.store.catalog(newer_than).await
    }

    async fn generation(&self, id: GenerationId) -> StoreResult<Option<Vec<Part>>> {
        self.read().generation(id).await
    }

    async fn device(&self, key: DeviceKey) -> StoreResult<Option<DeviceRecord>> {
        self.read().device(key).await
    }

    async fn devices(&self, filter: &DeviceFilter, page: Page<DeviceId>) -> StoreResult<Vec<DeviceRecord>> {
        self.read().devices(filter, page).await
    }

    async fn device_list(
        &self,
        filter: &DeviceFilter,
        sorted: Sorted<DeviceSort>,
        page: Page<ListKey<DeviceId>>,
    ) -> StoreResult<Vec<Listed<DeviceId, DeviceRecord>>> {
        self.read().device_list(filter, sorted, page).await
    }

    async fn user_list(
        &self,
        filter: &UserFilter,
        sorted: Sorted<UserSort>,
        page: Page<ListKey<UserId>>,
    ) -> StoreResult<Vec<Listed<UserId, ListedUser>>> {
        self.read().user_list(filter, sorted, page).await
    }

    async fn changed_devices(
        &self,
        after: DeviceSequence,
        limit: u32,
    ) -> StoreResult<Vec<(DeviceSequence, DeviceId)>> {
        self.0.store.changed_devices(after, limit).await
    }

    async fn pins(&self, device: DeviceId) -> StoreResult<Vec<PinRecord>> {
        self.read().pins(device).await
    }

    async fn file(&self, key: &FileKey) -> StoreResult<Option<(Stored<FileInfo>, Sealed)>> {
        self.read().file(key).await
    }

    async fn stand_ins(&self) -> StoreResult<FileUsage> {
        self.read().stand_ins().await
    }

    async fn user(&self, key: UserKey) -> StoreResult<Option<Stored<User>>> {
        self.read().user(key).await
    }

    async fn users(&self, filter: &UserFilter, page: Page<UserId>) -> StoreResult<Vec<Stored<User>>> {
        self.read().users(filter, page).await
    }

    async fn silent_since(&self, before: Timestamp, page: Page<DeviceId>) -> StoreResult<Vec<SweepRow>> {
        self.read().silent_since(before, page).await
    }

    async fn uptimes(&self, since: Timestamp) -> StoreResult<Vec<Uptime>> {
        self.read().uptimes(since).await
    }

    async fn alarms(&self, filter: &AlarmFilter, page: Page<AlarmPlace>) -> StoreResult<Vec<AlarmRecord>> {
        self.read().alarms(filter, page).await
    }

    async fn device_counts(&self) -> StoreResult<Vec<(CountKey, u64)>> {
        self.read().device_counts().await
    }

    async fn pin_counts(&self) -> StoreResult<Vec<(PinCountKey, u64)>> {
        self.read().pin_counts().await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<AuditRecord>> {
        self.read().audit(filter, order, page).await
    }

    async fn operators(&self) -> StoreResult<Vec<Stored<Operator>>> {
        self.read().operators().await
    }

    async fn operator(&self, key: OperatorKey) -> StoreResult<Option<Stored<Operator>>> {
        self.read().operator(key).await
    }

    async fn session(&self, print: Fingerprint) -> StoreResult<Option<(Session, Option<Operator>)>> {
        self.read().session(print).await
    }

    async fn sessions(&self, subject: &Subject) -> StoreResult<Vec<Session>> {
        self.read().sessions(subject).await
    }

    async fn api_token(&self, print: Fingerprint) -> StoreResult<Option<(ApiToken, Operator)>> {
        self.read().api_token(print).await
    }

    async fn api_tokens(&self, operator: OperatorId) -> StoreResult<Vec<ApiToken>> {
        self.read().api_tokens(operator).await
    }

    async fn request(&self, key: Fingerprint) -> StoreResult<Option<RememberedRequest>> {
        self.read().request(key).await
    }

    async fn runs(&self, filter: &RunFilter, page: Page<RunId>) -> StoreResult<Vec<Run>> {
        self.read().runs(filter, page).await
    }

    async fn job(&self, id: JobId) -> StoreResult<Option<Job>> {
        self.read().job(id).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page<JobId>) -> StoreResult<Vec<Job>> {
        self.read().jobs(filter, page).await
    }

    async fn due_jobs(&self, at: Timestamp, limit: u32) -> StoreResult<Vec<Job>> {
        self.read().due_jobs(at, limit).await
    }

    async fn job_items(&self, which: JobItems, page: Page<u32>) -> StoreResult<Vec<JobItem>> {
        self.read().job_items(which, page).await
    }

    async fn waiting(&self, device: DeviceId, limit: u32) -> StoreResult<Vec<JobItem>> {
        self.read().waiting(device, limit).await
    }

    async fn commanded(&self, devices: Vec<DeviceId>, since: Timestamp) -> StoreResult<Vec<JobItem>> {
        self.read().commanded(devices, since).await
    }

    async fn alarm_events(&self, after: u64, limit: u32) -> StoreResult<Vec<AlarmEvent>> {
        self.read().alarm_events(after, limit).await
    }

    async fn told(&self, target: &str) -> StoreResult<u64> {
        self.read().told(target).await
    }

    async fn activity(
        &self,
        filter: ActivityFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<ActivityRecord>> {
        self.read().activity(filter, order, page).await
    }

    async fn device_events(&self, device: DeviceId) -> StoreResult<Vec<DeviceEvent>> {
        self.read().device_events(device).await
    }

    async fn samples(&self, filter: &SampleFilter) -> StoreResult<Vec<(Hour, Figures)>> {
        self.read().samples(filter).await
    }

    async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        if self.fails_now() {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "the disk is full"));
        }
        let intruder = self.0.intruder.lock().unwrap().take();
        if let Some(intruder) = intruder {
            self.0.store.commit(intruder).await?;
        }
        self.0.writes.fetch_add(1, Ordering::Relaxed);
        self.0.sizes.lock().unwrap().push(batch.changes.len());
        self.0.store.commit(batch).await
    }

    async fn dump(&self) -> StoreResult<Dump> {
        self.read().dump().await
    }

    async fn restore(&self) -> StoreResult<Restore> {
        self.0.store.restore().await
    }
}
