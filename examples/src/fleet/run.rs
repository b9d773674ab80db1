//! A fleet and its run.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::events::{Board, FleetEvent, Outcome};
use super::identity::{Identity, Kind, Model};
use super::life::{Tempo, live};
use super::meter::{Counters, Meter};
use super::options::{FleetError, FleetOptions};
use super::phone::Phone;
use super::rest::Ledger;
use super::summary::{PhoneResult, Summary};
use super::tls::Tls;

/// A fleet that has not been powered on yet.
#[derive(Debug)]
pub struct Fleet {
    options: FleetOptions,
    events: Option<mpsc::Sender<FleetEvent>>,
    stop: watch::Sender<bool>,
}

/// Ends a run from elsewhere, for example at Ctrl-C.
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Ends the run; a second call is harmless.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Fleet {
    /// Checks the options; nothing is sent yet.
    pub fn new(options: FleetOptions) -> Result<Self, FleetError> {
        options.check()?;
        Ok(Self { options, events: None, stop: watch::channel(false).0 })
    }

    /// A stream of completed steps. At most `capacity` wait to be read, further ones are dropped
    /// and counted.
    pub fn events(&mut self, capacity: usize) -> mpsc::Receiver<FleetEvent> {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        self.events = Some(sender);
        receiver
    }

    /// A handle that ends the run.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Powers all phones on. Must be called within a Tokio runtime.
    pub fn start(self) -> RunningFleet {
        let Self { options, events, stop } = self;
        let (first, phones) = (options.first, options.phones);
        let board = Board::new(first, phones, events);
        let meter = Arc::new(Meter::default());
        let tls = Arc::new(Tls::new(options.trust.clone()));
        let tempo =
            Tempo { scale: options.time_scale, keep_alive: options.keep_alive, refetch: options.refetch };
        let options = Arc::new(options);
        let mut tasks = JoinSet::new();
        let ledgers: Vec<Arc<Ledger>> = (0..phones).map(|_| Arc::default()).collect();
        for (index, ledger) in (first..first + phones).zip(ledgers.iter().map(Arc::clone)) {
            let observer = board.observer(index);
            let (options, meter, tls) = (Arc::clone(&options), Arc::clone(&meter), Arc::clone(&tls));
            let mut stopped = stop.subscribe();
            tasks.spawn(async move {
                let mut phone = options.phone(index);
                phone.log = 0;
                (phone.meter, phone.tls, phone.observer) = (meter, tls, Some(observer));
                phone.ledger = ledger;
                let (delay, rest) = (options.delay(index), options.rest.as_ref());
                let life = live(Phone::new(phone), &options.option160, delay, tempo, rest);
                tokio::select! {
                    // The sender lives as long as the fleet; its loss ends the phone as well.
                    _ = stopped.wait_for(|stop| *stop) => {}
                    () = life => {}
                }
            });
        }
        RunningFleet { board, meter, stop, tasks, first, ledgers }
    }

    /// Runs for a duration, or until stopped.
    pub async fn run(self, duration: Duration) -> Summary {
        let running = self.start();
        let mut stopped = running.stop.subscribe();
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = sleep(duration) => {}
        }
        running.stop().await
    }

    /// Runs until every phone is registered, the deadline passes, or it is stopped.
    pub async fn run_until_registered(self, deadline: Duration) -> Summary {
        let running = self.start();
        running.wait_registered(deadline).await;
        running.stop().await
    }
}

/// A fleet that is powered on. Dropping it powers every phone off.
#[derive(Debug)]
pub struct RunningFleet {
    board: Arc<Board>,
    meter: Arc<Meter>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    first: u32,
    ledgers: Vec<Arc<Ledger>>,
}

impl RunningFleet {
    /// Phones in the fleet, and how many have registered so far.
    pub fn progress(&self) -> (usize, usize) {
        (self.board.phones(), *self.board.registered().borrow())
    }

    /// Waits until every phone is registered; false when the deadline passes or the fleet is
    /// stopped before.
    pub async fn wait_registered(&self, deadline: Duration) -> bool {
        let all = self.board.phones();
        let (mut registered, mut stopped) = (self.board.registered(), self.stop.subscribe());
        tokio::select! {
            reached = timeout(deadline, registered.wait_for(|count| *count >= all)) => matches!(reached, Ok(Ok(_))),
            _ = stopped.wait_for(|stop| *stop) => false,
        }
    }

    /// A handle that ends the run.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// How far one phone has come; `None` for an index outside the fleet.
    pub fn outcome(&self, phone: u32) -> Option<Outcome> {
        self.board.outcomes().find(|(index, _)| *index == phone).map(|(_, outcome)| outcome)
    }

    /// What one phone was told to do; `None` for an index outside the fleet.
    pub fn ledger(&self, phone: u32) -> Option<&Ledger> {
        let at = usize::try_from(phone.checked_sub(self.first)?).ok()?;
        self.ledgers.get(at).map(|ledger| &**ledger)
    }

    /// How far every phone has come.
    pub fn results(&self) -> Vec<PhoneResult> {
        results(&self.board).collect()
    }

    /// The totals so far; cheaper than a whole summary.
    pub fn counters(&self) -> Counters {
        self.meter.counters()
    }

    /// What the run has come to so far.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            vanished: self.board.vanished(),
            elapsed: self.board.elapsed(),
            counters: self.meter.counters(),
            latency: self.meter.latency(),
            events_dropped: self.board.dropped(),
            ..Summary::default()
        };
        summary.tally(results(&self.board));
        summary
    }

    /// Powers every phone off and sums up.
    pub async fn stop(mut self) -> Summary {
        let summary = self.summary();
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        summary
    }
}

fn results(board: &Board) -> impl Iterator<Item = PhoneResult> {
    board.outcomes().map(|(phone, outcome)| {
        let mac = Identity::new(phone, Model::P430Hd, Kind::Generic).mac();
        PhoneResult { phone, mac, outcome }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::error::Step;
    use super::super::habits::FaultMix;
    use super::super::testing::TestServer;
    use super::*;

    const LONG: Duration = Duration::from_mins(1);
    const MINUTE_AS_MS: f64 = 1.0 / 60_000.0;

    /// One option 160 file and one configuration for all.
    async fn server(line: &str) -> TestServer {
        let server = TestServer::start().await;
        let file = server.option160_file().replace("/configfiles/", "/all.cfg");
        server.put("/ipp/dhcpoption160.cfg", file.clone());
        server.put("/all.cfg", format!("{file}{line}"));
        server
    }

    fn fleet(server: &TestServer, phones: u32) -> FleetOptions {
        FleetOptions::new(&server.url("/firmwarefiles;ipp/dhcpoption160.cfg"), phones)
            .time_scale(MINUTE_AS_MS)
    }

    fn of(events: &mut mpsc::Receiver<FleetEvent>, phone: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Ok(event) = events.try_recv() {
            if event.phone == phone {
                steps.push(event.step);
            }
        }
        steps
    }

    /// ZT-09, ZT-10, FLW-01: many phones at once, each from its own address, each in order.
    #[tokio::test]
    async fn zt_10_a_fleet_registers_and_its_events_are_in_order() {
        let server = server("voip/line/0/id=1001\n").await;
        let options = fleet(&server, 200).lync_share(30).keep_alive(LONG * 60_000);
        let mut fleet = Fleet::new(options).unwrap();
        let mut events = fleet.events(10_000);
        let running = fleet.start();
        assert!(running.wait_registered(LONG).await, "{}", running.summary());
        assert_eq!(running.progress(), (200, 200));
        assert_eq!(running.outcome(7), Some(Outcome::Registered));
        assert_eq!(running.outcome(200), None);
        let summary = running.stop().await;
        assert!(summary.all_registered() && summary.trouble.is_empty() && summary.events_dropped == 0);
        let expected = [
            Step::PoweredOn,
            Step::FirmwareHeader,
            Step::FirstConfiguration,
            Step::Started,
            Step::Configuration,
            Step::Registered,
        ];
        assert_eq!(of(&mut events, 7), expected);
        let seen = server.seen();
        let sources: BTreeSet<_> = seen.iter().map(|seen| seen.peer.ip()).collect();
        let macs: BTreeSet<_> =
            seen.iter().filter_map(|seen| seen.json()["mac"].as_str().map(str::to_owned)).collect();
        assert_eq!((sources.len(), macs.len()), (200, 200));
    }

    /// DEV-16, DEV-17: the same seed gives the same fleet, message by message.
    #[tokio::test]
    async fn the_same_seed_gives_the_same_messages() {
        let server = server("voip/line/0/id=1001\n").await;
        let messages = async |seed| {
            server.take_lines();
            let options = fleet(&server, 20)
                .seed(seed)
                .lync_share(50)
                .mix(FaultMix { broken: 50, ..FaultMix::default() });
            Fleet::new(options.keep_alive(LONG * 60_000)).unwrap().run_until_registered(LONG).await;
            let mut seen: Vec<_> =
                server.seen().into_iter().map(|seen| (seen.peer.ip(), seen.line, seen.body)).collect();
            // Phones run side by side, so only the order within one phone is fixed.
            seen.sort_by_key(|seen| seen.0);
            seen
        };
        let first = messages(1).await;
        assert_eq!(first, messages(1).await);
        assert_ne!(first, messages(2).await);
    }

    #[tokio::test]
    async fn phones_without_a_line_stay_pending_and_say_where() {
        let server = server("").await;
        let options = fleet(&server, 3).keep_alive(LONG * 60_000).refetch(LONG * 60_000);
        let mut fleet = Fleet::new(options).unwrap();
        let mut events = fleet.events(100);
        let running = fleet.start();
        let mut configured = 0;
        while configured < 3 {
            configured += usize::from(events.recv().await.unwrap().step == Step::Configuration);
        }
        assert!(!running.wait_registered(Duration::from_millis(20)).await);
        let summary = running.stop().await;
        assert_eq!((summary.pending, summary.failed, summary.trouble.len()), (3, 0, 3));
        assert_eq!(summary.trouble[0].outcome, Outcome::Pending { last: Step::Configuration });
        assert_eq!(summary.trouble[0].mac, "00908f000000");
    }

    #[tokio::test]
    async fn phones_try_again_until_the_server_is_there() {
        let server = server("voip/line/0/id=1001\n").await;
        server.remove("/ipp/dhcpoption160.cfg");
        let running = Fleet::new(fleet(&server, 5)).unwrap().start();
        while running.summary().failed < 5 {
            sleep(Duration::from_millis(2)).await;
        }
        let Some(Outcome::Failed { step, reason }) = running.outcome(0) else { panic!() };
        assert_eq!(step, Step::FirstConfiguration);
        assert!(reason.ends_with("answered 404"), "{reason}");
        server.put("/ipp/dhcpoption160.cfg", server.option160_file().replace("/configfiles/", "/all.cfg"));
        assert!(running.wait_registered(LONG).await);
        assert!(running.stop().await.counters.client_error >= 5);
    }

    /// FLW-13: keep-alives follow the configured period, and a phone that vanishes stops them.
    #[tokio::test]
    async fn flw_13_keep_alives_until_phones_vanish() {
        let server = server("voip/line/0/id=1001\nems_server/keep_alive_period=5\n").await;
        let mix = FaultMix { vanish: 100, ..FaultMix::default() };
        let mut fleet = Fleet::new(fleet(&server, 10).mix(mix)).unwrap();
        let mut events = fleet.events(1_000);
        let running = fleet.start();
        while running.summary().vanished < 10 {
            sleep(Duration::from_millis(2)).await;
        }
        let before = server.seen().len();
        sleep(Duration::from_millis(30)).await;
        assert_eq!(server.seen().len(), before);
        let summary = running.stop().await;
        assert_eq!((summary.registered, summary.vanished), (10, 10));
        assert_eq!(of(&mut events, 3).last(), Some(&Step::Vanished));
    }

    #[tokio::test]
    async fn a_restart_command_boots_the_phone_again() {
        let server = server("voip/line/0/id=1001\n").await;
        let mut fleet = Fleet::new(fleet(&server, 1).keep_alive(Duration::from_mins(5))).unwrap();
        let mut events = fleet.events(1_000);
        let running = fleet.start();
        assert!(running.wait_registered(LONG).await);
        server.answer_next(
            http::StatusCode::OK,
            "{\"requests\":[{\"path\":\"/rest/v1/command/ResetGracefulHandler\"}]}",
        );
        let mut boots = 0;
        while boots < 2 {
            boots += usize::from(events.recv().await.unwrap().step == Step::PoweredOn);
        }
        running.stop().await;
    }

    #[tokio::test]
    async fn a_run_ends_by_time_or_by_its_stopper() {
        let server = server("").await;
        let fleet = Fleet::new(fleet(&server, 2)).unwrap();
        let stopper = fleet.stopper();
        let run = tokio::spawn(fleet.run(LONG));
        stopper.stop();
        let summary = run.await.unwrap();
        assert!(summary.elapsed < LONG);
        assert!(Fleet::new(FleetOptions::new("", 1)).is_err());
    }

    #[tokio::test]
    async fn a_slow_reader_of_events_loses_events_and_time_is_not_lost() {
        let server = server("voip/line/0/id=1001\n").await;
        let mut fleet = Fleet::new(fleet(&server, 5)).unwrap();
        let events = fleet.events(1);
        let summary = fleet.run_until_registered(LONG).await;
        assert!(summary.all_registered() && summary.events_dropped > 0);
        drop(events);
    }
}
