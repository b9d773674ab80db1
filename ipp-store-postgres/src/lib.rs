//! The store in PostgreSQL 15 and newer: for installations of several nodes, or beside a host program's
//! own tables.
//!
//! One task writes: it takes what is queued, applies it in one transaction and answers after the commit
//! is durable. Reads take a connection of a pool. Both run on the tokio runtime in which the store was
//! opened; the futures that callers wait for may be waited for on any executor, and block none.
//!
//! # Several nodes
//!
//! Each node opens the database by itself. Whoever changes the catalogue, devices, users, accounts or what
//! is published holds the lock of one row meanwhile, so that revisions, the sequence of changes and the
//! audit chain have one order on all nodes. Status reports, sweeps, sessions and heartbeats do without: a
//! row that another node has written in between is noticed, and the group is done again. Counters are kept
//! in a lane of each writer and added up where they are read.
//!
//! Changes are told by `NOTIFY` on the channel `<schema>_changes`; [`Store::heard`] resolves then. That is
//! a hint. A node that hears nothing finds out when it looks, once a second.
//!
//! # Connections
//!
//! A lost connection is made again, after pauses of 50 milliseconds to 3 seconds; meanwhile reads and
//! writes are *unavailable*. A commit whose answer was lost is looked up before it is acknowledged or done
//! again. With `postgres://a,b/ipp?target_session_attrs=read-write` the new connection finds the primary
//! after a fail-over. What is acknowledged is durable as the server's `synchronous_commit` says, and never
//! less than on its own disk: with a synchronous standby, on both.
//!
//! `sslmode` is `disable`, `prefer` (the default), `require` or `verify-full`, with `sslrootcert` for the
//! latter. As with other programs, `prefer` and `require` encrypt, and do not ask who the other side is.
//!
//! # Behind a pooler
//!
//! No session state is kept: what a transaction needs it sets for itself, and locks end with it. Through a
//! pooler in transaction mode use [`PostgresOptions::behind_pooler`]; statements are then not kept prepared,
//! and there is no connection that listens. Through a pooler in session mode nothing need be said.
//!
//! # A host's own database
//!
//! All tables stand in one schema, whose name the host gives, and which may be dropped as a whole.
//! [`PostgresOptions::in_pool`] takes the pool that a host has: it is the one place where a type of the
//! driver is part of this crate, because a pool is of no use under another name. The crate is found here
//! again as [`deadpool_postgres`], so that both are of one version.
//!
//! ```no_run
//! # async fn open() -> Result<(), ipp_core::store::StoreError> {
//! use ipp_core::store::Store as _;
//! use ipp_store_postgres::{PostgresOptions, PostgresStore};
//!
//! let options = PostgresOptions::at("postgres://ipp@/ipp?host=/run/postgresql").schema("phones");
//! let store = PostgresStore::open(&options).await?;
//! assert!(store.catalog(None).await?.is_some());
//! # Ok(())
//! # }
//! ```

mod apply;
#[cfg(feature = "cluster")]
pub mod cluster;
mod connection;
mod dump;
mod error;
mod group;
mod lane;
mod listen;
mod migrate;
mod options;
mod reader;
mod restore;
mod rows;
mod tls;
mod value;
mod writer;

use std::sync::Arc;

pub use deadpool_postgres;
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
        RememberedRequest, Restore, Run, RunFilter, SampleFilter, Sorted, Store, StoreError, StoreErrorKind,
        StoreResult, SweepRow, UserFilter, UserKey, UserSort,
    },
    time::Timestamp,
    user::User,
    vault::Sealed,
};
use tokio::{runtime::Handle, sync::Notify, task::JoinHandle};

pub use options::PostgresOptions;

use crate::{connection::Source, lane::Lane, reader::Readers, writer::Writer};

/// The store in a PostgreSQL database.
///
/// Dropping it lets its tasks write what is queued and end.
#[derive(Debug)]
pub struct PostgresStore {
    readers: Readers,
    writer: Writer,
    source: Source,
    runtime: Handle,
    lane: i64,
    heard: Arc<Notify>,
    _listening: Option<Listening>,
}

/// The task that listens, which ends with the store.
#[derive(Debug)]
struct Listening(JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl PostgresStore {
    /// Connects, and brings the schema up to date. Must be called within a tokio runtime with time and
    /// I/O enabled, on which the store then lives.
    ///
    /// Fails with *unavailable*, naming the database, where it cannot be reached, is older than PostgreSQL
    /// 15, is not in UTF-8, or was made by a newer version; with *invalid* where the schema's name cannot
    /// be one.
    pub async fn open(options: &PostgresOptions) -> StoreResult<Self> {
        let runtime = runtime()?;
        let source = Source::new(options)?;
        let conn = source.own().await.map_err(|error| source.cannot_open(error))?;
        migrate::run(&conn, source.schema()).await.map_err(|fault| source.cannot_open(fault))?;
        let lane = Lane::take(&conn, source.schema()).await.map_err(|fault| source.cannot_open(fault))?;
        let heard = Arc::new(Notify::new());
        let listening = source.listens().map(|listens| {
            let (channel, own) = (lane.channel.clone(), lane.name.clone());
            Listening(runtime.spawn(listen::run(listens, channel, own, Arc::clone(&heard))))
        });
        Ok(Self {
            lane: lane.number,
            writer: Writer::start(source.clone(), conn, lane, &runtime),
            readers: Readers::new(source.clone(), runtime.clone()),
            source,
            runtime,
            heard,
            _listening: listening,
        })
    }

    /// The names or addresses of the machines that the options name; none where a host's pool knows them.
    pub fn hosts(options: &PostgresOptions) -> Vec<String> {
        connection::hosts(options)
    }

    /// Whether some store was ever opened in this schema. Writes nothing.
    pub async fn is_there(options: &PostgresOptions) -> StoreResult<bool> {
        let source = Source::new(options)?;
        let asked = async || -> error::Outcome<bool> {
            let conn = source.own().await?;
            conn.begin(connection::Begin::Read);
            Ok(migrate::version(&conn, source.schema()).await? > 0)
        };
        asked().await.map_err(|fault| source.cannot_open(fault))
    }

    /// Whether some store is open in this schema, on whatever machine: one that wrote within the last minute
    /// and was not closed. Writes nothing.
    pub async fn is_in_use(options: &PostgresOptions) -> StoreResult<bool> {
        let source = Source::new(options)?;
        let asked = async || -> error::Outcome<bool> {
            let conn = source.own().await?;
            conn.begin(connection::Begin::Read);
            Ok(migrate::version(&conn, source.schema()).await? > 0 && lane::others(&conn).await?)
        };
        asked().await.map_err(|fault| source.cannot_open(fault))
    }

    /// Dumps a database that is there without writing to it, whether or not servers work with it. Refused
    /// as *unavailable* where its schema is not that of this version.
    pub async fn dump_database(options: &PostgresOptions) -> StoreResult<Dump> {
        dump::begin(&Source::new(options)?, &runtime()?).await
    }
}

fn runtime() -> StoreResult<Handle> {
    Handle::try_current().map_err(|error| {
        let message = "the store in PostgreSQL has to be opened within a tokio runtime";
        StoreError::new(StoreErrorKind::Invalid, message).because(error)
    })
}

impl Store for PostgresStore {
    async fn catalog(&self, newer_than: Option<CatalogRevision>) -> StoreResult<Option<Catalog>> {
        let read = move |conn: connection::Conn| async move {
            let revision = rows::catalog::revision(&conn).await?;
            if newer_than.is_some_and(|known| revision <= known) {
                return Ok(None);
            }
            rows::catalog::load(&conn).await.map(Some)
        };
        self.readers.read(read).await
    }

    async fn generation(&self, id: GenerationId) -> StoreResult<Option<Vec<Part>>> {
        self.readers.read(move |conn| async move { rows::pin::generation(&conn, id).await }).await
    }

    async fn device(&self, key: DeviceKey) -> StoreResult<Option<DeviceRecord>> {
        self.readers.read(move |conn| async move { rows::device::record(&conn, key).await }).await
    }

    async fn devices(&self, filter: &DeviceFilter, page: Page<DeviceId>) -> StoreResult<Vec<DeviceRecord>> {
        let filter = filter.clone();
        self.readers.read(move |conn| async move { rows::device::page(&conn, &filter, page).await }).await
    }

    async fn device_list(
        &self,
        filter: &DeviceFilter,
        sorted: Sorted<DeviceSort>,
        page: Page<ListKey<DeviceId>>,
    ) -> StoreResult<Vec<Listed<DeviceId, DeviceRecord>>> {
        let (filter, few) = (filter.clone(), self.source.options().sorted);
        self.readers
            .read(
                move |conn| async move { rows::device_list::page(&conn, &filter, sorted, &page, few).await },
            )
            .await
    }

    async fn changed_devices(
        &self,
        after: DeviceSequence,
        limit: u32,
    ) -> StoreResult<Vec<(DeviceSequence, DeviceId)>> {
        self.readers
            .read(move |conn| async move { rows::device::changes(&conn, position(after.0), limit).await })
            .await
    }

    async fn pins(&self, device: DeviceId) -> StoreResult<Vec<PinRecord>> {
        self.readers.read(move |conn| async move { rows::pin::of_device(&conn, device).await }).await
    }

    async fn file(&self, key: &FileKey) -> StoreResult<Option<(Stored<FileInfo>, Sealed)>> {
        let key = key.clone();
        self.readers.read(move |conn| async move { rows::file::get(&conn, &key).await }).await
    }

    async fn stand_ins(&self) -> StoreResult<FileUsage> {
        self.readers.read(|conn| async move { rows::file::stand_ins(&conn).await }).await
    }

    async fn user(&self, key: UserKey) -> StoreResult<Option<Stored<User>>> {
        self.readers.read(move |conn| async move { rows::user::get(&conn, &key).await }).await
    }

    async fn users(&self, filter: &UserFilter, page: Page<UserId>) -> StoreResult<Vec<Stored<User>>> {
        let filter = filter.clone();
        self.readers.read(move |conn| async move { rows::user::page(&conn, &filter, page).await }).await
    }

    async fn user_list(
        &self,
        filter: &UserFilter,
        sorted: Sorted<UserSort>,
        page: Page<ListKey<UserId>>,
    ) -> StoreResult<Vec<Listed<UserId, ListedUser>>> {
        let filter = filter.clone();
        self.readers
            .read(move |conn| async move { rows::user_list::page(&conn, &filter, sorted, &page).await })
            .await
    }

    async fn silent_since(&self, before: Timestamp, page: Page<DeviceId>) -> StoreResult<Vec<SweepRow>> {
        self.readers
            .read(move |conn| async move { rows::status::silent_since(&conn, before, page).await })
            .await
    }

    async fn uptimes(&self, since: Timestamp) -> StoreResult<Vec<Uptime>> {
        self.readers.read(move |conn| async move { rows::status::uptimes(&conn, since).await }).await
    }

    async fn alarms(&self, filter: &AlarmFilter, page: Page<AlarmPlace>) -> StoreResult<Vec<AlarmRecord>> {
        let filter = filter.clone();
        self.readers.read(move |conn| async move { rows::alarm::page(&conn, &filter, &page).await }).await
    }

    async fn device_counts(&self) -> StoreResult<Vec<(CountKey, u64)>> {
        self.readers.read(|conn| async move { rows::count::devices(&conn).await }).await
    }

    async fn pin_counts(&self) -> StoreResult<Vec<(PinCountKey, u64)>> {
        self.readers.read(|conn| async move { rows::count::pins(&conn).await }).await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<AuditRecord>> {
        let filter = filter.clone();
        self.readers
            .read(move |conn| async move { rows::audit::page(&conn, &filter, order, page).await })
            .await
    }

    async fn operators(&self) -> StoreResult<Vec<Stored<Operator>>> {
        self.readers.read(|conn| async move { rows::operator::all_of_them(&conn).await }).await
    }

    async fn operator(&self, key: OperatorKey) -> StoreResult<Option<Stored<Operator>>> {
        self.readers.read(move |conn| async move { rows::operator::get(&conn, &key).await }).await
    }

    async fn session(&self, print: Fingerprint) -> StoreResult<Option<(Session, Option<Operator>)>> {
        self.readers.read(move |conn| async move { rows::session::get(&conn, print).await }).await
    }

    async fn sessions(&self, subject: &Subject) -> StoreResult<Vec<Session>> {
        let subject = subject.clone();
        self.readers.read(move |conn| async move { rows::session::of(&conn, &subject).await }).await
    }

    async fn api_token(&self, print: Fingerprint) -> StoreResult<Option<(ApiToken, Operator)>> {
        self.readers.read(move |conn| async move { rows::api_token::get(&conn, print).await }).await
    }

    async fn api_tokens(&self, operator: OperatorId) -> StoreResult<Vec<ApiToken>> {
        self.readers.read(move |conn| async move { rows::api_token::of(&conn, operator).await }).await
    }

    async fn request(&self, key: Fingerprint) -> StoreResult<Option<RememberedRequest>> {
        self.readers.read(move |conn| async move { rows::request::get(&conn, key).await }).await
    }

    async fn runs(&self, filter: &RunFilter, page: Page<RunId>) -> StoreResult<Vec<Run>> {
        let filter = filter.clone();
        self.readers.read(move |conn| async move { rows::run::page(&conn, &filter, page).await }).await
    }

    async fn job(&self, id: JobId) -> StoreResult<Option<Job>> {
        self.readers.read(move |conn| async move { rows::job::get(&conn, id).await }).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page<JobId>) -> StoreResult<Vec<Job>> {
        let filter = filter.clone();
        self.readers.read(move |conn| async move { rows::job::page(&conn, &filter, page).await }).await
    }

    async fn due_jobs(&self, at: Timestamp, limit: u32) -> StoreResult<Vec<Job>> {
        self.readers.read(move |conn| async move { rows::job::due(&conn, at, limit).await }).await
    }

    async fn job_items(&self, which: JobItems, page: Page<u32>) -> StoreResult<Vec<JobItem>> {
        self.readers.read(move |conn| async move { rows::job::items(&conn, which, page).await }).await
    }

    async fn waiting(&self, device: DeviceId, limit: u32) -> StoreResult<Vec<JobItem>> {
        self.readers.read(move |conn| async move { rows::job::waiting(&conn, device, limit).await }).await
    }

    async fn commanded(&self, devices: Vec<DeviceId>, since: Timestamp) -> StoreResult<Vec<JobItem>> {
        self.readers.read(move |conn| async move { rows::job::commanded(&conn, &devices, since).await }).await
    }

    async fn alarm_events(&self, after: u64, limit: u32) -> StoreResult<Vec<AlarmEvent>> {
        self.readers
            .read(move |conn| async move { rows::alarm_event::after(&conn, after, limit).await })
            .await
    }

    async fn told(&self, target: &str) -> StoreResult<u64> {
        let target = target.to_owned();
        self.readers.read(move |conn| async move { rows::alarm_event::told(&conn, &target).await }).await
    }

    async fn activity(
        &self,
        filter: ActivityFilter,
        order: Order,
        page: Page<u64>,
    ) -> StoreResult<Vec<ActivityRecord>> {
        self.readers
            .read(move |conn| async move { rows::activity::page(&conn, filter, order, page).await })
            .await
    }

    async fn device_events(&self, device: DeviceId) -> StoreResult<Vec<DeviceEvent>> {
        self.readers.read(move |conn| async move { rows::device_event::of(&conn, device).await }).await
    }

    async fn samples(&self, filter: &SampleFilter) -> StoreResult<Vec<(Hour, Figures)>> {
        let filter = filter.clone();
        self.readers.read(move |conn| async move { rows::sample::since(&conn, &filter).await }).await
    }

    async fn commit(&self, batch: Batch) -> StoreResult<Committed> {
        self.writer.commit(batch).await
    }

    async fn dump(&self) -> StoreResult<Dump> {
        dump::begin(&self.source, &self.runtime).await
    }

    async fn restore(&self) -> StoreResult<Restore> {
        restore::begin(&self.source, self.lane, &self.runtime).await
    }

    async fn heard(&self) -> StoreResult<()> {
        self.heard.notified().await;
        Ok(())
    }
}

/// A position as a column holds it; behind the last one there is nothing either way.
fn position(after: u64) -> i64 {
    i64::try_from(after).unwrap_or(i64::MAX)
}
