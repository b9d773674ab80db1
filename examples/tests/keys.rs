//! Rotating the sealing key of an installation, by the program (A4).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
};

use common::{
    World, fetch, last_url, phone,
    program::{configuration_of, err, out, program, run, run_beside},
};
use ipp_core::{
    catalog::{LDAP_PASSWORD, SharedScope},
    id::UserId,
    store::{Batch, Change, Store as _, StoredRow},
    user::User,
    vault::SealFor,
};
use ipp_examples::{
    fleet::{Kind, Phone},
    server::data::{DataFolder, Hold},
};
use ipp_http::{
    entropy::OsEntropy,
    vault::{KeyFile, KeyVault},
};

const SECRET: &str = "canary-sip-9a3e";

/// An installation that was stopped.
struct Stopped {
    data: tempfile::TempDir,
    folder: tempfile::TempDir,
    /// Of the phones' private files, and what they were.
    files: Vec<(String, String)>,
}

impl Stopped {
    /// With secrets of every kind, and so many users more.
    async fn with(users: u16) -> Self {
        let world = World::start().await;
        let region = world.region("Berlin", |_| {}).await;
        world.user("system", &region, Some("system")).await;
        world.set(SharedScope::Region(region.id), "IPPhonePassword", Some("web-word")).await;
        let ldap = world.app().ports().vault.seal_value(SealFor::Named(LDAP_PASSWORD), "ldap-word").unwrap();
        world.edit_settings(|settings| settings.phones.ldap.password = Some(ldap)).await;
        world.app().initialise_provisioning().await.unwrap();
        let mut files = Vec::new();
        for index in 1..=3 {
            let mut entered = Phone::new(phone(index, Kind::Generic));
            let user = world.user(&index.to_string(), &region, Some(SECRET)).await;
            world.device(&entered, &user).await;
            assert!(entered.boot(&world.region_url(&region)).await.unwrap().registered);
            let url = last_url(&entered, &format!("{}.cfg", entered.identity().mac()));
            let text = fetch(&url).await.text().to_owned();
            assert!(text.contains(SECRET) && text.contains("web-word") && text.contains("/t/"));
            files.push((format!("/{}", url.splitn(4, '/').nth(3).unwrap()), text));
        }
        let many = (0..users).map(|number| {
            let [a, b] = number.to_be_bytes();
            let id = UserId::from_bytes([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, a, b]);
            let whose = SealFor::UserPassword(id.as_bytes());
            let password = Some(world.app().ports().vault.seal_value(whose, SECRET).unwrap());
            let name = format!("many{number}").parse().unwrap();
            Change::PutUser(Box::new(User { id, name, password, region: region.id, ..some_user() }))
        });
        let batch = Batch { changes: many.collect(), ..Batch::default() };
        world.app().store().commit(batch).await.unwrap();
        Self { data: world.end().await, folder: tempfile::tempdir().unwrap(), files }
    }

    fn config(&self) -> PathBuf {
        configuration_of(self.data.path(), self.folder.path())
    }

    fn key(&self, arguments: &[&str]) -> Output {
        let config = self.config();
        run(&[&["key"], arguments, &["--config", config.to_str().unwrap()]].concat())
    }

    fn key_file(&self) -> PathBuf {
        self.data.path().join("keys")
    }

    fn keys(&self) -> KeyFile {
        KeyFile::parse(&fs::read_to_string(self.key_file()).unwrap()).unwrap()
    }

    async fn rows(&self) -> Vec<StoredRow> {
        let folder = DataFolder::existing(self.data.path(), Arc::new(OsEntropy), Hold::Shared).unwrap();
        let mut dump = folder.dump().await.unwrap();
        let mut rows = Vec::new();
        loop {
            let piece = dump.next().await.unwrap();
            if piece.is_empty() {
                return rows;
            }
            rows.extend(piece);
        }
    }

    /// Nothing is sealed under anything but the current key, and everything opens.
    async fn check_sealed(&self) -> usize {
        let keys = self.keys();
        let vault = KeyVault::new(&keys, Arc::new(OsEntropy));
        let mut values = 0;
        for mut row in self.rows().await {
            let shown = row.kind();
            row.each_sealed(|whose, sealed| {
                assert_eq!(KeyVault::key_of(sealed), Some(keys.current()), "{shown}");
                values += 1;
                ipp_core::vault::Vault::open(&vault, whose, sealed).map(drop)
            })
            .unwrap();
        }
        values
    }

    /// Phones get what they got before.
    async fn check_files(self) -> Self {
        let world = World::on(self.data).await;
        for (path, text) in &self.files {
            assert_eq!(world.get(path).await.text(), text);
        }
        Self { data: world.end().await, ..self }
    }
}

fn some_user() -> User {
    User {
        id: UserId::from_bytes([0; 16]),
        name: "nobody".parse().unwrap(),
        display_name: ipp_core::text::Label::EMPTY,
        region: ipp_core::id::RegionId::from_bytes([0; 16]),
        password: None,
        origin: ipp_core::user::UserOrigin::Administrator,
    }
}

/// The ids in what `key list` says.
fn listed(output: &Output) -> Vec<(String, String, u64)> {
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap())
    };
    out(output).lines().map(row).collect()
}

/// A4: after a rotation nothing needs the former key; then it can go, and phones notice nothing. What
/// was backed up before needs it still.
#[tokio::test(flavor = "multi_thread")]
async fn a4_a_key_is_replaced_and_dropped() {
    let stopped = Stopped::with(10).await;
    let backup = stopped.folder.path().join("before.ipp");
    let config = stopped.config();
    let made = run(&["backup", "--to", backup.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert!(made.status.success(), "{}", err(&made));
    let old_keys = stopped.folder.path().join("old-keys");
    fs::copy(stopped.key_file(), &old_keys).unwrap();
    let former = stopped.keys().current().to_string();
    let before = listed(&stopped.key(&["list"]));
    assert_eq!(before.len(), 1);
    assert_eq!((&before[0].0, &*before[0].1), (&former, "current"));

    let early = stopped.key(&["drop", &former]);
    assert!(err(&early).contains("is the current one; rotate first"), "{}", err(&early));
    let rotated = stopped.key(&["rotate"]);
    assert!(rotated.status.success(), "{}", err(&rotated));
    let current = stopped.keys().current().to_string();
    assert_ne!(current, former);
    assert!(out(&rotated).contains(&format!("The new sealing key is {current}")), "{}", out(&rotated));
    assert!(out(&rotated).contains("Nothing here is sealed under a former key any more"));
    assert_eq!(stopped.check_sealed().await as u64, before[0].2);
    let now = listed(&stopped.key(&["list"]));
    let expected = [(current, "current".to_owned(), before[0].2), (former.clone(), "former".to_owned(), 0)];
    assert_eq!(now, expected);
    // Sealed values begin with the id of their key; none is anywhere, not even where nobody looks.
    let id: Vec<u8> =
        (0..16).step_by(2).map(|at| u8::from_str_radix(&former[at..at + 2], 16).unwrap()).collect();
    let beginning =
        serde_json::to_string(&ipp_core::vault::Sealed::from_bytes([&[1], &*id].concat())).unwrap();
    for row in stopped.rows().await {
        let text = serde_json::to_string(&row).unwrap();
        assert!(!text.contains(beginning.trim_matches('"')), "{text}");
    }

    let stopped = stopped.check_files().await;
    let unknown = stopped.key(&["drop", "0123456789abcdef"]);
    assert!(err(&unknown).contains("there is no key 0123456789abcdef"), "{}", err(&unknown));
    let dropped = stopped.key(&["drop", &former]);
    assert!(dropped.status.success(), "{}", err(&dropped));
    assert_eq!(stopped.keys().former().count(), 0);
    let stopped = stopped.check_files().await;
    let verified = run(&["audit", "verify", "--config", config.to_str().unwrap()]);
    assert!(verified.status.success(), "{}", err(&verified));
    let said: Vec<(String, String)> = stopped
        .rows()
        .await
        .into_iter()
        .filter_map(|row| if let StoredRow::Audit(record) = row { Some(record.entry) } else { None })
        .filter(|entry| entry.actor == "command line")
        .map(|entry| (entry.action, entry.subject))
        .collect();
    let subject = |id: &str| format!("sealing key {id}");
    let expected =
        [("key.rotate".to_owned(), subject(&expected[0].0)), ("key.drop".to_owned(), subject(&former))];
    assert_eq!(said, expected);

    restore_of_before(&stopped, &backup, &old_keys);
}

fn restore_of_before(stopped: &Stopped, backup: &Path, old_keys: &Path) {
    let data = stopped.folder.path().join("restored");
    let config = configuration_of(&data, stopped.folder.path());
    let restore = |keys: &Path| {
        let (from, keys) = (backup.to_str().unwrap(), keys.to_str().unwrap());
        run(&["restore", "--from", from, "--keys", keys, "--config", config.to_str().unwrap()])
    };
    let refused = restore(&stopped.key_file());
    assert!(err(&refused).contains("are sealed under the key"), "{}", err(&refused));
    let restored = restore(old_keys);
    assert!(restored.status.success(), "{}", err(&restored));
}

/// A server that works would go on sealing under the key that it knows, so it has to be stopped.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_not_changed_under_a_server_that_works() {
    let stopped = Stopped::with(0).await;
    let keys = fs::read(stopped.key_file()).unwrap();
    let world = World::on(stopped.data).await;
    let config = configuration_of(world.data(), stopped.folder.path());
    for command in [&["key", "rotate"][..], &["key", "drop", "0123456789abcdef"]] {
        let refused = run_beside(&[command, &["--config", config.to_str().unwrap()]].concat()).await;
        assert_eq!(refused.status.code(), Some(1));
        assert!(err(&refused).contains("is in use: stop the server"), "{}", err(&refused));
    }
    let listed = run_beside(&["key", "list", "--config", config.to_str().unwrap()]).await;
    assert!(listed.status.success(), "{}", err(&listed));
    assert_eq!(fs::read(world.data().join("keys")).unwrap(), keys);
    world.stop().await;
}

/// A4: killed in its midst, a rotation is finished by the next call, under the key that it began with.
#[tokio::test(flavor = "multi_thread")]
async fn a4_a_rotation_that_is_killed_is_finished_by_the_next() {
    let mut stopped = Stopped::with(4_000).await;
    let mut finished = 0;
    for _ in 0..4 {
        let former = fs::read(stopped.key_file()).unwrap();
        let config = stopped.config();
        let mut rotating = program(&["key", "rotate", "--config", config.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From when the new key is there, or the whole is over.
        while fs::read(stopped.key_file()).unwrap() == former && rotating.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        rotating.kill().unwrap();
        rotating.wait().unwrap();
        let begun = stopped.keys().current();
        let rest = stopped.key(&["rotate"]);
        assert!(rest.status.success(), "{}", err(&rest));
        if out(&rest).contains("which was interrupted") {
            finished += 1;
            assert_eq!(stopped.keys().current(), begun, "no third key");
        }
        assert!(stopped.check_sealed().await > 4_000);
        stopped = stopped.check_files().await;
    }
    assert!(finished > 0, "no rotation was interrupted");
}
