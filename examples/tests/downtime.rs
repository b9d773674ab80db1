//! Silence counts only while somebody could have heard (SYS-10, C16, C17, T10, T11): a real server
//! over real sockets and a real database, on a clock that the test moves.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use common::{mac, phone};
use ipp_core::{
    access::Caller,
    app::{App, Ports, admin::set_up::Reachable, sweep::SweepReport},
    clock::ManualClock,
    entropy::SeededEntropy,
    host::Host,
    outbound::MemoryPhoneClient,
    settings::Scheme,
    status::{Connectivity, StatusClass},
    store::{AnyStore, DeviceKey, Store as _},
    time::Timestamp,
};
use ipp_examples::{
    demo::phones_on_this_machine,
    fleet::{Kind, Phone, SignIn, User},
    server::data::DataFolder,
};
use ipp_http::{
    Ipp,
    listener::{self, ConnectionLimits},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

const MINUTE: Duration = Duration::from_mins(1);

/// 2026-01-01, in milliseconds.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// An installation whose server can be down: data, address and time stay.
struct Installation {
    folder: tempfile::TempDir,
    // Kept open while the server is down, so that nobody else gets its port.
    socket: std::net::TcpListener,
    clock: Arc<ManualClock>,
}

/// A server that is up.
struct Node {
    ipp: Ipp,
    clock: Arc<ManualClock>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Installation {
    fn new() -> Self {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), socket, clock: Arc::new(ManualClock::at(START)) }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    async fn start(&self, seed: u64) -> Node {
        let data: &Path = self.folder.path();
        let entropy = Arc::new(SeededEntropy::new(seed));
        let folder = DataFolder::open(data, entropy.clone()).unwrap();
        let ports = Ports {
            clock: self.clock.clone(),
            entropy,
            vault: folder.vault(),
            blobs: folder.blobs().unwrap(),
            passwords: Arc::new(ipp_core::passwords::PlainPasswords),
            phones: Arc::new(MemoryPhoneClient::default()),
            host: Host::default(),
        };
        let store = folder.store().await.unwrap();
        let ipp = Ipp::builder(store, ports).options(phones_on_this_machine()).build().await.unwrap();
        let port = self.address().port();
        let reachable = Reachable {
            address: "127.0.0.1".parse().unwrap(),
            http_port: port,
            https_port: 443,
            rest_http_port: port,
            rest_https_port: 8081,
            scheme: Scheme::Http,
        };
        ipp.app().set_up(&reachable).await.unwrap();
        let socket = TcpListener::from_std(self.socket.try_clone().unwrap()).unwrap();
        let (stop, stopping) = watch::channel(false);
        let serving =
            listener::serve(socket, None, ipp.phone_router(), ConnectionLimits::default(), stopping);
        let node = Node { ipp, clock: self.clock.clone(), stop, serving: tokio::spawn(serving) };
        // What the driver does first.
        node.app().heartbeat().await.unwrap();
        node
    }
}

impl Node {
    fn app(&self) -> &Arc<App<AnyStore>> {
        self.ipp.app()
    }

    /// Lets time pass as the driver does: a heartbeat every 30 s and a sweep every minute. Answers
    /// how many phones were called disconnected.
    async fn pass(&self, minutes: u32) -> u64 {
        let mut disconnected = 0;
        for _ in 0..minutes {
            for _ in 0..2 {
                self.clock.advance(MINUTE / 2);
                self.app().heartbeat().await.unwrap();
            }
            disconnected += self.sweep().await.disconnected;
        }
        disconnected
    }

    async fn sweep(&self) -> SweepReport {
        self.app().sweep().await.unwrap()
    }

    /// Ends without a last word, as a crash does.
    async fn down(self) {
        self.stop.send_replace(true);
        self.serving.await.unwrap();
    }

    async fn is_connected(&self, phone: &Phone) -> bool {
        let record = self.app().store().device(DeviceKey::Mac(mac(phone))).await.unwrap().unwrap();
        record.status.unwrap().connectivity == Connectivity::Connected
    }

    async fn count(&self, class: StatusClass) -> u64 {
        let counts = self.app().store().device_counts().await.unwrap();
        counts.iter().filter(|(key, _)| key.class == class).map(|(_, count)| count).sum()
    }
}

/// Phones that are registered; their files tell them to report every 60 minutes.
async fn phones(installation: &Installation, node: &Node, count: u32) -> Vec<Phone> {
    node.app().admin(Caller::host("test")).create_region("Berlin".parse().unwrap(), |_| {}).await.unwrap();
    let option160 = format!("http://{}/firmwarefiles;ipp/region/Berlin", installation.address());
    let mut phones = Vec::new();
    for index in 0..count {
        let user = SignIn::AtPhone(User::numbered(u64::from(index)));
        let mut phone = Phone::new(phone(index, Kind::Generic).sign_in(user));
        assert!(phone.boot(&option160).await.unwrap().registered);
        assert_eq!(phone.config()["ems_server/keep_alive_period"], "60");
        phones.push(phone);
    }
    phones
}

async fn report(phones: &mut [Phone]) {
    for phone in phones {
        assert_eq!(phone.keep_alive().await.unwrap().status, 200);
    }
}

/// C17, T11, SYS-10, SYS-12, FLW-13: three hours without a server disconnect nobody; afterwards the
/// time before and after counts, and exactly the phones that stay silent are found when it is up.
#[tokio::test]
async fn c17_three_hours_of_downtime_disconnect_nobody_before_its_time() {
    let installation = Installation::new();
    let node = installation.start(1).await;
    let mut phones = phones(&installation, &node, 12).await;
    assert_eq!(node.pass(60).await, 0);
    report(&mut phones).await;
    assert_eq!(node.pass(50).await, 0, "50 minutes of silence");
    node.down().await;

    installation.clock.advance(180 * MINUTE);
    let node = installation.start(2).await;

    assert_eq!(node.sweep().await, SweepReport::default(), "the first sweep after three hours");
    let (alive, dead) = phones.split_at_mut(6);
    report(alive).await;
    assert_eq!(node.pass(60).await, 0);
    report(alive).await;
    assert_eq!(node.pass(8).await, 0, "118 minutes that somebody could have heard");
    assert_eq!(node.pass(4).await, 6, "122 minutes");
    for phone in alive.iter() {
        assert!(node.is_connected(phone).await);
    }
    for phone in dead.iter() {
        assert!(!node.is_connected(phone).await);
    }
    assert_eq!(
        (node.count(StatusClass::Registered).await, node.count(StatusClass::Disconnected).await),
        (6, 6)
    );

    report(&mut dead[..1]).await;
    assert!(node.is_connected(&dead[0]).await, "SYS-12: a report brings it back");
    assert_eq!(
        (node.count(StatusClass::Registered).await, node.count(StatusClass::Disconnected).await),
        (7, 5)
    );
    assert_eq!(node.pass(5).await, 0, "nobody is called disconnected twice");
    node.down().await;
}

/// C17: many short interruptions add up; none of them counts against a phone.
#[tokio::test]
async fn c17_interruptions_add_up() {
    let installation = Installation::new();
    let mut node = installation.start(1).await;
    let phones = phones(&installation, &node, 2).await;
    for run in 2..8 {
        assert_eq!(node.pass(18).await, 0);
        node.down().await;
        installation.clock.advance(60 * MINUTE);
        node = installation.start(run).await;
        assert_eq!(node.sweep().await.disconnected, 0, "run {run}");
    }
    // Six times 18 minutes were heard, of more than seven hours. After the last heartbeat of a run
    // its server counts as up for as long as until the next one would have come.
    assert_eq!(node.pass(8).await, 0, "116 minutes, and at most 3 between heartbeats");
    assert_eq!(node.pass(4).await, 2, "120 minutes at least");
    for phone in &phones {
        assert!(!node.is_connected(phone).await);
    }
    node.down().await;
}

/// C16, T10: a wall clock that is set, forward or back, makes no phone silent.
#[tokio::test]
async fn c16_a_clock_that_is_set_disconnects_nobody() {
    let installation = Installation::new();
    let node = installation.start(1).await;
    let mut phones = phones(&installation, &node, 3).await;
    for hours in [24 * 365, -24 * 365 * 2, 5, -5] {
        assert_eq!(node.pass(30).await, 0);
        report(&mut phones).await;
        let now = ipp_core::clock::Clock::now(&*installation.clock).wall;
        installation.clock.set(Timestamp::from_millis(now.as_millis() + hours * 3_600_000));
        assert!(node.sweep().await.paused, "{hours} h: the sweep is put off");
        assert_eq!(node.pass(59).await, 0, "{hours} h");
        report(&mut phones).await;
        for phone in &phones {
            assert!(node.is_connected(phone).await, "{hours} h");
        }
    }
    node.down().await;
}

/// SYS-10: where the server is up, two hours of silence are two hours of silence.
#[tokio::test]
async fn sys_10_silence_is_noticed_after_its_time() {
    let installation = Installation::new();
    let node = installation.start(1).await;
    let phones = phones(&installation, &node, 3).await;
    assert_eq!(node.pass(119).await, 0);
    assert_eq!(node.pass(1).await, 3);
    assert!(!node.is_connected(&phones[0]).await);
    let mut settings = node.app().settings();
    settings.value.disconnected_timeout_minutes = 10;
    node.app().admin(Caller::host("test")).update_settings(settings).await.unwrap();
    let mut again = phones;
    report(&mut again).await;
    assert_eq!(node.pass(119).await, 0, "AMB-33: never less than two of the phone's own periods");
    assert_eq!(node.pass(1).await, 3);
    node.down().await;
}
