//! Phones as requests meet them: found by their token, with what is published for them.

use std::{sync::Arc, time::Duration};

use super::{App, AppError, cache::Cache, snapshot::PinnedGeneration};
use crate::{
    catalog::{RowRevision, Stored},
    cfg::FileInfo,
    device::{Admission, Device},
    digest::Fingerprint,
    generation::{Generation, GenerationId},
    id::DeviceId,
    mac::Mac,
    region::Identity,
    render::{Cohort, Inputs, OpenedSecrets, SecretInputs},
    settings::Settings,
    status::effective_timeout,
    store::{
        AlarmFilter, Batch, Change, DeviceChange, DeviceKey, DeviceRecord, Page, Pin, Reseal, SealedPlace,
        Store, UserKey,
    },
    time::Timestamp,
    token::Token,
    user::User,
    vault::{SealFor, Sealed, Vault},
};

/// A phone with what is needed to answer its requests.
#[derive(Debug)]
pub struct Phone {
    /// The phone.
    pub device: Device,
    /// The revision of its row.
    pub revision: RowRevision,
    /// Its user.
    pub owner: Option<User>,
    /// Its file.
    pub published: Option<Arc<PublishedFile>>,
    /// The file that stands in for that.
    pub stand_in: Option<FileInfo>,
    /// Whether it had an active alarm when it was loaded; decides whether a registration needs to
    /// clear one.
    pub has_alarms: bool,
}

/// The file that a phone gets. It is rendered on request; its entity tag is known without.
#[derive(Debug)]
pub struct PublishedFile {
    device: DeviceId,
    cohort: Arc<Cohort>,
    /// Checked and in their places; the secrets stay sealed until the file is rendered.
    shown: Inputs,
    secrets: Sealed,
    keep_alive_minutes: Option<u64>,
    /// The fingerprint of its bytes.
    pub digest: Fingerprint,
    /// Its length in bytes.
    pub length: u32,
    /// When it was published.
    pub at: Timestamp,
    /// What it is made from.
    pub generation: GenerationId,
}

impl PublishedFile {
    /// Makes the bytes of the file.
    pub fn render(&self, vault: &dyn Vault) -> Result<String, AppError> {
        let bytes = vault.open(SealFor::PinSecrets(self.device.as_bytes()), &self.secrets)?;
        let secrets = OpenedSecrets::parse(&bytes).ok_or_else(|| {
            AppError::internal(format!("the pinned secrets of device {} are damaged", self.device))
        })?;
        let mut out = String::with_capacity(self.length as usize);
        self.cohort.render_published(&self.shown, secrets, &mut out)?;
        Ok(out)
    }

    /// The phone whose file it is.
    pub(super) const fn device(&self) -> DeviceId {
        self.device
    }

    /// What it shares with other phones.
    pub fn cohort(&self) -> &Cohort {
        &self.cohort
    }

    fn new(pin: &Pin, cohort: Arc<Cohort>) -> Result<Self, AppError> {
        let shown = Inputs::new(&cohort.template().compiled, &pin.inputs, &SecretInputs::default())?;
        Ok(Self {
            device: pin.device,
            keep_alive_minutes: cohort.keep_alive_minutes(&shown),
            cohort,
            shown,
            secrets: pin.secrets.clone(),
            digest: pin.digest,
            length: pin.length,
            at: pin.published_at,
            generation: pin.generation,
        })
    }
}

impl Phone {
    /// After how long without a report the phone counts as disconnected. One whose file does not
    /// tell it how often to report goes by what its first contact said: the setting.
    pub fn timeout(&self, settings: &Settings) -> Duration {
        let told = match &self.stand_in {
            Some(info) => info.keep_alive_minutes,
            None => self.published.as_ref().and_then(|file| file.keep_alive_minutes),
        };
        let minutes = told.unwrap_or_else(|| settings.phones.keep_alive_minutes.into());
        effective_timeout(settings.disconnected_timeout(), minutes)
    }
}

/// The phones that were asked for last.
#[derive(Debug)]
pub(super) struct PhoneCache {
    phones: Cache<DeviceId, Arc<Phone>>,
    tokens: Cache<Fingerprint, DeviceId>,
}

/// How many phones a node keeps at hand; about 3 KiB each.
const KEPT_PHONES: usize = 40_000;

impl PhoneCache {
    pub(super) fn new() -> Self {
        Self { phones: Cache::new(KEPT_PHONES), tokens: Cache::new(KEPT_PHONES) }
    }

    pub(super) fn forget(&self, device: DeviceId) {
        self.phones.forget(&device);
    }

    pub(super) fn forget_all(&self) {
        self.phones.clear();
    }
}

/// The devices whose cached form a batch makes out of date.
pub(super) fn touched(batch: &Batch) -> Vec<DeviceId> {
    let device = |change: &Change| match change {
        Change::Device(DeviceChange::Put(device)) => Some(device.id),
        Change::Device(DeviceChange::Delete(id)) => Some(*id),
        Change::Pin(change) => Some(change.device()),
        Change::Reseal(Reseal { place: SealedPlace::Pin(device, _), .. }) => Some(*device),
        Change::Alarm(message) => Some(message.device()),
        Change::Reseal(Reseal { place: SealedPlace::Answer(_), .. })
        | Change::Device(DeviceChange::EvictPending(_))
        | Change::Catalog(_)
        | Change::Account(_)
        | Change::Request(_)
        | Change::PutUser(_)
        | Change::DeleteUser(_)
        | Change::Status(_)
        | Change::PutGeneration(..)
        | Change::Heartbeat(..)
        | Change::Run(_)
        | Change::Log(_)
        | Change::Told(..)
        | Change::Prune(_)
        | Change::Job(_) => None,
    };
    batch.changes.iter().filter_map(device).collect()
}

impl<S: Store> App<S> {
    /// The phone that a token is bound to.
    pub(super) async fn phone_by_token(&self, token: &Token) -> Result<Option<Arc<Phone>>, AppError> {
        let print = token.fingerprint(self.ports.vault.fingerprints());
        let bound = |phone: &Phone| phone.device.token.as_ref().is_some_and(|token| token.print == print);
        if let Some(id) = self.phones.tokens.get(&print)
            && let Some(phone) = self.phones.phones.get(&id)
            && bound(&phone)
        {
            return Ok(Some(phone));
        }
        // The way to the store is rare and long: apart, it does not make each request's future large.
        let phone = Box::pin(self.load_phone(DeviceKey::Token(print))).await?;
        if let Some(phone) = &phone {
            self.phones.tokens.insert(print, phone.device.id, self.phones.tokens.epoch());
        }
        Ok(phone)
    }

    /// The phone with that address, if its region lets it in by its address alone and it comes from
    /// the region's networks.
    pub(super) async fn open_phone(
        &self,
        mac: Mac,
        peer: std::net::IpAddr,
    ) -> Result<Option<Arc<Phone>>, AppError> {
        let snapshot = self.snapshot();
        if !snapshot.any_open_region {
            return Ok(None);
        }
        let phone = Box::pin(self.load_phone(DeviceKey::Mac(mac))).await?;
        Ok(phone.filter(|phone| {
            let region = phone.device.region.and_then(|id| snapshot.catalog.region(id));
            phone.device.admission == Admission::Enrolled
                && region.is_some_and(|region| {
                    region.identity == Identity::Open && region.contains(peer, self.loopback())
                })
        }))
    }

    async fn load_phone(&self, key: DeviceKey) -> Result<Option<Arc<Phone>>, AppError> {
        let epoch = self.phones.phones.epoch();
        let Some(record) = self.store.device(key).await? else { return Ok(None) };
        let phone = Arc::new(self.phone_of(record).await?);
        self.phones.phones.insert(phone.device.id, Arc::clone(&phone), epoch);
        Ok(Some(phone))
    }

    async fn phone_of(&self, record: DeviceRecord) -> Result<Phone, AppError> {
        let Stored { revision, value: device } = record.device;
        let published = match &record.pin {
            Some(pin) => Some(Arc::new(self.published_file(&pin.pin).await?)),
            None => None,
        };
        let alarms = AlarmFilter { device: Some(device.id), ..AlarmFilter::default() };
        let has_alarms = !self.store.alarms(&alarms, Page::first(1)).await?.is_empty();
        let stand_in = record.stand_in.map(|stored| stored.value);
        Ok(Phone { device, revision, owner: record.owner, published, stand_in, has_alarms })
    }

    pub(super) async fn owner_of(&self, device: &Device) -> Result<Option<User>, AppError> {
        match device.owner {
            Some(owner) => Ok(self.store.user(UserKey::Id(owner.user)).await?.map(|user| user.value)),
            None => Ok(None),
        }
    }

    async fn published_file(&self, pin: &Pin) -> Result<PublishedFile, AppError> {
        let generation = self.generation(pin.generation).await?;
        let key = self.ports.vault.fingerprints();
        let cohort = generation.cohort(pin.template, pin.region, &pin.model, key).ok_or_else(|| {
            AppError::internal(format!("generation {} lacks a pinned template", pin.generation))
        })??;
        PublishedFile::new(pin, cohort)
    }

    /// A pinned generation.
    pub(super) async fn generation(&self, id: GenerationId) -> Result<Arc<PinnedGeneration>, AppError> {
        let live = Arc::clone(&self.snapshot().live);
        if live.generation().id() == id {
            return Ok(live);
        }
        if let Some(known) = self.generations.get(&id) {
            return Ok(known);
        }
        let parts = self.store.generation(id).await?;
        let parts = parts.ok_or_else(|| AppError::internal(format!("generation {id} is missing")))?;
        let loaded = Arc::new(PinnedGeneration::new(Generation::from_parts(parts)?));
        self.generations.insert(id, Arc::clone(&loaded), self.generations.epoch());
        Ok(loaded)
    }
}
