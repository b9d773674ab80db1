//! How one phone is made.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::events::Observer;
use super::habits::{Fault, Habits};
use super::identity::{Identity, Kind, Model, User};
use super::meter::Meter;
use super::rest::Ledger;
use super::tls::{Tls, Trust};

/// When a phone reports as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Never; the phone stays `started`.
    Nobody,
    /// As soon as its configuration names a line (`voip/line/0/id`).
    WhenConfigured,
    /// This user signs in at the phone, right after the first configuration.
    AtPhone(User),
}

/// How much of its configuration a phone remembers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Every key.
    #[default]
    All,
    /// The keys it acts on; ten thousand whole files would take hundreds of megabytes.
    Essentials,
}

/// How to build a [`Phone`](super::Phone).
#[derive(Debug, Clone)]
pub struct PhoneOptions {
    pub(super) index: u32,
    pub(super) identity: Identity,
    pub(super) seed: u64,
    pub(super) habits: Habits,
    pub(super) fault: Fault,
    pub(super) sign_in: SignIn,
    pub(super) source: Option<Ipv4Addr>,
    pub(super) download_firmware: bool,
    pub(super) keep: Keep,
    pub(super) log: usize,
    pub(super) patience: Duration,
    pub(super) slow_pace: Duration,
    pub(super) tls: Arc<Tls>,
    pub(super) meter: Arc<Meter>,
    pub(super) observer: Option<Observer>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) stated_address: Option<String>,
}

impl PhoneOptions {
    /// A well-behaved phone with its own loopback address and nobody's user.
    pub fn new(index: u32, model: Model, kind: Kind) -> Self {
        Self {
            index,
            identity: Identity::new(index, model, kind),
            seed: 0,
            habits: Habits::plain(),
            fault: Fault::None,
            sign_in: SignIn::WhenConfigured,
            source: Some(source_address(Ipv4Addr::new(127, 10, 0, 1), index)),
            download_firmware: true,
            keep: Keep::All,
            log: 256,
            patience: Duration::from_secs(30),
            slow_pace: Duration::from_millis(100),
            tls: Arc::default(),
            meter: Arc::default(),
            observer: None,
            ledger: Arc::default(),
            stated_address: None,
        }
    }

    /// Seed of session ids, digests and delays.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Firmware the phone runs when it is first powered on.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.identity = self.identity.with_version(version);
        self
    }

    /// Who signs in, and when.
    #[must_use]
    pub fn sign_in(mut self, sign_in: SignIn) -> Self {
        self.sign_in = sign_in;
        self
    }

    /// Oddities.
    #[must_use]
    pub fn habits(mut self, habits: Habits) -> Self {
        self.habits = habits;
        self
    }

    /// What is wrong with the phone.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// Own source address, or `None` to let the system choose.
    #[must_use]
    pub fn source(mut self, source: Option<Ipv4Addr>) -> Self {
        self.source = source;
        self
    }

    /// Whether a different firmware is downloaded, or only noticed.
    #[must_use]
    pub fn download_firmware(mut self, download: bool) -> Self {
        self.download_firmware = download;
        self
    }

    /// How much of the configuration is remembered.
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Trust in server certificates.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.tls = Arc::new(Tls::new(trust));
        self
    }

    /// The address that the phone claims in its reports, true or not.
    #[must_use]
    pub fn states_address(mut self, address: &str) -> Self {
        self.stated_address = Some(address.to_owned());
        self
    }

    /// Longest silence of a server the phone waits through.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// The source address of a phone: 254 phones to each block of 256, so that all look like hosts.
pub(super) fn source_address(first: Ipv4Addr, index: u32) -> Ipv4Addr {
    let offset = index / 254 * 256 + index % 254;
    Ipv4Addr::from(u32::from(first).wrapping_add(offset))
}
