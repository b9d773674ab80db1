//! The store in SQLite: the embedded default, one file beside its write-ahead log.
//!
//! One thread writes: it takes what is queued, applies it in one transaction and answers after the
//! commit is durable. A few threads read, each from its own connection, and never wait for the
//! writer. Answers come through channels, so the futures run on any executor and block none.
//!
//! Several processes may open one file: SQLite's locks keep their transactions apart, and nothing
//! that a transaction depends on is kept outside the file. A process that cannot get the lock within
//! [`SqliteOptions::busy_timeout`] is told that the store is busy.
//!
//! SQLite as it is bundled has one page cache for all connections of the process together; once that is
//! full, every statement reads its pages from the file again. This workspace builds it without that, in
//! `.cargo/config.toml`; a host program in another workspace does well to do the same.
//!
//! ```
//! use ipp_core::store::Store as _;
//! use ipp_store_sqlite::{SqliteOptions, SqliteStore};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let store = SqliteStore::open(&SqliteOptions::at(folder.path().join("ipp.db"))).unwrap();
//! let catalog = ipp_core::store::conformance::block_on(store.catalog(None)).unwrap();
//! assert!(catalog.unwrap().regions.is_empty());
//! ```

mod apply;
mod connection;
mod dump;
mod error;
mod group;
mod migrate;
mod options;
mod reader;
mod restore;
mod rows;
mod writer;

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
        JobItems, ListKey, Listed, ListedUser, OperatorKey, Order, Page, PinCountKey, PinRecord,
        RememberedRequest, Restore, Run, RunFilter, SampleFilter, Sorted, Store, StoreResult, SweepRow,
        UserFilter, UserKey, UserSort,
    },
    time::Timestamp,
    user::User,
    vault::Sealed,
};

pub use options::SqliteOptions;

use crate::{reader::Readers, writer::Writer};

/// The store in an SQLite file.
///
/// Dropping it waits until everything that was queued is written, and closes the file.
#[derive(Debug)]
pub struct SqliteStore {
    // The readers go first: the last connection to close is the writer's, which tidies the log away.
    readers: Readers,
    writer: Writer,
    options: SqliteOptions,
}

impl SqliteStore {
    /// Opens the file, makes it where there is none, and brings its schema up to date. Blocks; call
    /// it at start.
    ///
    /// Fails with *unavailable*, naming the file, where it cannot be opened or was made by a newer
    /// version.
    pub fn open(options: &SqliteOptions) -> StoreResult<Self> {
        let writer = Writer::start(options)?;
        let readers = Readers::start(options)?;
        Ok(Self { readers, writer, options: options.clone() })
    }

    /// Dumps a file that is there without writing to it, whether or not a server works with it. Refused
    /// as *unavailable* where its schema is not that of this version.
    pub async fn dump_file(options: &SqliteOptions) -> StoreResult<Dump> {
        dump::begin(options).await
    }
}

impl Store for SqliteStore {
    async fn catalog(&self, newer_than: Option<CatalogRevision>) -> StoreResult<Option<Catalog>> {
        let read = move |conn: &_| {
            let revision = rows::catalog::revision(conn)?;
            newer_than.is_none_or(|known| revision > known).then(|| rows::catalog::load(conn)).transpose()
        };
        self.readers.read(read).await
    }

    async fn generation(&self, id: GenerationId) -> StoreResult<Option<Vec<Part>>> {
        self.readers.read(move |conn| rows::pin::generation(conn, id)).await
    }

    async fn device(&self, key: DeviceKey) -> StoreResult<Option<DeviceRecord>> {
        self.readers.read(move |conn| rows::device::record(conn, key)).await
    }

    async fn devices(&self, filter: &DeviceFilter, page: Page<DeviceId>) -> StoreResult<Vec<DeviceRecord>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::device::page(conn, &filter, page)).await
    }

    async fn device_list(
        &self,
        filter: &DeviceFilter,
        sorted: Sorted<DeviceSort>,
        page: Page<ListKey<DeviceId>>,
    ) -> StoreResult<Vec<Listed<DeviceId, DeviceRecord>>> {
        let (filter, few) = (filter.clone(), self.options.sorted);
        self.readers.read(move |conn| rows::device_list::page(conn, &filter, sorted, &page, few)).await
    }

    async fn changed_devices(
        &self,
        after: DeviceSequence,
        limit: u32,
    ) -> StoreResult<Vec<(DeviceSequence, DeviceId)>> {
        self.readers.read(move |conn| rows::device::changes(conn, position(after.0), limit)).await
    }

    async fn pins(&self, device: DeviceId) -> StoreResult<Vec<PinRecord>> {
        self.readers.read(move |conn| rows::pin::of_device(conn, device)).await
    }

    async fn file(&self, key: &FileKey) -> StoreResult<Option<(Stored<FileInfo>, Sealed)>> {
        let key = key.clone();
        self.readers.read(move |conn| rows::file::get(conn, &key)).await
    }

    async fn stand_ins(&self) -> StoreResult<FileUsage> {
        self.readers.read(rows::file::stand_ins).await
    }

    async fn user(&self, key: UserKey) -> StoreResult<Option<Stored<User>>> {
        self.readers.read(move |conn| rows::user::get(conn, &key)).await
    }

    async fn users(&self, filter: &UserFilter, page: Page<UserId>) -> StoreResult<Vec<Stored<User>>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::user::page(conn, &filter, page)).await
    }

    async fn user_list(
        &self,
        filter: &UserFilter,
        sorted: Sorted<UserSort>,
        page: Page<ListKey<UserId>>,
    ) -> StoreResult<Vec<Listed<UserId, ListedUser>>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::user_list::page(conn, &filter, sorted, &page)).await
    }

    async fn silent_since(&self, before: Timestamp, page: Page<DeviceId>) -> StoreResult<Vec<SweepRow>> {
        self.readers.read(move |conn| rows::status::silent_since(conn, before, page)).await
    }

    async fn uptimes(&self, since: Timestamp) -> StoreResult<Vec<Uptime>> {
        self.readers.read(move |conn| rows::status::uptimes(conn, since)).await
    }

    async fn alarms(&self, filter: &AlarmFilter, page: Page<AlarmPlace>) -> StoreResult<Vec<AlarmRecord>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::alarm::page(conn, &filter, &page)).await
    }

    async fn device_counts(&self) -> StoreResult<Vec<(CountKey, u64)>> {
        self.readers.read(rows::count::devices).await
    }

    async fn pin_counts(&self) -> StoreResult<Vec<(PinCountKey, u64)>> {
        self.readers.read(rows::count::pins).await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<AuditRecord>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::audit::page(conn, &filter, order, page)).await
    }

    async fn operators(&self) -> StoreResult<Vec<Stored<Operator>>> {
        self.readers.read(rows::operator::all_of_them).await
    }

    async fn operator(&self, key: OperatorKey) -> StoreResult<Option<Stored<Operator>>> {
        self.readers.read(move |conn| rows::operator::get(conn, &key)).await
    }

    async fn session(&self, print: Fingerprint) -> StoreResult<Option<(Session, Option<Operator>)>> {
        self.readers.read(move |conn| rows::session::get(conn, print)).await
    }

    async fn sessions(&self, subject: &Subject) -> StoreResult<Vec<Session>> {
        let subject = subject.clone();
        self.readers.read(move |conn| rows::session::of(conn, &subject)).await
    }

    async fn api_token(&self, print: Fingerprint) -> StoreResult<Option<(ApiToken, Operator)>> {
        self.readers.read(move |conn| rows::api_token::get(conn, print)).await
    }

    async fn api_tokens(&self, operator: OperatorId) -> StoreResult<Vec<ApiToken>> {
        self.readers.read(move |conn| rows::api_token::of(conn, operator)).await
    }

    async fn request(&self, key: Fingerprint) -> StoreResult<Option<RememberedRequest>> {
        self.readers.read(move |conn| rows::request::get(conn, key)).await
    }

    async fn runs(&self, filter: &RunFilter, page: Page<RunId>) -> StoreResult<Vec<Run>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::run::page(conn, &filter, page)).await
    }

    async fn job(&self, id: JobId) -> StoreResult<Option<Job>> {
        self.readers.read(move |conn| rows::job::get(conn, id)).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page<JobId>) -> StoreResult<Vec<Job>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::job::page(conn, &filter, page)).await
    }

    async fn due_jobs(&self, at: Timestamp, limit: u32) -> StoreResult<Vec<Job>> {
        self.readers.read(move |conn| rows::job::due(conn, at, limit)).await
    }

    async fn job_items(&self, which: JobItems, page: Page<u32>) -> StoreResult<Vec<JobItem>> {
        self.readers.read(move |conn| rows::job::items(conn, which, page)).await
    }

    async fn waiting(&self, device: DeviceId, limit: u32) -> StoreResult<Vec<JobItem>> {
        self.readers.read(move |conn| rows::job::waiting(conn, device, limit)).await
    }

    async fn commanded(&self, devices: Vec<DeviceId>, since: Timestamp) -> StoreResult<Vec<JobItem>> {
        self.readers.read(move |conn| rows::job::commanded(conn, &devices, since)).await
    }

    async fn alarm_events(&self, after: u64, limit: u32) -> StoreResult<Vec<AlarmEvent>> {
        self.readers.read(move |conn| rows::alarm_event::after(conn, after, limit)).await
    }

    async fn told(&self, target: &str) -> StoreResult<u64> {
        let target = target.to_owned();
        self.readers.read(move |conn| rows::alarm_event::told(conn, &target)).await
    }

    async fn activity(
        &self,
        filter: ActivityFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<ActivityRecord>> {
        self.readers.read(move |conn| rows::activity::page(conn, filter, order, page)).await
    }

    async fn device_events(&self, device: DeviceId) -> StoreResult<Vec<DeviceEvent>> {
        self.readers.read(move |conn| rows::device_event::of(conn, device)).await
    }

    async fn samples(&self, filter: &SampleFilter) -> StoreResult<Vec<(Hour, Figures)>> {
        let filter = filter.clone();
        self.readers.read(move |conn| rows::sample::since(conn, &filter)).await
    }

    async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        self.writer.commit(batch).await
    }

    async fn dump(&self) -> StoreResult<Dump> {
        dump::begin(&self.options).await
    }

    async fn restore(&self) -> StoreResult<Restore> {
        restore::begin(&self.options).await
    }
}

/// A position as a column holds it; behind the last one there is nothing either way.
fn position(after: u64) -> i64 {
    i64::try_from(after).unwrap_or(i64::MAX)
}
