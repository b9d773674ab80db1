//! Two servers on one PostgreSQL carry out jobs over 500 phones while they are killed, stopped and paused.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    fs,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    path::{Path, PathBuf},
    time::Duration,
};

use common::{
    World, mac, phone,
    program::{Serving, configuration},
};
use ipp_core::{
    access::Caller,
    app::{App, admin::device_bulk::Selection, admin::jobs::NewJob},
    id::JobId,
    job::{ItemState, Job, JobAction, JobItem, JobState, Pace},
    mac::Mac,
    outbound::{CommandTable, RestartKind},
    settings::Scheme,
    store::{AnyStore, DeviceFilter, JobItems, Page, Store as _},
};
use ipp_examples::{
    demo::{self, phones_on_this_machine},
    fleet::{Command, Kind, Manner, Phone, RestOptions, SignIn, User},
    server,
};
use ipp_store_postgres::cluster::Cluster;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

/// How many phones there are.
const PHONES: u32 = 500;

/// How many are restarted at once.
const BATCH: u16 = 50;

/// How many seconds a job waits for another node.
const LEASE: u64 = 10;

/// How often a job is carried out; `make endurance` says more.
#[expect(clippy::disallowed_methods, reason = "a test that takes its length from outside")]
fn runs() -> u32 {
    std::env::var("IPP_RUNS").map_or(3, |runs| runs.parse().unwrap())
}

/// What happens to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    /// It dies on the spot, and another takes its place.
    Kill,
    /// It is asked to end, and another takes its place.
    Stop,
    /// It is held for longer than its lease, and goes on.
    Pause,
}

/// A server as a process, on a data folder of its own.
struct Node {
    config: PathBuf,
    serving: Serving,
    _folder: tempfile::TempDir,
}

impl Node {
    fn start(keys: &Path, database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::copy(keys, folder.path().join("data/keys")).unwrap();
        let more = format!(
            "database = \"{database}\"\nphones_on_this_machine = true\njob_lease = {LEASE}\n[ports]\n\
             web = {{ port = 0, tls = false }}\nweb_tls = {{ port = 0, tls = true, enabled = false }}\n\
             reports = {{ port = 0, tls = false }}\nreports_tls = {{ port = 0, tls = true, enabled = false }}\n"
        );
        let config = configuration(folder.path(), &more);
        let serving = Self::serve(&config);
        Self { config, serving, _folder: folder }
    }

    fn serve(config: &Path) -> Serving {
        let serving = Serving::start(config, 3);
        assert_eq!(serving.printed.len(), 3, "{:?}", serving.printed);
        serving
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.serving.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    async fn suffer(&mut self, blow: Blow) {
        match blow {
            Blow::Kill => self.signal(Signal::KILL),
            Blow::Stop => self.signal(Signal::TERM),
            Blow::Pause => {
                self.signal(Signal::STOP);
                tokio::time::sleep(Duration::from_secs(LEASE + 2)).await;
                return self.signal(Signal::CONT);
            }
        }
        self.serving.child.wait().unwrap();
        self.serving = Self::serve(&self.config);
    }
}

/// Phones that are registered and listen, each at an address of its own.
async fn fleet(world: &World) -> Vec<Phone> {
    let region = world.region("Berlin", |_| {}).await;
    let url = world.region_url(&region);
    // Below the ports that the system gives to connections, so that none of them is in the way.
    let port = 10_000 + u16::try_from(std::process::id() % 20_000).unwrap();
    let manner = Manner::Slow(Duration::from_millis(1_200));
    let rest = RestOptions { port, manner, ..RestOptions::default() };
    let mut phones = Vec::new();
    let mut booting = JoinSet::new();
    for number in 1..=PHONES {
        let (url, rest) = (url.clone(), rest.clone());
        booting.spawn(async move {
            let sign_in = SignIn::AtPhone(User::numbered(number.into()));
            let mut one = Phone::new(phone(number, Kind::Generic).sign_in(sign_in));
            assert!(one.boot(&url).await.unwrap().registered);
            one.listen(&rest).await.unwrap();
            one
        });
        if booting.len() >= 16 {
            phones.push(booting.join_next().await.unwrap().unwrap());
        }
    }
    while let Some(one) = booting.join_next().await {
        phones.push(one.unwrap());
    }
    let mut families = CommandTable::default().families().to_vec();
    (families[0].scheme, families[0].port) = (Scheme::Http, port);
    let table = CommandTable::new(families).unwrap();
    world.edit_settings(|settings| settings.commands.table = table).await;
    phones
}

/// Begins a job that restarts all phones, as fast as servers can.
async fn begin(app: &App<AnyStore>) -> JobId {
    let admin = app.admin(Caller::host("operator"));
    let pace = Pace { batch: BATCH.try_into().unwrap(), pause: 0.try_into().unwrap() };
    let new = NewJob {
        action: JobAction::Restart(RestartKind::Graceful),
        phones: Selection::Filter(Box::new(DeviceFilter::all())),
        pace: Some(pace),
        starts_at: None,
    };
    admin.begin_job(new).await.unwrap().id
}

/// The job once it is over, whatever happens to the servers meanwhile; and how often something did.
async fn through(app: &App<AnyStore>, id: JobId, nodes: &mut [Node; 2], first: Blow) -> (Job, u64) {
    // Where a blow falls is chance: that is the point.
    let mut chance = RandomState::new().build_hasher();
    let mut blows = 0_u64;
    loop {
        chance.write_u64(blows);
        let number = chance.finish();
        tokio::time::sleep(Duration::from_millis(500 + number % 2_000)).await;
        let job = app.store().job(id).await.unwrap().unwrap();
        if job.state == JobState::Finished {
            return (job, blows);
        }
        if blows < 3 {
            let then = [Blow::Kill, Blow::Stop][usize::from(number & 4 == 0)];
            nodes[usize::from(number & 8 == 0)].suffer(if blows == 0 { first } else { then }).await;
            blows += 1;
        }
    }
}

async fn items(app: &App<AnyStore>, job: JobId) -> Vec<JobItem> {
    app.store().job_items(JobItems { job, state: None }, Page::first(PHONES)).await.unwrap()
}

fn restarts(phone: &Phone) -> usize {
    phone.ledger().count(|command| matches!(command, Command::Restart(_)))
}

/// C21, C22, C23: whatever happens to two servers, no phone gets a restart twice, the job ends, and at most one
/// batch for each blow is in doubt; what is told of the others is what the phones saw.
#[tokio::test(flavor = "multi_thread")]
async fn c21_no_phone_restarts_twice_while_servers_die() {
    let cluster = Cluster::shared().unwrap_or_else(|error| panic!("{error}"));
    let database = cluster.database("failover").unwrap_or_else(|error| panic!("{error}"));
    let world = World::with(|config| config.database = Some(database.clone())).await;
    let phones = fleet(&world).await;
    let data = world.end().await;
    // Whoever looks on has an engine that nobody drives.
    let mut watching = demo::configuration(data.path());
    watching.database = Some(database.clone());
    let (ipp, _folder) = server::open(&watching, phones_on_this_machine()).await.unwrap();
    let app = ipp.app();
    let keys = data.path().join("keys");
    let mut nodes = [Node::start(&keys, &database), Node::start(&keys, &database)];

    for run in 0..runs() {
        let before: Vec<usize> = phones.iter().map(restarts).collect();
        let id = begin(app).await;
        let first = [Blow::Kill, Blow::Pause, Blow::Stop][run as usize % 3];
        let ends = through(app, id, &mut nodes, first);
        let (job, blows) = tokio::time::timeout(Duration::from_mins(4), ends).await.unwrap();

        let what = format!("run {run}, first {first:?}, {blows} blows, {:?}", job.counts);
        println!("{what}");
        let came = |at: usize| restarts(&phones[at]) - before[at];
        let of: std::collections::HashMap<Mac, usize> =
            phones.iter().enumerate().map(|(at, phone)| (mac(phone), came(at))).collect();
        assert!(of.values().all(|came| *came <= 1), "{what}: a phone was restarted twice");
        assert_eq!(job.counts.accepted + job.counts.unknown, u64::from(PHONES), "{what}");
        assert!(job.counts.unknown <= blows * u64::from(BATCH), "{what}");
        for item in items(app, id).await {
            assert!(item.state == ItemState::Unknown || of[&item.mac] == 1, "{what}: {item:?}");
        }
    }
}
