//! A backup of a server that works, restored elsewhere: every phone gets the same files (T30, A30).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use common::{
    World, fetch, last_url, phone,
    program::{configuration_of, err, out, run, run_beside},
    wire::Answer,
};
use ipp_core::{
    access::Caller,
    app::Ports,
    blob::{Blobs, MemoryBlobs},
    catalog::SharedScope,
    host::Host,
    outbound::MemoryPhoneClient,
    region::Region,
    store::{AuditFilter, MemoryStore, Order, Page, Store as _, StoredRow},
};
use ipp_examples::{
    fleet::{Kind, Model, Phone, SignIn, User},
    server::{
        config::Role,
        data::{DataFolder, Hold},
    },
};
use ipp_http::{
    Ipp, archive,
    clock::SystemClock,
    entropy::OsEntropy,
    listener::{self, ConnectionLimits},
    passwords::Argon2Passwords,
};
use tokio::sync::watch;

const SECRET: &str = "canary-sip-4c01";

/// What a server answers under the paths of every phone's files.
type Files = BTreeMap<String, (u16, Option<String>, Vec<u8>)>;

async fn files(at: &str, paths: &[String]) -> Files {
    let mut files = Files::new();
    for path in paths {
        let answer: Answer = fetch(&format!("http://{at}{path}")).await;
        let tag = answer.header("etag").map(str::to_owned);
        files.insert(path.clone(), (answer.status, tag, answer.body));
    }
    files
}

/// The paths that a phone fetched last, by what they are for.
fn paths_of(phone: &Phone) -> Vec<String> {
    [format!("{}.cfg", phone.identity().mac()), "global_GENERIC.cfg".to_owned()]
        .iter()
        .map(|ending| format!("/{}", last_url(phone, ending).splitn(4, '/').nth(3).unwrap()))
        .collect()
}

/// An installation with phones, secrets, firmware and everything else that a backup has to hold.
async fn installation() -> (World, Region, Vec<Phone>) {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    world.firmware(Model::P430Hd, "2.2.16.704", 700_001).await;
    world.firmware(Model::P420Hd, "2.2.16.705", 4_000).await;
    world.set(SharedScope::Region(region.id), "IPPhonePassword", Some("canary-web-77")).await;
    world.app().initialise_provisioning().await.unwrap();
    let mut phones = Vec::new();
    for index in 1..=8 {
        let mut phone = if index % 4 == 0 {
            Phone::new(
                phone(index, Kind::Generic)
                    .sign_in(SignIn::AtPhone(User::numbered(9_000 + u64::from(index)))),
            )
        } else {
            let entered = Phone::new(phone(index, Kind::Generic));
            let user = world.user(&index.to_string(), &region, Some(SECRET)).await;
            world.device(&entered, &user).await;
            entered
        };
        assert!(phone.boot(&world.region_url(&region)).await.unwrap().registered);
        phones.push(phone);
    }
    (world, region, phones)
}

struct Backup {
    folder: tempfile::TempDir,
}

impl Backup {
    /// Of the server that works, by the program.
    async fn of(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = configuration_of(world.data(), folder.path());
        let backup = Self { folder };
        let file = backup.file();
        let (config, to) = (config.to_str().unwrap(), file.to_str().unwrap());
        let made = run_beside(&["backup", "--to", to, "--config", config]).await;
        assert!(made.status.success(), "{}", err(&made));
        let said = out(&made);
        assert!(said.contains(to) && said.contains(" rows, 2 firmware images, "), "{said}");
        assert!(said.contains("The keys are not in it"), "{said}");
        fs::copy(world.data().join("keys"), backup.keys()).unwrap();
        backup
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("backup.ipp")
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// Restores a file into a folder, by the program.
    fn restore(&self, from: &Path, data: &Path, keys: Option<&Path>) -> std::process::Output {
        let config = configuration_of(data, self.folder.path());
        let mut arguments = vec!["restore", "--from", from.to_str().unwrap()];
        arguments.extend(["--config", config.to_str().unwrap()]);
        if let Some(keys) = keys {
            arguments.extend(["--keys", keys.to_str().unwrap()]);
        }
        run(&arguments)
    }
}

/// T30: made while phones report and administrators work, restored to an empty host: one consistent
/// state, and every published file is the same, byte for byte and tag for tag; by another kind of
/// store too.
#[tokio::test(flavor = "multi_thread")]
async fn t30_a_backup_under_load_restores_to_the_same_files() {
    let (world, region, mut phones) = installation().await;
    let paths: Vec<String> =
        phones.iter().flat_map(paths_of).chain(["/firmwarefiles/430HD.img".to_owned()]).collect();
    let before = files(&world.at(Role::Web).to_string(), &paths).await;
    assert!(before.values().all(|(status, _, body)| *status == 200 && !body.is_empty()));
    let private = before.values().filter(|(_, _, body)| String::from_utf8_lossy(body).contains(SECRET));
    assert_eq!(private.count(), 6);

    let done = Arc::new(AtomicBool::new(false));
    let load = {
        let (ipp, done, region) = (world.server.ipp.clone(), Arc::clone(&done), region.clone());
        tokio::spawn(async move {
            let admin = ipp.app().admin(Caller::host("test"));
            let mut made = 0;
            while !done.load(SeqCst) {
                let new = ipp_core::app::admin::users::NewUser {
                    name: format!("load{made}").parse().unwrap(),
                    display_name: ipp_core::text::Label::EMPTY,
                    region: region.id,
                    password: Some(SECRET.into()),
                };
                admin.create_user(new).await.unwrap();
                made += 1;
            }
            made
        })
    };
    let reports = {
        let done = Arc::clone(&done);
        tokio::spawn(async move {
            while !done.load(SeqCst) {
                for phone in &mut phones {
                    assert_eq!(phone.keep_alive().await.unwrap().status, 200);
                }
            }
        })
    };
    while !world.users().await.iter().any(|user| user.name.as_str() == "load5") {
        tokio::task::yield_now().await;
    }
    let backup = Backup::of(&world).await;
    done.store(true, SeqCst);
    let made: u32 = load.await.unwrap();
    reports.await.unwrap();

    let data = tempfile::tempdir().unwrap();
    let restored = backup.restore(&backup.file(), data.path(), Some(&backup.keys()));
    assert!(restored.status.success(), "{}", err(&restored));
    assert!(out(&restored).contains("log in again"), "{}", out(&restored));
    let other = World::on(data).await;
    assert!(other.server.first_password.is_none(), "the accounts are those of the backup");
    assert_eq!(files(&other.at(Role::Web).to_string(), &paths).await, before);

    let names: Vec<String> = other.users().await.into_iter().map(|user| user.name.to_string()).collect();
    let loaded = (0..made).take_while(|number| names.contains(&format!("load{number}"))).count();
    assert!(loaded >= 6, "what was acknowledged before is there: {loaded} of {made}");
    assert_eq!(names.iter().filter(|name| name.starts_with("load")).count(), loaded, "none out of its turn");
    let latest = Page { after: None, limit: 1 };
    let audit = other.app().store().audit(&AuditFilter::all(), Order::Descending, latest).await.unwrap();
    let entry = &audit.first().unwrap().entry;
    assert_eq!((&*entry.actor, &*entry.action), ("command line", "backup.restore"));
    let config = configuration_of(other.data(), backup.folder.path());
    let verified = run_beside(&["audit", "verify", "--config", config.to_str().unwrap()]).await;
    assert!(out(&verified).contains("each follows from the one before"), "{}", err(&verified));
    world.generate().await;
    let still = files(&other.at(Role::Web).to_string(), &paths).await;
    assert_eq!(still, before, "the two have nothing to do with each other");

    assert_eq!(from_memory(&backup, &paths).await, before, "by another kind of store");
    other.stop().await;
    world.stop().await;
}

/// The same files by an engine over a store in memory, filled from a backup.
async fn from_memory(backup: &Backup, paths: &[String]) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let entropy = Arc::new(OsEntropy);
    let keys = DataFolder::for_backup(folder.path(), Some(&backup.keys()), entropy.clone()).unwrap();
    let (store, blobs) = (MemoryStore::default(), Arc::new(MemoryBlobs::default()));
    let file = File::open(backup.file()).unwrap();
    archive::restore(file, &store, &*blobs).await.unwrap();
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy,
        vault: keys.vault(),
        blobs: Arc::clone(&blobs) as Arc<dyn Blobs>,
        passwords: Arc::new(Argon2Passwords::default()),
        phones: Arc::new(MemoryPhoneClient::default()),
        host: Host::default(),
    };
    let ipp = Ipp::builder(store, ports).build().await.unwrap();
    let (stop, stopping) = watch::channel(false);
    let socket = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let limits = ConnectionLimits::default();
    let serving = tokio::spawn(listener::serve(socket, None, ipp.web_service(false), limits, stopping));
    let files = files(&address.to_string(), paths).await;
    stop.send(true).unwrap();
    serving.await.unwrap();
    files
}

/// A30, T22: a stolen backup tells no secret, and not the keys either.
#[tokio::test(flavor = "multi_thread")]
async fn a30_a_backup_holds_sealed_secrets_and_no_key() {
    let (world, _, _) = installation().await;
    let backup = Backup::of(&world).await;
    let bytes = fs::read(backup.file()).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"IPPhonePassword"), "the archive is plain text");
    assert!(!holds(b"canary"), "no secret");
    let keys = fs::read_to_string(backup.keys()).unwrap();
    let keys: Vec<&str> = keys.lines().filter_map(|line| line.split_once(' ')).map(|(_, key)| key).collect();
    assert!(keys.iter().filter(|key| key.len() == 44).count() == 2, "{}", keys.len());
    for key in keys.iter().filter(|key| key.len() == 44) {
        assert!(!holds(key.trim_end_matches('=').as_bytes()), "no key");
    }
    world.stop().await;
}

/// T30, A30: what cannot be restored whole is refused with its place, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn t30_what_cannot_be_restored_whole_leaves_nothing() {
    let (world, _, _) = installation().await;
    let backup = Backup::of(&world).await;
    let folder = backup.folder.path();
    let fresh = || {
        let data = folder.join("fresh");
        let _ = fs::remove_dir_all(&data);
        data
    };
    let refused = |from: &Path, keys: Option<&Path>, words: &str| {
        let data = fresh();
        let output = backup.restore(from, &data, keys);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains(words), "{words}: {}", err(&output));
        for name in ["ipp.sqlite", "keys", "firmware"] {
            assert!(!data.join(name).exists(), "{words}: there is {name}");
        }
    };
    let keys = backup.keys();
    refused(&folder.join("nowhere"), Some(&keys), "No such file");
    refused(&backup.keys(), Some(&keys), "this is no backup");
    let whole = fs::read(backup.file()).unwrap();
    let bad = folder.join("bad.ipp");
    let write = |bytes: &[u8]| fs::write(&bad, bytes).unwrap();
    write(&whole[..whole.len() / 2]);
    refused(&bad, Some(&keys), "it was cut off");
    let mut altered = whole.clone();
    let at = altered.windows(8).position(|window| window == b"\"Berlin\"").unwrap();
    altered[at + 1] = b'M';
    write(&altered);
    refused(&bad, Some(&keys), "the backup was altered");
    let in_image = whole.windows(7).rposition(|window| window == b"\"blob\":").unwrap() + 2_000;
    altered.clone_from(&whole);
    altered[in_image] ^= 1;
    write(&altered);
    refused(&bad, Some(&keys), "is not what its hash says");
    let text = String::from_utf8_lossy(&whole).replacen("\"version\":1", "\"version\":7", 1);
    write(text.as_bytes());
    refused(&bad, Some(&keys), "the backup has format 7");

    refused(&backup.file(), None, "a backup does not hold the keys");
    let others = tempfile::tempdir().unwrap();
    drop(DataFolder::open(others.path(), Arc::new(OsEntropy)).unwrap());
    refused(&backup.file(), Some(&others.path().join("keys")), "are those of another installation");
    // The right fingerprint key with another sealing key.
    let own = fs::read_to_string(&keys).unwrap();
    let fingerprint = own.lines().find(|line| line.starts_with("fingerprint ")).unwrap();
    let foreign = fs::read_to_string(others.path().join("keys")).unwrap();
    let seal = foreign.lines().find(|line| line.starts_with("seal ")).unwrap();
    let mixed = folder.join("mixed");
    fs::write(&mixed, format!("{seal}\n{fingerprint}\n")).unwrap();
    refused(&backup.file(), Some(&mixed), "secrets in the backup are sealed under the key ");

    let used = backup.restore(&backup.file(), world.data(), None);
    assert!(err(&used).contains("is in use: stop the server"), "{}", err(&used));
    let data = world.end().await;
    let used = backup.restore(&backup.file(), data.path(), None);
    assert!(err(&used).contains("the store is not empty"), "{}", err(&used));
    let restored = fresh();
    fs::create_dir(&restored).unwrap();
    fs::copy(&keys, restored.join("keys")).unwrap();
    let output = backup.restore(&backup.file(), &restored, None);
    assert!(output.status.success(), "the keys may be there already: {}", err(&output));
    let again = DataFolder::existing(&restored, Arc::new(OsEntropy), Hold::Shared).unwrap();
    let kept = again.store().await.unwrap();
    let mut dump = kept.dump().await.unwrap();
    assert!(matches!(dump.next().await.unwrap().first(), Some(StoredRow::Catalog(_))));
}

/// A backup of what is not there, or to where it cannot be, leaves nothing behind.
#[test]
fn a_backup_that_fails_leaves_the_former_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration_of(&folder.path().join("data"), folder.path());
    let to = folder.path().join("backup.ipp");
    fs::write(&to, b"former").unwrap();
    let made = run(&["backup", "--to", to.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(made.status.code(), Some(1));
    assert!(err(&made).contains("there is no database for"), "{}", err(&made));
    assert_eq!(fs::read(&to).unwrap(), b"former");
    assert!(!folder.path().join("data").exists());
}
