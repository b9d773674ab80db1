//! What a fleet is made of, and the phones drawn from it.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::habits::{FaultMix, Habits, PasswordForm};
use super::identity::{Kind, Model, User};
use super::obey::RestOptions;
use super::option160::{Option160, Option160Error};
use super::phone_options::{Keep, PhoneOptions, SignIn, source_address};
use super::random::SplitMix64;
use super::tls::Trust;

/// Source addresses and MACs allow more, the machine's ports and memory do not.
pub const MAX_PHONES: u32 = 10_000;

/// How to build a [`super::Fleet`].
#[derive(Debug, Clone)]
pub struct FleetOptions {
    pub(super) option160: String,
    pub(super) phones: u32,
    pub(super) first: u32,
    pub(super) seed: u64,
    pub(super) models: Vec<Model>,
    pub(super) lync_share: u8,
    pub(super) users_from: Option<u64>,
    pub(super) mix: FaultMix,
    pub(super) quirks: bool,
    pub(super) password: PasswordForm,
    pub(super) spread: Duration,
    pub(super) time_scale: f64,
    pub(super) keep_alive: Option<Duration>,
    pub(super) refetch: Option<Duration>,
    pub(super) source: Option<Ipv4Addr>,
    pub(super) trust: Trust,
    pub(super) download_firmware: bool,
    pub(super) patience: Duration,
    pub(super) rest: Option<RestOptions>,
}

/// Why a fleet cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// No phones, or more than one process should simulate.
    #[error("{0} phones cannot be simulated; choose 1 to {MAX_PHONES}")]
    Phones(u32),
    /// Indexes that do not fit behind the vendor prefix of a MAC.
    #[error("phones from index {0} on do not fit into the vendor's MAC range")]
    First(u32),
    /// No model to draw from.
    #[error("a fleet needs at least one model")]
    NoModel,
    /// A share above 100 %.
    #[error("{0} % is no share; choose 0 to 100")]
    Share(u16),
    /// A clock that does not run.
    #[error("the time scale must be above 0 and finite")]
    TimeScale,
    /// The DHCP value.
    #[error(transparent)]
    Option160(#[from] Option160Error),
    /// A DHCP value phones understand and this simulator does not fetch.
    #[error("{0:?} names no http or https server; only those are simulated")]
    NotHttp(String),
}

impl FleetOptions {
    /// So many generic phones that all read the same option 160 value and register when their
    /// configuration names a line.
    pub fn new(option160: &str, phones: u32) -> Self {
        Self {
            option160: option160.to_owned(),
            phones,
            first: 0,
            seed: 1,
            models: Model::ALL.to_vec(),
            lync_share: 0,
            users_from: None,
            mix: FaultMix::default(),
            quirks: true,
            password: PasswordForm::default(),
            spread: Duration::ZERO,
            time_scale: 1.0,
            keep_alive: None,
            refetch: None,
            source: Some(Ipv4Addr::new(127, 10, 0, 1)),
            trust: Trust::Any,
            download_firmware: true,
            patience: Duration::from_secs(30),
            rest: None,
        }
    }

    /// Index of the first phone; MAC, source address and user follow from the index.
    #[must_use]
    pub fn first(mut self, first: u32) -> Self {
        self.first = first;
        self
    }

    /// Seed of everything that looks random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Models the phones take in turn.
    #[must_use]
    pub fn models(mut self, models: &[Model]) -> Self {
        self.models = models.to_vec();
        self
    }

    /// Phones of 100 that run Lync firmware.
    #[must_use]
    pub fn lync_share(mut self, percent: u8) -> Self {
        self.lync_share = percent;
        self
    }

    /// Users with numbers from this one on sign in at the phones (zero touch).
    #[must_use]
    pub fn users_from(mut self, number: u64) -> Self {
        self.users_from = Some(number);
        self
    }

    /// Shares of broken phones.
    #[must_use]
    pub fn mix(mut self, mix: FaultMix) -> Self {
        self.mix = mix;
        self
    }

    /// Whether phones have the harmless oddities of real ones.
    #[must_use]
    pub fn quirks(mut self, quirks: bool) -> Self {
        self.quirks = quirks;
        self
    }

    /// How phones fill `emsUserPassword`.
    #[must_use]
    pub fn password(mut self, form: PasswordForm) -> Self {
        self.password = form;
        self
    }

    /// Phones power on within this time, in real time.
    #[must_use]
    pub fn spread(mut self, spread: Duration) -> Self {
        self.spread = spread;
        self
    }

    /// Real seconds per second of the phones' own clock: `1.0 / 60_000.0` makes a minute last a
    /// millisecond.
    #[must_use]
    pub fn time_scale(mut self, scale: f64) -> Self {
        self.time_scale = scale;
        self
    }

    /// Keep-alive period in place of the configured one, on the phones' clock.
    #[must_use]
    pub fn keep_alive(mut self, period: Duration) -> Self {
        self.keep_alive = Some(period);
        self
    }

    /// Time between looks for a new configuration in place of the configured one, on the phones'
    /// clock.
    #[must_use]
    pub fn refetch(mut self, period: Duration) -> Self {
        self.refetch = Some(period);
        self
    }

    /// Source address of phone 0, or `None` to let the system choose one for all.
    #[must_use]
    pub fn source(mut self, first: Option<Ipv4Addr>) -> Self {
        self.source = first;
        self
    }

    /// Trust in server certificates.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Whether a different firmware is downloaded, or only noticed.
    #[must_use]
    pub fn download_firmware(mut self, download: bool) -> Self {
        self.download_firmware = download;
        self
    }

    /// Phones take commands on this port of their own addresses.
    #[must_use]
    pub fn rest(mut self, rest: RestOptions) -> Self {
        self.rest = Some(rest);
        self
    }

    /// Longest silence of a server phones wait through.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The phone with this index, as this fleet would build it. It depends on the options and the
    /// index only, never on its neighbours.
    pub fn phone(&self, index: u32) -> PhoneOptions {
        // A draw of its own, apart from the one the phone lives by.
        let mut random = SplitMix64::for_phone(self.seed.rotate_left(32), index);
        let kind = if random.percent(self.lync_share) { Kind::Lync } else { Kind::Generic };
        let turn = usize::try_from(index).unwrap_or(0).checked_rem(self.models.len()).unwrap_or(0);
        let model = self.models.get(turn).copied().unwrap_or(Model::P430Hd);
        let fault = self.mix.draw(&mut random);
        let habits = if self.quirks { Habits::drawn(&mut random) } else { Habits::plain() };
        let sign_in = match self.users_from {
            Some(first) => SignIn::AtPhone(User::numbered(first.saturating_add(index.into()))),
            None => SignIn::WhenConfigured,
        };
        PhoneOptions::new(index, model, kind)
            .seed(self.seed)
            .habits(habits.password(self.password))
            .fault(fault)
            .sign_in(sign_in)
            .source(self.source.map(|first| source_address(first, index)))
            .download_firmware(self.download_firmware)
            .keep(Keep::Essentials)
            .patience(self.patience)
    }

    pub(super) fn delay(&self, index: u32) -> Duration {
        let share = SplitMix64::for_phone(!self.seed, index).below(1 << 20);
        self.spread.mul_f64(f64::from(u32::try_from(share).unwrap_or(0)) / f64::from(1 << 20))
    }

    pub(super) fn check(&self) -> Result<(), FleetError> {
        if !(1..=MAX_PHONES).contains(&self.phones) {
            return Err(FleetError::Phones(self.phones));
        }
        if self.first > (1 << 24) - MAX_PHONES {
            return Err(FleetError::First(self.first));
        }
        if self.models.is_empty() {
            return Err(FleetError::NoModel);
        }
        if let Some(share) = [self.lync_share.into(), self.mix.total()].into_iter().find(|share| *share > 100)
        {
            return Err(FleetError::Share(share));
        }
        if !self.time_scale.is_finite() || self.time_scale <= 0.0 {
            return Err(FleetError::TimeScale);
        }
        let sample = Option160::parse(&self.option160, Model::P430Hd.as_str(), "00908f000000")?;
        if sample.is_http() { Ok(()) } else { Err(FleetError::NotHttp(self.option160.clone())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> FleetOptions {
        FleetOptions::new("http://127.0.0.1/firmwarefiles;ipp/region/R", 100)
    }

    #[test]
    fn phones_depend_on_seed_and_index_only() {
        let options = fleet().lync_share(50).mix(FaultMix { slow: 20, ..FaultMix::default() });
        let draw = |options: &FleetOptions| {
            let phone = |i| options.phone(i);
            (0..100)
                .map(|i| (phone(i).identity, phone(i).habits, phone(i).fault, options.delay(i)))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(&options), draw(&options.clone().first(50)));
        assert_ne!(draw(&options), draw(&options.clone().seed(2)));
        let lync = (0..100).filter(|i| options.phone(*i).identity.kind() == Kind::Lync).count();
        assert!((30..70).contains(&lync), "{lync}");
    }

    #[test]
    fn each_phone_has_its_own_address_and_user() {
        let options = fleet().users_from(5_000);
        let phone = options.phone(300);
        assert_eq!(phone.source, Some(Ipv4Addr::new(127, 10, 1, 47)));
        assert_eq!(phone.sign_in, SignIn::AtPhone(User::numbered(5_300)));
        let all: std::collections::BTreeSet<_> = (0..MAX_PHONES).map(|i| options.phone(i).source).collect();
        assert_eq!(all.len(), 10_000);
    }

    #[test]
    fn power_on_is_spread() {
        let options = fleet().spread(Duration::from_secs(10));
        let delays: Vec<_> = (0..100).map(|i| options.delay(i)).collect();
        assert!(delays.iter().all(|delay| *delay < Duration::from_secs(10)));
        assert!(delays.iter().any(|delay| *delay < Duration::from_secs(2)));
        assert!(delays.iter().any(|delay| *delay > Duration::from_secs(8)));
    }

    #[test]
    fn impossible_fleets_say_why() {
        let bad = |options: FleetOptions| options.check().unwrap_err();
        assert_eq!(fleet().check(), Ok(()));
        assert_eq!(bad(FleetOptions::new("http://s", 0)), FleetError::Phones(0));
        assert_eq!(bad(FleetOptions::new("http://s", 10_001)), FleetError::Phones(10_001));
        assert_eq!(bad(FleetOptions::new("tftp://s", 1)), FleetError::NotHttp("tftp://s".into()));
        assert!(matches!(bad(FleetOptions::new("server", 1)), FleetError::Option160(_)));
        assert_eq!(bad(fleet().models(&[])), FleetError::NoModel);
        assert_eq!(bad(fleet().lync_share(101)), FleetError::Share(101));
        assert_eq!(bad(fleet().time_scale(0.0)), FleetError::TimeScale);
        assert_eq!(bad(fleet().first(u32::MAX)), FleetError::First(u32::MAX));
    }
}
