//! Batches at random, from a world so small that its things meet all the time.

use std::time::Duration;

use super::FEW;
use crate::{
    alarm::{AlarmDetails, AlarmKey, AlarmMessage, Severity},
    catalog::{RowRevision, SharedScope},
    device::{Admission, BoundBy, Device, Owner},
    firmware::Firmware,
    id::RegionId,
    job::{ItemState, Job, JobAction, Steer},
    log::{ActivityEntry, DeviceEvent, Hour, LogLevel, LogText},
    operator::{ApiToken, Operator, Session, Subject},
    outbound::{RestartKind, SessionId},
    phone_model::ModelId,
    region::Region,
    settings::Settings,
    status::{Registration, StatusReport, silence::Uptime},
    store::{
        AccountChange, Answer, Batch, CatalogChange, Change, DeviceChange, DeviceSequence, Expected,
        JobChange, LogChange, PinChange, Prune, RequestChange, Row, RunNote, SealedPlace, StatusChange,
        conformance::samples::*,
    },
    template::{Published, Template},
    time::Timestamp,
    user::User,
};

/// Names that are the same to some and different to others.
pub(super) const NAMES: [&str; 5] = ["alpha", "Alpha", "BETA", "ärger", "Ärger"];

/// Names of files, two of which are the same.
pub(super) const FILES: [&str; 3] = ["a.cfg", "A.CFG", "b_directory.cfg"];

/// A source of numbers that look random and are the same for the same seed (a split-mix generator).
pub(super) struct Random {
    seed: u64,
    state: u64,
    clock: i64,
}

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, state: seed, clock: 1_000 }
    }

    /// What it began with.
    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u8, high: u8) -> u8 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let span = u64::from(high.saturating_sub(low)) + 1;
        low + u8::try_from(mixed % span).unwrap_or(0)
    }

    pub(super) fn few(&mut self) -> u8 {
        self.between(0, FEW - 1)
    }

    pub(super) fn maybe(&mut self) -> bool {
        self.between(0, 1) == 1
    }

    pub(super) fn seldom(&mut self) -> bool {
        self.between(0, 4) == 0
    }

    pub(super) fn one_of<T: Clone>(&mut self, things: &[T]) -> T {
        things[usize::from(self.between(0, u8::try_from(things.len() - 1).unwrap_or(u8::MAX)))].clone()
    }

    /// A moment near the present one, which moves on; sometimes before it.
    pub(super) fn moment(&mut self) -> Timestamp {
        self.clock += i64::from(self.between(0, 3));
        at(self.clock - i64::from(self.between(0, 5)))
    }

    pub(super) fn batch(&mut self) -> Batch {
        let changes = (0..self.between(0, 5)).map(|_| self.change()).collect();
        let expect = if self.seldom() { vec![self.expectation()] } else { Vec::new() };
        let audit = if self.seldom() { vec![entry("something")] } else { Vec::new() };
        Batch { expect, changes, audit }
    }

    fn change(&mut self) -> Change {
        match self.between(0, 70) {
            0..=16 => self.catalog_change().into(),
            17 | 18 => Change::PutUser(Box::new(self.user())),
            19 => Change::DeleteUser(user_id(self.few())),
            20..=24 => put_device(self.device()),
            25 => Change::Device(DeviceChange::Delete(device_id(self.few()))),
            26 => Change::Device(DeviceChange::EvictPending(self.between(0, 2).into())),
            27..=30 => Change::Status(StatusChange::Report(Box::new(self.report()))),
            31 => self.disconnection(),
            32 => Change::Status(StatusChange::Forget(device_id(self.few()))),
            33 | 34 => self.alarm(),
            35 => {
                let (id, parts) = generation(self.few());
                Change::PutGeneration(id, parts)
            }
            36 | 37 => self.publication(),
            38 => Change::Pin(self.pin_change()),
            39..=47 => Change::Account(self.account_change()),
            48 => Change::Request(self.request_change()),
            49 => reseal(SealedPlace::Pin(device_id(self.few()), self.between(0, 9).into())),
            50 => {
                let at = self.moment();
                Change::Run(RunNote { at, ..note(self.few(), 0) })
            }
            51..=52 => {
                let from = self.moment();
                Change::Heartbeat(node_id(self.few()), Uptime { from: at(from.as_millis() / 4), until: from })
            }
            53..=56 => self.log_change().into(),
            60..=69 => self.job_change().into(),
            57 => Change::Told(self.few().to_string(), self.between(0, 9).into()),
            _ => self.prune().into(),
        }
    }

    fn job_change(&mut self) -> JobChange {
        let (job, item) = (job_id(self.few()), self.between(0, 4).into());
        // Epochs are low, so that many of them are right.
        let (at, epoch) = (self.moment(), self.between(1, 4).into());
        match self.between(0, 11) {
            0 => {
                let numbers = 1..=self.few();
                let action = if self.maybe() { JobAction::Restart(RestartKind::Force) } else { loading() };
                let phones = phones(numbers);
                let number = self.few();
                let new = job_of(number, action, phones.len() as u64);
                JobChange::Begin(Box::new(Job { next_at: at, ..new }), phones)
            }
            1 | 2 => JobChange::Take { job, node: node_id(self.few()), at, lease: LEASE },
            3 | 4 => {
                let session = SessionId::new([self.few(); 4]);
                JobChange::Sending { job, epoch, item, session, at }
            }
            5 | 6 => {
                let state = self.one_of(&[
                    ItemState::Accepted,
                    ItemState::Failed,
                    ItemState::Skipped,
                    ItemState::Unknown,
                    ItemState::Waiting,
                ]);
                JobChange::Settle { job, epoch, item, state, text: LogText::of("so"), at }
            }
            9 => {
                let (session, state) = (Some(SessionId::new([self.few(); 4])), ItemState::Accepted);
                JobChange::Hand { job, item, session, state, text: LogText::of("handed"), at }
            }
            8 => JobChange::Confirm { job, item, text: LogText::of("started"), at },
            7 => JobChange::GoOn { job, epoch, next_at: at, until: self.moment() },
            _ => {
                let steer = self.one_of(&[Steer::Pause, Steer::Resume, Steer::Cancel, Steer::Retry]);
                JobChange::Steer { job, steer, at }
            }
        }
    }

    fn log_change(&mut self) -> LogChange {
        let now = self.moment();
        match self.between(0, 4) {
            0 | 1 => {
                let line = |random: &mut Self| full_line(random.one_of(&LogLevel::ALL));
                let lines = (0..self.between(0, 3)).map(|_| ActivityEntry { at: now, ..line(self) });
                LogChange::Activity(lines.collect())
            }
            2 | 3 => {
                let kind = |random: &mut Self| random.one_of(&full_events());
                let event = |random: &mut Self| DeviceEvent::once(device_id(random.few()), kind(random), now);
                LogChange::Events((0..self.between(0, 3)).map(|_| event(self)).collect())
            }
            _ => LogChange::Sample(Hour::from_number(now.as_millis() / 8)),
        }
    }

    fn prune(&mut self) -> Prune {
        let (now, limit) = (self.moment(), self.few().into());
        let before = at(now.as_millis() - i64::from(self.between(0, 40)));
        match self.between(0, 10) {
            0 => Prune::Activity { before, keep: self.between(0, 9).into(), limit },
            1 => Prune::Events(before, limit),
            2 => Prune::Samples(Hour::from_number(before.as_millis() / 8), limit),
            3 => Prune::Uptimes(before, limit),
            4 => Prune::GoneDevices(DeviceSequence(self.between(0, 50).into()), limit),
            5 => Prune::Tokens(if self.seldom() { at(i64::MAX) } else { before }),
            9 => Prune::Jobs(before, limit),
            6 => Prune::AlarmEvents(before, limit),
            _ => Prune::Generations { live: generation(self.few()).0, at: now, before, limit },
        }
    }

    fn catalog_change(&mut self) -> CatalogChange {
        match self.between(0, 18) {
            0 => CatalogChange::Settings(Box::new(if self.maybe() {
                full_settings()
            } else {
                Settings::default()
            })),
            1..=3 => CatalogChange::PutRegion(Box::new(self.region())),
            4 => CatalogChange::DeleteRegion(region_id(self.few())),
            5 | 6 => CatalogChange::PutModel(model(self.few())),
            7 => CatalogChange::DeleteModel(self.model()),
            8 | 9 => CatalogChange::PutTemplate(Box::new(self.template())),
            10 => CatalogChange::DeleteTemplate(template_id(self.few())),
            11 => CatalogChange::PublishTemplate(template_id(self.few()), self.published()),
            12 | 13 => self.placeholder(),
            14 | 15 => CatalogChange::PutFirmware(Box::new(self.firmware())),
            16 => CatalogChange::DeleteFirmware(firmware_id(self.few())),
            17 => {
                let file = shared_file(self.one_of(&FILES), self.few());
                CatalogChange::PutFile(Box::new(file), sealed(self.few()).sealed)
            }
            _ => CatalogChange::DeleteFile(self.one_of(&FILES).parse().unwrap()),
        }
    }

    fn pin_change(&mut self) -> PinChange {
        let device = device_id(self.few());
        match self.between(0, 4) {
            0 | 1 => PinChange::Revert { device, number: self.between(0, 9).into() },
            2 => {
                let info = Box::new(file_info(self.few()));
                PinChange::StandIn { device, info, text: sealed(self.few()).sealed }
            }
            3 => PinChange::Resume(device),
            _ => PinChange::Withdraw(device),
        }
    }

    fn account_change(&mut self) -> AccountChange {
        match self.between(0, 12) {
            0..=3 => AccountChange::PutOperator(Box::new(self.operator())),
            4 => AccountChange::DeleteOperator(operator_id(self.few())),
            5 | 6 => AccountChange::PutSession(Session {
                created_at: self.moment(),
                last_seen: self.moment(),
                ..session(self.few(), self.few())
            }),
            7 => AccountChange::TouchSession(print(self.few()), self.moment()),
            8 => AccountChange::EndSession(print(self.few())),
            9 => {
                let except = self.maybe().then(|| print(self.few()));
                AccountChange::EndSessions(Subject::Operator(operator_id(self.few())), except)
            }
            10 => AccountChange::PutToken(Box::new(ApiToken {
                print: print(self.few()),
                ..api_token(self.few(), self.few())
            })),
            11 => AccountChange::UseToken(api_token_id(self.few()), self.moment()),
            _ if self.maybe() => AccountChange::DeleteToken(api_token_id(self.few())),
            _ => AccountChange::PruneSessions(at(self.moment().as_millis() - 20), at(0)),
        }
    }

    fn request_change(&mut self) -> RequestChange {
        let key = claim(self.few());
        match self.between(0, 4) {
            0 | 1 => RequestChange::Claim(key),
            2 => RequestChange::Settle(key.key, Answer { status: 200, body: vec![self.few()] }),
            3 => RequestChange::Release(key.key),
            _ => RequestChange::Prune(at(self.few().into())),
        }
    }

    fn operator(&mut self) -> Operator {
        let number = self.few();
        let base = if self.maybe() { operator(number) } else { full_operator(number) };
        Operator { name: self.name(), enabled: self.maybe(), ..base }
    }

    fn expectation(&mut self) -> crate::store::Expect {
        let row = match self.between(0, 8) {
            0 => Row::Settings,
            1 => Row::Region(region_id(self.few())),
            2 => Row::Model(self.model()),
            3 => Row::Template(template_id(self.few())),
            4 => Row::Firmware(firmware_id(self.few())),
            5 => Row::Placeholder(self.scope(), placeholder(self.one_of(&["A", "B"]))),
            6 => Row::User(user_id(self.few())),
            7 => Row::Operator(operator_id(self.few())),
            _ => Row::Device(device_id(self.few())),
        };
        let revision = RowRevision(self.between(0, 3).into());
        crate::store::Expect {
            row,
            state: if self.maybe() { Expected::Revision(revision) } else { Expected::Absent },
        }
    }

    fn model(&mut self) -> ModelId {
        model_id(self.few())
    }

    fn some_region(&mut self) -> Option<RegionId> {
        self.maybe().then(|| region_id(self.few()))
    }

    fn some_model(&mut self) -> Option<ModelId> {
        self.maybe().then(|| self.model())
    }

    fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> T {
        self.one_of(&NAMES).parse().unwrap()
    }

    fn region(&mut self) -> Region {
        let number = self.few();
        let base = if self.maybe() { region(number) } else { full_region(number) };
        let firmware = (0..self.between(0, 1)).map(|_| (self.model(), firmware_id(self.few()))).collect();
        Region { name: self.name(), firmware, ..base }
    }

    fn template(&mut self) -> Template {
        let number = self.few();
        let base = if self.maybe() { template(number) } else { full_template(number) };
        let (name, model, region, default) = (self.name(), self.model(), self.some_region(), self.maybe());
        Template { name, model, region, default, ..base }
    }

    fn published(&mut self) -> Published {
        Published { generation: generation(self.few()).0, at: self.moment() }
    }

    fn scope(&mut self) -> SharedScope {
        match self.between(0, 2) {
            0 => SharedScope::System,
            1 => SharedScope::Model(self.model()),
            _ => SharedScope::Region(region_id(self.few())),
        }
    }

    fn placeholder(&mut self) -> CatalogChange {
        let values = [Some(plain("")), Some(plain("x")), Some(secret(1)), None];
        CatalogChange::Placeholder(self.scope(), placeholder(self.one_of(&["A", "B"])), self.one_of(&values))
    }

    fn firmware(&mut self) -> Firmware {
        let number = self.few();
        let base = if self.maybe() { firmware(number) } else { full_firmware(number) };
        let name = self.one_of(&["a.img", "A.IMG", "b.img"]).parse().unwrap();
        Firmware { name, model: self.some_model(), ..base }
    }

    fn user(&mut self) -> User {
        let number = self.few();
        let base = if self.maybe() { user(number) } else { full_user(number) };
        User { name: self.name(), region: region_id(self.few()), ..base }
    }

    fn device(&mut self) -> Device {
        const ADMISSIONS: [Admission; 4] =
            [Admission::Pending, Admission::Pending, Admission::Enrolled, Admission::Disabled];
        let number = self.few();
        let base = if self.maybe() { device(number) } else { full_device(number) };
        Device {
            mac: if self.seldom() { mac(self.few()) } else { base.mac },
            model: self.some_model(),
            owner: self
                .seldom()
                .then(|| Owner { user: user_id(self.few()), bound_by: BoundBy::Administrator }),
            region: self.some_region(),
            admission: self.one_of(&ADMISSIONS),
            token: self.maybe().then(|| token(if self.seldom() { self.few() } else { number })),
            template: self.seldom().then(|| template_id(self.few())),
            firmware: self.seldom().then(|| firmware_id(self.few())),
            own: print(self.few()),
            created_at: self.moment(),
            ..base
        }
    }

    fn report(&mut self) -> StatusReport {
        let number = self.few();
        let base = if self.maybe() { registered(number, 0) } else { full_report(number, 0) };
        let words = [Registration::Registered, Registration::Offline, Registration::Other("dnd".to_owned())];
        StatusReport {
            received_at: self.moment(),
            registration: self.one_of(&words),
            timeout: Duration::from_secs(self.few().into()),
            ..base
        }
    }

    fn disconnection(&mut self) -> Change {
        let (device, last_seen, at) = (device_id(self.few()), self.moment(), self.moment());
        Change::Status(StatusChange::Disconnect { device, last_seen, at })
    }

    fn alarm(&mut self) -> Change {
        let (device, name) = (self.few(), self.one_of(&["A", "a"]));
        let qualifier = self.one_of(&["", "Q", "ü"]);
        if self.seldom() {
            return clear(device, name, self.maybe().then_some(qualifier));
        }
        let key =
            AlarmKey { device: device_id(device), name: name.to_owned(), qualifier: qualifier.to_owned() };
        let severity = Severity::from_number(self.between(1, 5)).unwrap();
        let raise = AlarmMessage::Raise {
            key,
            severity,
            received_at: self.moment(),
            details: AlarmDetails::default(),
        };
        Change::Alarm(raise)
    }

    fn publication(&mut self) -> Change {
        let device = self.few();
        let mut pin = if self.maybe() { full_pin(device) } else { pin(device, self.few()) };
        pin.own = print(self.few());
        pin.run = self.maybe().then(|| run_id(self.few()));
        publish(pin)
    }
}
