//! What was acknowledged is there after the server was killed, and a firmware image is served whole
//! or not at all (T1, T9, API-01, FW-03).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use common::{
    World, image,
    wire::{Link, Request, STATUS, status_body},
};
use ipp_core::{
    access::Caller,
    app::{
        AppOptions,
        admin::{devices::NewDevice, users::NewUser},
        report::Report,
    },
    device::Admission,
    mac::Mac,
    phone_model::{ModelId, PhoneKind},
    status::{Registration, ReportDetails},
    store::{DeviceKey, Store as _},
    text::Label,
    token::Token,
};
use ipp_examples::{
    demo::phones_on_this_machine,
    fleet::{Model, SplitMix64},
    server::{self, config::Config, config::Role},
};
use ipp_http::Ipp;
use tokio::{sync::watch, task::JoinSet};

/// How often the server is killed.
const ROUNDS: u64 = 3;

/// How many phones report at once.
const PHONES: u32 = 64;

/// A data folder with a configuration file for the server program.
struct Installation {
    folder: tempfile::TempDir,
    ports: [u16; 4],
}

impl Installation {
    fn new() -> Self {
        let installation = Self { folder: tempfile::tempdir().unwrap(), ports: free_ports() };
        let [web, web_tls, reports, reports_tls] = installation.ports;
        let text = format!(
            "data = \"{}\"\nlisten = \"127.0.0.1\"\nlog = \"error\"\n[ports]\n\
             web = {{ port = {web}, tls = false }}\nweb_tls = {{ port = {web_tls}, tls = true }}\n\
             reports = {{ port = {reports}, tls = false }}\nreports_tls = {{ port = {reports_tls}, tls = true }}\n",
            installation.folder.path().join("data").display(),
        );
        std::fs::write(installation.file(), text).unwrap();
        installation
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ipp.toml")
    }

    fn reports(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports[2]))
    }

    /// The engine on the data, without the program.
    async fn open(&self, options: AppOptions) -> Ipp {
        server::open(&Config::read(&self.file()).unwrap(), options).await.unwrap().0
    }

    fn serve(&self) -> Program {
        Program::serve(&self.file())
    }
}

/// Four ports that nobody uses. Between kills nobody listens on them, so they are chosen outside the
/// range from which systems draw the ports of outgoing connections.
fn free_ports() -> [u16; 4] {
    let first = 15_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let mut free = (first..).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    std::array::from_fn(|_| free.next().unwrap())
}

/// The server program; killed at the latest when dropped.
struct Program(Child);

impl Program {
    /// Starts it and waits until all listeners are open.
    #[expect(clippy::disallowed_methods, reason = "the program itself is under test")]
    fn serve(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ipp-server"));
        command.arg("serve").arg("--config").arg(config).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // A heading and four listeners; the end of output would be the end of the program.
        assert_eq!(lines.take(5).map_while(Result::ok).count(), 5, "the server did not start");
        Self(child)
    }

    /// Ends it as a power cut would: by a signal that nothing can catch.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn mac(index: u32) -> Mac {
    format!("00908f{index:06x}").parse().unwrap()
}

fn token(index: u32) -> Token {
    Token::new(std::array::from_fn(|at| index.to_be_bytes()[at % 4]))
}

/// Enters phones and lets each of them report once, which binds its token.
async fn enrol(ipp: &Ipp) {
    let app = ipp.app();
    let reachable = ipp_core::app::admin::set_up::Reachable {
        address: "127.0.0.1".parse().unwrap(),
        http_port: 80,
        https_port: 443,
        rest_http_port: 8080,
        rest_https_port: 8081,
        scheme: ipp_core::settings::Scheme::Http,
    };
    app.set_up(&reachable).await.unwrap();
    let admin = app.admin(Caller::host("test"));
    let region = admin.create_region("Berlin".parse().unwrap(), |_| {}).await.unwrap().id;
    for index in 0..PHONES {
        let (name, display_name) = (index.to_string().parse().unwrap(), Label::EMPTY);
        let new = NewUser { name, display_name: display_name.clone(), region, password: None };
        let user = admin.create_user(new).await.unwrap().id;
        let model = ModelId::new("430HD", PhoneKind::Generic).unwrap();
        admin.create_device(NewDevice { mac: mac(index), model, user, display_name }).await.unwrap();
        let token = token(index);
        let report = Report {
            token: Some(&token),
            region: None,
            stated_region: "",
            mac: mac(index),
            registration: Registration::Started,
            account: "",
            password: "",
            peer: Ipv4Addr::LOCALHOST.into(),
            proxied: false,
            details: ReportDetails::default(),
        };
        app.report(&report).await.unwrap();
    }
}

/// What one phone sent last, and what was acknowledged of it last.
#[derive(Debug, Default)]
struct Ledger {
    sent: AtomicU64,
    acknowledged: AtomicU64,
}

/// Reports as fast as the server answers, until it is gone.
async fn load(at: SocketAddr, index: u32, ledger: Arc<Ledger>, first: watch::Sender<bool>) {
    let source = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 30, 0, 1)) + index);
    let Ok(mut link) = Link::open(at, source).await else { return };
    let path = format!("{}{STATUS}", token(index).prefix());
    loop {
        let number = ledger.sent.fetch_add(1, SeqCst) + 1;
        let said = [("phoneNumber", &*number.to_string()), ("status", "offline")];
        match link.ask(&Request::post(&path, status_body(&mac(index).to_string(), &said))).await {
            Ok(answer) => assert_eq!(answer.status, 200, "{answer:?}"),
            Err(_) => return,
        }
        ledger.acknowledged.store(number, SeqCst);
        first.send_replace(true);
    }
}

/// T1, API-01: the server is killed under load, again and again. Every report that it acknowledged,
/// or a newer one, is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_no_acknowledged_report_is_lost_when_the_server_is_killed() {
    let installation = Installation::new();
    enrol(&installation.open(phones_on_this_machine()).await).await;
    let ledgers: Vec<Arc<Ledger>> = (0..PHONES).map(|_| Arc::default()).collect();
    let mut random = SplitMix64::new(1);
    let mut before = 0;
    for round in 0..ROUNDS {
        let program = installation.serve();
        let (first, mut acknowledged) = watch::channel(false);
        let mut phones = JoinSet::new();
        for (index, ledger) in (0..PHONES).zip(&ledgers) {
            phones.spawn(load(installation.reports(), index, Arc::clone(ledger), first.clone()));
        }
        acknowledged.wait_for(|any| *any).await.unwrap();
        // The moment is what the test is about; nothing is waited for.
        tokio::time::sleep(Duration::from_millis(50 + random.below(450))).await;
        program.kill();
        while let Some(ended) = phones.join_next().await {
            ended.unwrap();
        }

        let ipp = installation.open(AppOptions::default()).await;
        let mut total = 0;
        for (index, ledger) in (0..PHONES).zip(&ledgers) {
            let record = ipp.app().store().device(DeviceKey::Mac(mac(index))).await.unwrap().unwrap();
            let (sent, acknowledged) = (ledger.sent.load(SeqCst), ledger.acknowledged.load(SeqCst));
            let stored = record.status.unwrap().details.phone_number;
            let stored = if stored.is_empty() { 0 } else { stored.parse::<u64>().unwrap() };
            assert!(
                (acknowledged..=sent).contains(&stored),
                "round {round}, phone {index}: {acknowledged} was acknowledged, {sent} was sent, {stored} is there"
            );
            assert_eq!(record.device.value.admission, Admission::Enrolled);
            total += acknowledged;
        }
        assert!(total > before, "round {round}: the server took reports");
        before = total;
    }
}

/// Files in a folder and below.
fn tree(folder: &Path) -> String {
    let mut out = String::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                writeln!(out, "{}", entry.path().display()).unwrap();
            }
        }
    }
    out
}

/// T9, C39: an upload that ends half-way leaves neither an entry nor a file, whatever it had sent.
#[tokio::test]
async fn t9_an_upload_that_breaks_off_leaves_nothing() {
    let world = World::start().await;
    let firmware = world.data().join("firmware");
    let before = tree(&firmware);
    let bytes = image(Model::P430Hd, "2.2.16.704", 1_000_000);
    for cut in [0, 50, 112, 4_096, 300_000, 999_999] {
        let mut chunks =
            bytes[..cut].chunks(64 * 1024).map(Bytes::copy_from_slice).collect::<Vec<_>>().into_iter();
        let (starved, mut waiting) = watch::channel(false);
        let name = "430HD.img".parse().unwrap();
        let next = async || {
            if let Some(chunk) = chunks.next() {
                return Some(chunk);
            }
            starved.send_replace(true);
            std::future::pending().await
        };
        let admin = world.admin();
        tokio::select! {
            _ = admin.put_firmware(name, None, next) => panic!("the upload cannot end"),
            reached = waiting.wait_for(|starved| *starved) => drop(reached.unwrap()),
        }
        assert_eq!(world.get("/firmwarefiles/430HD.img").await.status, 404, "{cut}");
        assert!(world.app().snapshot().catalog.firmware_called("430HD.img").is_none());
        assert_eq!(tree(&firmware), before, "{cut}");
    }
    // What is no image of its kind is refused with nothing left either.
    let mut broken = Some(Bytes::copy_from_slice(&bytes[..100]));
    let refused =
        world.admin().put_firmware("430HD.img".parse().unwrap(), None, async || broken.take()).await;
    assert!(refused.unwrap_err().to_string().contains("430HD.img"), "a cut header");
    assert_eq!(tree(&firmware), before);
    world.stop().await;
}

/// T9, FW-03: while images replace each other, a download is one of them from its first byte to its
/// last, also where it is resumed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_downloads_never_mix_two_images() {
    const VERSIONS: [&str; 3] = ["2.2.16.701", "2.2.16.702", "2.2.16.703"];
    const LENGTH: usize = 700_000;
    let world = Arc::new(World::start().await);
    world.firmware(Model::P430Hd, VERSIONS[0], LENGTH).await;
    let images: Arc<Vec<Vec<u8>>> =
        Arc::new(VERSIONS.map(|version| image(Model::P430Hd, version, LENGTH)).into());
    let (done, stop) = watch::channel(false);
    let mut readers = JoinSet::new();
    for reader in 0..8_u8 {
        let (at, images, stop) = (world.at(Role::Web), Arc::clone(&images), stop.clone());
        readers.spawn(async move {
            let path = "/firmwarefiles/430HD.img";
            let mut resumed = 0;
            while !*stop.borrow() {
                let whole = Request::get(path).from([127, 40, 0, reader + 1]).send(at).await;
                assert!(images.contains(&whole.body), "a download is one of the images");
                // A download that broke off goes on behind byte 300,000, under the tag it began with.
                let request = Request::get(path).header("range", "bytes=300000-");
                let rest = request.header("if-range", whole.header("etag").unwrap()).send(at).await;
                match rest.status {
                    206 => assert_eq!(rest.body, whole.body[300_000..]),
                    200 => assert!(images.contains(&rest.body)),
                    other => panic!("{other}"),
                }
                resumed += usize::from(rest.status == 206);
            }
            resumed
        });
    }
    for turn in 1..12 {
        world.firmware(Model::P430Hd, VERSIONS[turn % 3], LENGTH).await;
        let served = world.get("/firmwarefiles/430HD.img").await;
        assert_eq!(served.body, images[turn % 3], "what was acknowledged is what is served");
    }
    done.send_replace(true);
    let mut resumed = 0;
    while let Some(reader) = readers.join_next().await {
        resumed += reader.unwrap();
    }
    assert!(resumed > 0, "some downloads were resumed");
    Arc::into_inner(world).unwrap().stop().await;
}
