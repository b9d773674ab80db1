//! One type for every store, so that what stands above the port is compiled once.

use std::{fmt, sync::Arc};

use super::{
    ActivityFilter, AlarmFilter, AlarmPlace, AlarmRecord, AuditFilter, AuditRecord, Batch, Committed,
    CountKey, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, DeviceSort, Dump, JobFilter, JobItems,
    ListKey, Listed, ListedUser, OperatorKey, Order, Page, PinCountKey, PinRecord, RememberedRequest,
    Restore, Run, RunFilter, SampleFilter, Sorted, Store, StoreResult, SweepRow, UserFilter, UserKey,
    UserSort,
};
use crate::{
    alarm::event::AlarmEvent,
    blob::BoxFuture,
    catalog::{Catalog, CatalogRevision, Stored},
    cfg::{FileInfo, FileKey, FileUsage},
    digest::Fingerprint,
    generation::{GenerationId, Part},
    id::{DeviceId, JobId, OperatorId, RunId, UserId},
    job::{Job, JobItem},
    log::{DeviceEvent, Figures, Hour, activity::ActivityRecord},
    operator::{ApiToken, Operator, Session, Subject},
    status::silence::Uptime,
    time::Timestamp,
    user::User,
    vault::Sealed,
};

/// Any store. Cloning shares it.
#[derive(Clone)]
pub struct AnyStore(Arc<dyn Erased>);

impl AnyStore {
    /// Takes a store whatever its type.
    pub fn new(store: impl Store) -> Self {
        Self(Arc::new(store))
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore")
    }
}

/// Writes the object-safe twin of the port, and both ways between the two, from one list.
macro_rules! erase {
    ($(fn $name:ident($($mode:ident $argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[expect(clippy::elidable_lifetime_names, reason = "needed by the methods that borrow an argument")]
        trait Erased: Send + Sync {
            $(fn $name<'a>(&'a self, $($argument: erase!(@in 'a $mode $kind)),*) -> BoxFuture<'a, StoreResult<$answer>>;)*
        }

        #[expect(clippy::elidable_lifetime_names, reason = "needed by the methods that borrow an argument")]
        impl<S: Store> Erased for S {
            $(fn $name<'a>(&'a self, $($argument: erase!(@in 'a $mode $kind)),*) -> BoxFuture<'a, StoreResult<$answer>> {
                Box::pin(Store::$name(self, $($argument),*))
            })*
        }

        impl Store for AnyStore {
            $(async fn $name(&self, $($argument: erase!(@out $mode $kind)),*) -> StoreResult<$answer> {
                self.0.$name($($argument),*).await
            })*
        }
    };
    (@in $life:lifetime borrowed $kind:ty) => { &$life $kind };
    (@in $life:lifetime owned $kind:ty) => { $kind };
    (@out borrowed $kind:ty) => { &$kind };
    (@out owned $kind:ty) => { $kind };
}

erase! {
    fn catalog(owned newer_than: Option<CatalogRevision>) -> Option<Catalog>;
    fn generation(owned id: GenerationId) -> Option<Vec<Part>>;
    fn device(owned key: DeviceKey) -> Option<DeviceRecord>;
    fn devices(borrowed filter: DeviceFilter, owned page: Page<DeviceId>) -> Vec<DeviceRecord>;
    fn device_list(borrowed filter: DeviceFilter, owned sorted: Sorted<DeviceSort>, owned page: Page<ListKey<DeviceId>>) -> Vec<Listed<DeviceId, DeviceRecord>>;
    fn changed_devices(owned after: DeviceSequence, owned limit: u32) -> Vec<(DeviceSequence, DeviceId)>;
    fn pins(owned device: DeviceId) -> Vec<PinRecord>;
    fn file(borrowed key: FileKey) -> Option<(Stored<FileInfo>, Sealed)>;
    fn stand_ins() -> FileUsage;
    fn user(owned key: UserKey) -> Option<Stored<User>>;
    fn users(borrowed filter: UserFilter, owned page: Page<UserId>) -> Vec<Stored<User>>;
    fn user_list(borrowed filter: UserFilter, owned sorted: Sorted<UserSort>, owned page: Page<ListKey<UserId>>) -> Vec<Listed<UserId, ListedUser>>;
    fn silent_since(owned before: Timestamp, owned page: Page<DeviceId>) -> Vec<SweepRow>;
    fn uptimes(owned since: Timestamp) -> Vec<Uptime>;
    fn alarms(borrowed filter: AlarmFilter, owned page: Page<AlarmPlace>) -> Vec<AlarmRecord>;
    fn device_counts() -> Vec<(CountKey, u64)>;
    fn pin_counts() -> Vec<(PinCountKey, u64)>;
    fn audit(borrowed filter: AuditFilter, owned order: Order, owned page: Page<u64>) -> Vec<AuditRecord>;
    fn operators() -> Vec<Stored<Operator>>;
    fn operator(owned key: OperatorKey) -> Option<Stored<Operator>>;
    fn session(owned print: Fingerprint) -> Option<(Session, Option<Operator>)>;
    fn sessions(borrowed subject: Subject) -> Vec<Session>;
    fn api_token(owned print: Fingerprint) -> Option<(ApiToken, Operator)>;
    fn api_tokens(owned operator: OperatorId) -> Vec<ApiToken>;
    fn request(owned key: Fingerprint) -> Option<RememberedRequest>;
    fn runs(borrowed filter: RunFilter, owned page: Page<RunId>) -> Vec<Run>;
    fn job(owned id: JobId) -> Option<Job>;
    fn jobs(borrowed filter: JobFilter, owned page: Page<JobId>) -> Vec<Job>;
    fn due_jobs(owned at: Timestamp, owned limit: u32) -> Vec<Job>;
    fn job_items(owned which: JobItems, owned page: Page<u32>) -> Vec<JobItem>;
    fn waiting(owned device: DeviceId, owned limit: u32) -> Vec<JobItem>;
    fn commanded(owned devices: Vec<DeviceId>, owned since: Timestamp) -> Vec<JobItem>;
    fn alarm_events(owned after: u64, owned limit: u32) -> Vec<AlarmEvent>;
    fn told(borrowed target: str) -> u64;
    fn activity(owned filter: ActivityFilter, owned order: Order, owned page: Page<u64>) -> Vec<ActivityRecord>;
    fn device_events(owned device: DeviceId) -> Vec<DeviceEvent>;
    fn samples(borrowed filter: SampleFilter) -> Vec<(Hour, Figures)>;
    fn commit(owned batch: Batch) -> Committed;
    fn dump() -> Dump;
    fn restore() -> Restore;
    fn heard() -> ();
}
