//! A store that can be told to take no files: what publishing costs without writing them.

use std::sync::atomic::{AtomicBool, Ordering};

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
        ActivityFilter, AlarmFilter, AlarmPlace, AlarmRecord, AuditFilter, AuditRecord, Batch, Change,
        Committed, CountKey, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, DeviceSort, Dump,
        JobFilter, JobItems, ListKey, Listed, ListedUser, OperatorKey, Order, Page, PinChange, PinCountKey,
        PinRecord, RememberedRequest, Restore, Run, RunFilter, SampleFilter, Sorted, Store, StoreResult,
        SweepRow, UserFilter, UserKey, UserSort,
    },
    time::Timestamp,
    user::User,
    vault::Sealed,
};

/// A store around another one.
#[derive(Debug)]
pub struct Dry<S> {
    store: S,
    dry: AtomicBool,
}

impl<S> Dry<S> {
    /// Takes everything, until it is told otherwise.
    pub const fn new(store: S) -> Self {
        Self { store, dry: AtomicBool::new(false) }
    }

    /// Whether batches that publish files are dropped, and acknowledged at once.
    pub fn set_dry(&self, dry: bool) {
        self.dry.store(dry, Ordering::Relaxed);
    }
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl<S: Store> Store for Dry<S> {
            $(async fn $name(&self, $($argument: $kind),*) -> StoreResult<$answer> {
                self.store.$name($($argument),*).await
            })*

            async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
                let publishes = |change: &Change| matches!(change, Change::Pin(PinChange::Publish(_)));
                if self.dry.load(Ordering::Relaxed) && batch.changes.iter().any(publishes) {
                    return Ok(Committed::default());
                }
                self.store.commit(batch).await
            }
        }
    };
}

forward! {
    catalog(newer_than: Option<CatalogRevision>) -> Option<Catalog>;
    generation(id: GenerationId) -> Option<Vec<Part>>;
    device(key: DeviceKey) -> Option<DeviceRecord>;
    devices(filter: &DeviceFilter, page: Page<DeviceId>) -> Vec<DeviceRecord>;
    device_list(filter: &DeviceFilter, sorted: Sorted<DeviceSort>, page: Page<ListKey<DeviceId>>) -> Vec<Listed<DeviceId, DeviceRecord>>;
    changed_devices(after: DeviceSequence, limit: u32) -> Vec<(DeviceSequence, DeviceId)>;
    pins(device: DeviceId) -> Vec<PinRecord>;
    user(key: UserKey) -> Option<Stored<User>>;
    users(filter: &UserFilter, page: Page<UserId>) -> Vec<Stored<User>>;
    user_list(filter: &UserFilter, sorted: Sorted<UserSort>, page: Page<ListKey<UserId>>) -> Vec<Listed<UserId, ListedUser>>;
    silent_since(before: Timestamp, page: Page<DeviceId>) -> Vec<SweepRow>;
    uptimes(since: Timestamp) -> Vec<Uptime>;
    alarms(filter: &AlarmFilter, page: Page<AlarmPlace>) -> Vec<AlarmRecord>;
    device_counts() -> Vec<(CountKey, u64)>;
    pin_counts() -> Vec<(PinCountKey, u64)>;
    audit(filter: &AuditFilter, order: Order, page: Page<u64>) -> Vec<AuditRecord>;
    operators() -> Vec<Stored<Operator>>;
    operator(key: OperatorKey) -> Option<Stored<Operator>>;
    session(print: Fingerprint) -> Option<(Session, Option<Operator>)>;
    sessions(subject: &Subject) -> Vec<Session>;
    api_token(print: Fingerprint) -> Option<(ApiToken, Operator)>;
    api_tokens(operator: OperatorId) -> Vec<ApiToken>;
    request(key: Fingerprint) -> Option<RememberedRequest>;
    job(id: JobId) -> Option<Job>;
    jobs(filter: &JobFilter, page: Page<JobId>) -> Vec<Job>;
    due_jobs(at: Timestamp, limit: u32) -> Vec<Job>;
    job_items(which: JobItems, page: Page<u32>) -> Vec<JobItem>;
    waiting(device: DeviceId, limit: u32) -> Vec<JobItem>;
    commanded(devices: Vec<DeviceId>, since: Timestamp) -> Vec<JobItem>;
    alarm_events(after: u64, limit: u32) -> Vec<AlarmEvent>;
    told(target: &str) -> u64;
    activity(filter: ActivityFilter, order: Order, page: Page<u64>) -> Vec<ActivityRecord>;
    device_events(device: DeviceId) -> Vec<DeviceEvent>;
    samples(filter: &SampleFilter) -> Vec<(Hour, Figures)>;
    runs(filter: &RunFilter, page: Page<RunId>) -> Vec<Run>;
    file(key: &FileKey) -> Option<(Stored<FileInfo>, Sealed)>;
    stand_ins() -> FileUsage;
    dump() -> Dump;
    restore() -> Restore;
}
