//! The use cases: load facts, let the inner ring decide, commit one batch.
//!
//! Everything here is async over the ports and knows no runtime. What phones ask for most often is
//! answered from bounded caches; a read of a file never writes and normally reads no database.

pub mod activity;
pub mod admin;
pub mod alarm_delivery;
pub mod alarms;
mod announce;
pub mod blob_sweep;
pub mod cache;
pub mod enrol;
pub mod error;
mod fetched;
pub mod files;
mod host_regions;
pub mod housekeeping;
pub mod jobs;
pub mod login;
pub mod phones;
mod pin;
pub mod publish;
mod refusals;
pub mod repeat;
pub mod report;
pub mod reseal;
pub mod shared;
pub mod snapshot;
mod stale;
pub mod sweep;
mod turns;
mod written;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock, atomic::AtomicUsize},
    time::Duration,
};

pub use self::error::{AppError, AppErrorKind};
use self::{
    activity::Gathered,
    announce::AnnouncementLimiter,
    cache::Cache,
    housekeeping::Chores,
    phones::PhoneCache,
    refusals::Refusals,
    snapshot::{PinnedGeneration, Snapshot},
};
use crate::{
    blob::Blobs,
    clock::Clock,
    entropy::{Entropy, random},
    generation::GenerationId,
    host::Host,
    id::NodeId,
    job::LeaseSeconds,
    operator::Attempts,
    outbound::PhoneClient,
    passwords::Passwords,
    region::LoopbackPhones,
    store::{AuditEntry, Batch, Committed, DeviceSequence, Store},
    time::Now,
    vault::Vault,
};

/// The ports beside the store.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Seals and opens secrets.
    pub vault: Arc<dyn Vault>,
    /// Keeps firmware images.
    pub blobs: Arc<dyn Blobs>,
    /// Hashes and checks administrators' passwords.
    pub passwords: Arc<dyn Passwords>,
    /// Sends commands to phones.
    pub phones: Arc<dyn PhoneClient>,
    /// What the host application brings, where there is one.
    pub host: Host,
}

/// What is decided when the application is composed.
#[derive(Debug, Clone, Copy, Default)]
#[must_use]
pub struct AppOptions {
    loopback: LoopbackPhones,
    job_lease: LeaseSeconds,
}

impl AppOptions {
    /// Lets phones live on the server's own machine: for demonstrations and tests only, because it
    /// lets everything on that machine speak as a phone of every region.
    pub fn insecure_allow_loopback_phones(mut self) -> Self {
        self.loopback = LoopbackPhones::Allowed;
        self
    }

    /// For how long this node holds a job.
    pub fn job_lease(mut self, lease: LeaseSeconds) -> Self {
        self.job_lease = lease;
        self
    }

    /// Whether phones may live on the server's own machine.
    pub fn allows_loopback_phones(self) -> bool {
        self.loopback == LoopbackPhones::Allowed
    }
}

/// The engine over a store.
#[derive(Debug)]
pub struct App<S> {
    store: S,
    ports: Ports,
    options: AppOptions,
    node: NodeId,
    snapshot: RwLock<Arc<Snapshot>>,
    generations: Cache<GenerationId, Arc<PinnedGeneration>>,
    phones: PhoneCache,
    announcements: AnnouncementLimiter,
    attempts: Mutex<Attempts>,
    watched: Mutex<Watched>,
    sweep: Mutex<sweep::SweepState>,
    /// How many previews are being made.
    previews: AtomicUsize,
    gathered: Mutex<Gathered>,
    refusals: Mutex<Refusals>,
    chores: Mutex<Chores>,
    unnamed: Mutex<blob_sweep::Unnamed>,
    starts: Mutex<jobs::Starts>,
}

/// How far this node has seen the changes of devices, and when on the steady clock.
#[derive(Debug, Clone, Copy)]
struct Watched {
    sequence: DeviceSequence,
    at: Duration,
}

impl<S: Store> App<S> {
    /// Opens the application on a store: loads the catalogue.
    pub async fn open(store: S, ports: Ports, options: AppOptions) -> Result<Self, AppError> {
        let now = ports.clock.now();
        let catalog =
            store.catalog(None).await?.ok_or_else(|| AppError::internal("the store has no catalogue"))?;
        let snapshot = Arc::new(Snapshot::new(catalog, now.wall)?);
        let node = NodeId::new(now.wall, random(&*ports.entropy));
        Ok(Self {
            store,
            options,
            node,
            snapshot: RwLock::new(snapshot),
            generations: Cache::new(32),
            phones: PhoneCache::new(),
            announcements: AnnouncementLimiter::default(),
            attempts: Mutex::default(),
            watched: Mutex::new(Watched { sequence: DeviceSequence::default(), at: now.mono }),
            sweep: Mutex::new(sweep::SweepState::new(now)),
            previews: AtomicUsize::new(0),
            gathered: Mutex::default(),
            refusals: Mutex::default(),
            chores: Mutex::default(),
            unnamed: Mutex::default(),
            starts: Mutex::default(),
            ports,
        })
    }

    /// The store, for reads that no use case wraps.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The ports.
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The catalogue as this node has it.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fetches what other nodes changed: the catalogue where it is newer, and which phones to
    /// forget. Cheap where nothing changed; a node calls it about once a second.
    pub async fn refresh(&self) -> Result<(), AppError> {
        self.refresh_catalog().await?;
        let now = self.now().mono;
        let watch = |watched: Watched| *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = watched;
        let Watched { mut sequence, at } = *self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        // The traces of devices that went meanwhile may be pruned already.
        if now.saturating_sub(at) >= BLIND {
            self.phones.forget_all();
        }
        loop {
            let changed = self.store.changed_devices(sequence, 1_000).await?;
            if let Some((last, _)) = changed.last() {
                sequence = *last;
            }
            for (_, device) in &changed {
                self.phones.forget(*device);
            }
            watch(Watched { sequence, at: now });
            if changed.is_empty() {
                return Ok(());
            }
        }
    }

    async fn refresh_catalog(&self) -> Result<(), AppError> {
        let known = self.snapshot().catalog.revision;
        if let Some(catalog) = self.store.catalog(Some(known)).await? {
            let fresh = Arc::new(Snapshot::new(catalog, self.now().wall)?);
            let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
            // Two refreshes may overlap; the newer catalogue stays.
            if fresh.catalog.revision > snapshot.catalog.revision {
                *snapshot = fresh;
            }
        }
        Ok(())
    }

    /// Commits a batch. When it returns, this node's catalogue and caches have the change.
    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed, AppError> {
        let devices = phones::touched(&batch);
        let committed = self.store.commit(batch).await;
        // Also after an error: a batch whose acknowledgement was lost may have been applied.
        for device in devices {
            self.phones.forget(device);
        }
        let committed = committed?;
        if committed.catalog > self.snapshot().catalog.revision {
            self.refresh_catalog().await?;
        }
        Ok(committed)
    }

    /// The time, by the clock that everything here goes by.
    pub fn now(&self) -> Now {
        self.ports.clock.now()
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        random(&*self.ports.entropy)
    }

    pub(crate) fn audit(
        &self,
        actor: impl Into<String>,
        action: &str,
        subject: impl Into<String>,
    ) -> AuditEntry {
        AuditEntry::new(self.now().wall, actor, action, subject)
    }

    fn attempts<T>(&self, with: impl FnOnce(&mut Attempts) -> T) -> T {
        with(&mut self.attempts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) const fn loopback(&self) -> LoopbackPhones {
        self.options.loopback
    }
}

/// How often a node calls [`App::refresh`].
pub const REFRESH: Duration = Duration::from_secs(1);

/// After how long without a refresh a node relies on nothing that it has at hand.
const BLIND: Duration = Duration::from_hours(1);
