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
pub mod error;
pub mod memory;
pub mod query;

use std::future::Future;

pub use any::AnyStore;
pub use audit::{AuditEntry, AuditRecord};
pub use batch::{Batch, Change, Committed, DeviceChange, Expect, Expected, PinChange, Row, StatusChange};
pub use counts::{CountKey, PinCountKey};
pub use error::{StoreError, StoreErrorKind};
pub use memory::MemoryStore;
pub use query::{
    AlarmFilter, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, Page, Pin, PinRecord, SweepRow,
    UserFilter, UserKey,
};

use crate::{
    alarm::Alarm,
    catalog::{Catalog, CatalogRevision, Stored},
    generation::{GenerationId, Part},
    id::{DeviceId, UserId},
    status::silence::Uptime,
    time::Timestamp,
    user::User,
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

    /// The devices that changed, or whose published file or alarms changed, after the given point; at most
    /// `limit`, in order, each once with its latest point. For caches of other nodes.
    fn changed_devices(
        &self,
        after: DeviceSequence,
        limit: u32,
    ) -> impl Future<Output = StoreResult<Vec<(DeviceSequence, DeviceId)>>> + Send;

    /// The published files of a device that are kept, latest first (at most five).
    fn pins(&self, device: DeviceId) -> impl Future<Output = StoreResult<Vec<PinRecord>>> + Send;

    /// One user.
    fn user(&self, key: UserKey) -> impl Future<Output = StoreResult<Option<Stored<User>>>> + Send;

    /// Users that pass the filter, by id.
    fn users(
        &self,
        filter: &UserFilter,
        page: Page<UserId>,
    ) -> impl Future<Output = StoreResult<Vec<Stored<User>>>> + Send;

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
        limit: u32,
    ) -> impl Future<Output = StoreResult<Vec<Alarm>>> + Send;

    /// How many devices there are of each kind; never counts the fleet.
    fn device_counts(&self) -> impl Future<Output = StoreResult<Vec<(CountKey, u64)>>> + Send;

    /// How many devices have a published file of each kind; never counts the fleet.
    fn pin_counts(&self) -> impl Future<Output = StoreResult<Vec<(PinCountKey, u64)>>> + Send;

    /// Entries of the audit log after the given number, in order.
    fn audit(&self, after: u64, limit: u32) -> impl Future<Output = StoreResult<Vec<AuditRecord>>> + Send;

    /// Applies a batch whole or not at all, and answers once it is durable.
    fn commit(&self, batch: Batch) -> impl Future<Output = StoreResult<Committed>> + Send;
}
