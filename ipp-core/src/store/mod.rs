//! The storage port: about a dozen typed reads, and one write.
//!
//! A [`Batch`] is data: what it expects, what it changes, and what is noted in the audit log. It is
//! applied whole or not at all. Batches apply in order, each seeing its predecessors; what depends
//! on the present value of a row ("newer only", counters) is computed while it is applied, never
//! from an earlier read.

pub mod any;
pub mod audit;
pub mod batch;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod counts;
pub mod dump;
pub mod error;
pub mod filter;
pub mod job;
pub mod list;
pub mod log;
pub mod memory;
pub mod query;
pub mod request;
pub mod run;

use std::future::Future;

pub use any::AnyStore;
pub use audit::{AuditChain, AuditEntry, AuditFilter, AuditRecord, Order};
pub use batch::{
    AccountChange, Batch, CatalogChange, Change, Committed, DeviceChange, Expect, Expected, PinChange,
    RequestChange, Reseal, Row, SealedPlace, StatusChange,
};
pub use counts::{CountKey, PinCountKey};
pub use dump::{Dump, Restore, StoredRow};
pub use error::{StoreError, StoreErrorKind};
pub use filter::{DeviceFacts, DeviceFilter, FileState, SearchField, SearchTexts, SearchWord, UserFilter};
pub use job::{JobChange, JobFilter, JobItems};
pub use list::{DeviceSort, ListKey, Listed, ListedUser, Sorted, UserSort};
pub use log::{ActivityFilter, LogChange, Prune, SampleFilter};
pub use memory::MemoryStore;
pub use query::{
    AlarmFilter, AlarmPlace, AlarmRecord, AlarmSearch, DeviceKey, DeviceRecord, DeviceSequence, OperatorKey,
    Page, Pin, PinRecord, SweepRow, UserKey,
};
pub use request::{Answer, Claim, RememberedRequest};
pub use run::{Run, RunFilter, RunNote};

use crate::{
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
    time::Timestamp,
    user::User,
    vault::Sealed,
};

/// What a read or a write answers.
pub type StoreResult<T> = Result<T, StoreError>;

/// Where everything is kept. Implementations are checked by the list of cases in `conformance` and
/// by comparison with [`MemoryStore`].
///
/// A write is acknowledged after it is durable. Reads see every write that was acknowledged before
/// they began. Futures may be dropped at any time; a write that was begun may still take effect.
pub trait Store: Send + Sync + 'static {
    /// The catalogue, or `None` where it is not newer than the given revision.
    fn catalog(
        &self,
        newer_than: Option<CatalogRevision>,
    ) -> impl Future<Output = StoreResult<Option<Catalog>>> + Send;

    /// The parts of a pinned generation, in their order.
    fn generation(&self, id: GenerationId) -> impl Future<Output = StoreResult<Option<Vec<Part>>>> + Send;

    /// One device with its user, its status and its published file.
    fn device(&self, key: DeviceKey) -> impl Future<Output = StoreResult<Option<DeviceRecord>>> + Send;

    /// Devices that pass the filter, by id.
    fn devices(
        &self,
        filter: &DeviceFilter,
        page: Page<DeviceId>,
    ) -> impl Future<Output = StoreResult<Vec<DeviceRecord>>> + Send;

    /// Devices that pass the filter, in an order that people choose. Refused as *invalid* where so many
    /// pass that the order cannot be made quickly.
    fn device_list(
        &self,
        filter: &DeviceFilter,
        sorted: Sorted<DeviceSort>,
        page: Page<ListKey<DeviceId>>,
    ) -> impl Future<Output = StoreResult<Vec<Listed<DeviceId, DeviceRecord>>>> + Send;

    /// The devices that changed, or whose published file or alarms changed, after the given point; at most
    /// `limit`, in order, each once with its latest point. For caches of other nodes.
    fn changed_devices(
        &self,
        after: DeviceSequence,
        limit: u32,
    ) -> impl Future<Output = StoreResult<Vec<(DeviceSequence, DeviceId)>>> + Send;

    /// The published files of a device that are kept, latest first (at most five).
    fn pins(&self, device: DeviceId) -> impl Future<Output = StoreResult<Vec<PinRecord>>> + Send;

    /// A configuration file that people wrote, with its sealed text.
    fn file(
        &self,
        key: &FileKey,
    ) -> impl Future<Output = StoreResult<Option<(Stored<FileInfo>, Sealed)>>> + Send;

    /// How much the files take that stand in for those of devices.
    fn stand_ins(&self) -> impl Future<Output = StoreResult<FileUsage>> + Send;

    /// One user.
    fn user(&self, key: UserKey) -> impl Future<Output = StoreResult<Option<Stored<User>>>> + Send;

    /// Users that pass the filter, by id.
    fn users(
        &self,
        filter: &UserFilter,
        page: Page<UserId>,
    ) -> impl Future<Output = StoreResult<Vec<Stored<User>>>> + Send;

    /// Users that pass the filter, in an order that people choose, with how many devices each has.
    fn user_list(
        &self,
        filter: &UserFilter,
        sorted: Sorted<UserSort>,
        page: Page<ListKey<UserId>>,
    ) -> impl Future<Output = StoreResult<Vec<Listed<UserId, ListedUser>>>> + Send;

    /// Connected phones that were last seen before the given time, by id: what the disconnect rule
    /// is applied to.
    fn silent_since(
        &self,
        before: Timestamp,
        page: Page<DeviceId>,
    ) -> impl Future<Output = StoreResult<Vec<SweepRow>>> + Send;

    /// The times since `since` during which some node was able to receive.
    fn uptimes(&self, since: Timestamp) -> impl Future<Output = StoreResult<Vec<Uptime>>> + Send;

    /// Active alarms that pass the filter, latest action first.
    fn alarms(
        &self,
        filter: &AlarmFilter,
        page: Page<AlarmPlace>,
    ) -> impl Future<Output = StoreResult<Vec<AlarmRecord>>> + Send;

    /// How many devices there are of each kind; never counts the fleet.
    fn device_counts(&self) -> impl Future<Output = StoreResult<Vec<(CountKey, u64)>>> + Send;

    /// How many devices have a published file of each kind; never counts the fleet.
    fn pin_counts(&self) -> impl Future<Output = StoreResult<Vec<(PinCountKey, u64)>>> + Send;

    /// Entries of the audit log that pass the filter, by number.
    fn audit(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: Page<u64>,
    ) -> impl Future<Output = StoreResult<Vec<AuditRecord>>> + Send;

    /// All accounts of administrators, by id. They are few.
    fn operators(&self) -> impl Future<Output = StoreResult<Vec<Stored<Operator>>>> + Send;

    /// One account.
    fn operator(
        &self,
        key: OperatorKey,
    ) -> impl Future<Output = StoreResult<Option<Stored<Operator>>>> + Send;

    /// One session, with the account that it is of; none where the host keeps the accounts.
    fn session(
        &self,
        print: Fingerprint,
    ) -> impl Future<Output = StoreResult<Option<(Session, Option<Operator>)>>> + Send;

    /// The sessions of somebody, the one used last first.
    fn sessions(&self, subject: &Subject) -> impl Future<Output = StoreResult<Vec<Session>>> + Send;

    /// One API token, with the account that it acts for.
    fn api_token(
        &self,
        print: Fingerprint,
    ) -> impl Future<Output = StoreResult<Option<(ApiToken, Operator)>>> + Send;

    /// The API tokens of an account, by id.
    fn api_tokens(&self, operator: OperatorId) -> impl Future<Output = StoreResult<Vec<ApiToken>>> + Send;

    /// A request that may be repeated, by its key.
    fn request(
        &self,
        key: Fingerprint,
    ) -> impl Future<Output = StoreResult<Option<RememberedRequest>>> + Send;

    /// Runs that pass the filter, the latest first by their ids.
    fn runs(
        &self,
        filter: &RunFilter,
        page: Page<RunId>,
    ) -> impl Future<Output = StoreResult<Vec<Run>>> + Send;
    /// A job.
    fn job(&self, id: JobId) -> impl Future<Output = StoreResult<Option<Job>>> + Send;

    /// Jobs that pass the filter, the latest first by their ids.
    fn jobs(
        &self,
        filter: &JobFilter,
        page: Page<JobId>,
    ) -> impl Future<Output = StoreResult<Vec<Job>>> + Send;

    /// Jobs that are [due](Job::is_due) at that time and whose lease nobody holds, those first that have
    /// waited longest, at most so many.
    fn due_jobs(&self, at: Timestamp, limit: u32) -> impl Future<Output = StoreResult<Vec<Job>>> + Send;

    /// Items of a job in their order, behind the one with the given number.
    fn job_items(
        &self,
        which: JobItems,
        page: Page<u32>,
    ) -> impl Future<Output = StoreResult<Vec<JobItem>>> + Send;

    /// Items that wait for the report of a phone, the longest first (then by job and number), at most so many.
    fn waiting(&self, device: DeviceId, limit: u32)
    -> impl Future<Output = StoreResult<Vec<JobItem>>> + Send;

    /// Items of these phones that [await evidence](crate::job::ItemState::awaits_evidence) and got there no
    /// earlier than `since`, by job and number.
    fn commanded(
        &self,
        devices: Vec<DeviceId>,
        since: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<JobItem>>> + Send;

    /// What became of alarms, behind the event with that number, in the order of their numbers, at most so
    /// many. An event that is not there yet never gets a lower number than one that is.
    fn alarm_events(
        &self,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = StoreResult<Vec<AlarmEvent>>> + Send;

    /// The number of the last event of alarms that a target was told of; 0 where it never was.
    fn told(&self, target: &str) -> impl Future<Output = StoreResult<u64>> + Send;

    /// Lines of the activity log that pass the filter, by number.
    fn activity(
        &self,
        filter: ActivityFilter,
        order: Order,
        page: Page<u64>,
    ) -> impl Future<Output = StoreResult<Vec<ActivityRecord>>> + Send;

    /// The events of a device that are kept, the one that was written last first.
    fn device_events(&self, device: DeviceId) -> impl Future<Output = StoreResult<Vec<DeviceEvent>>> + Send;

    /// How many devices were in which state at the hours that were sampled, in their order. An hour
    /// that was not is not among them.
    fn samples(
        &self,
        filter: &SampleFilter,
    ) -> impl Future<Output = StoreResult<Vec<(Hour, Figures)>>> + Send;

    /// Applies a batch whole or not at all, and answers once it is durable.
    fn commit(&self, batch: Batch) -> impl Future<Output = StoreResult<Committed>> + Send;

    /// Everything that is kept, as of one moment between this call and its answer. Writes go on.
    fn dump(&self) -> impl Future<Output = StoreResult<Dump>> + Send;

    /// Resolves when another node may have changed something since the last answer, which
    /// [`changed_devices`](Self::changed_devices) and [`catalog`](Self::catalog) then tell of. A hint, for
    /// one listener: stores that hear nothing never answer, and what is missed is found at the next look.
    fn heard(&self) -> impl Future<Output = StoreResult<()>> + Send {
        std::future::pending()
    }

    /// Begins to fill an empty store with what another one dumped. Refused as *taken* where anything
    /// is kept; nobody else may write before it is finished.
    fn restore(&self) -> impl Future<Output = StoreResult<Restore>> + Send;
}
