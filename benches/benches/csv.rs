//! Importing 10,000 users with a phone each, against the raw limit of the same reader and database.
//!
//! The peer reads the file with the same CSV crate and writes its cells into two tables with the keys and
//! indexes that users and devices need, in one transaction with the journal, sync and cache of the store.
//! It checks nothing, seals nothing, counts nothing and keeps no log.
//!
//! The goal of three times the peer is out of reach for a reason of principle, which the second row shows:
//! it writes by hand, one statement for each table, the very rows that an import leaves, and seals as many
//! secrets, and neither reads nor decides anything. Lists of any size come from indexes and from a table that
//! is kept beside the devices, so that a user and a device are 25 entries in trees instead of the peer's
//! seven; and each has a secret of its own that is sealed and fingerprinted. What the import adds to that
//! floor is the third row over the second.

use std::{fmt::Write as _, path::Path, sync::Arc, time::Duration};

use ipp_benches::{Subject, compare};
use ipp_core::{
    access::Caller,
    app::{App, AppOptions, Ports, admin::csv::ImportOptions, admin::set_up::Reachable},
    blob::MemoryBlobs,
    host::Host,
    outbound::MemoryPhoneClient,
    settings::Scheme,
    vault::{SealFor, Vault as _},
};
use ipp_http::{
    clock::SystemClock,
    entropy::OsEntropy,
    vault::{KeyFile, KeyVault},
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

const ROWS: u32 = 10_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let file = file();
    let bare = || {
        let folder = tempfile::tempdir();
        let taken = folder.map_err(Failure::from).and_then(|folder| write(folder.path(), &file));
        assert!(taken.is_ok(), "{taken:?}");
        taken.unwrap_or_default() / ROWS
    };
    // Each round has an installation of its own, so that every row makes a user and a device.
    let import = || {
        let taken = runtime.block_on(async {
            let folder = tempfile::tempdir()?;
            let app = installation(&folder.path().join("ipp.sqlite")).await?;
            let admin = app.admin(Caller::host("bench"));
            let began = Instant::now();
            let report = admin.import_csv(file.as_bytes(), &ImportOptions::default()).await?;
            let taken = began.elapsed();
            assert_eq!(report.devices_created, ROWS as usize);
            Ok::<_, Failure>(taken)
        });
        assert!(taken.is_ok(), "{taken:?}");
        taken.unwrap_or_default() / ROWS
    };
    let (folder, same) = (tempfile::tempdir()?, ImportOptions::default());
    let app = runtime.block_on(installation(&folder.path().join("ipp.sqlite")))?;
    runtime.block_on(app.admin(Caller::host("bench")).import_csv(file.as_bytes(), &same))?;
    let (first, vault) = (folder.path().join("ipp.sqlite"), vault()?);
    let by_hand = || {
        let taken = tempfile::tempdir().map_err(Failure::from).and_then(|folder| {
            let empty = folder.path().join("ipp.sqlite");
            drop(runtime.block_on(installation(&empty))?);
            let began = Instant::now();
            seal(&vault)?;
            Ok(began.elapsed() + copy(&first, &empty)?)
        });
        assert!(taken.is_ok(), "{taken:?}");
        taken.unwrap_or_default() / ROWS
    };
    let again = || {
        let began = Instant::now();
        let report = runtime.block_on(app.admin(Caller::host("bench")).import_csv(file.as_bytes(), &same));
        assert!(report.is_ok_and(|report| report.devices_updated == 0));
        began.elapsed() / ROWS
    };
    compare(
        "import 10,000 users with a phone each (time of one row)",
        9,
        &mut [
            Subject::new("the CSV crate into two bare tables, one transaction", bare),
            Subject::new("the rows of an import by hand, two secrets sealed for each", by_hand),
            Subject::new("import: read, compare, seal, count, note", import),
            Subject::new("the same file once more: nothing to do", again),
        ],
    );
    Ok(())
}

fn file() -> String {
    let mut file = "Name,Password,Display Name,Region,Device 1 Display Name,Device 1 MAC Address,Device 1 IP Phone Model"
        .to_owned();
    for row in 0..ROWS {
        let (user, mac) = (100_000 + row, 0x0090_8f00_0000_u64 + u64::from(row));
        let _ = write!(file, "\r\n{user},pass{row},User {user},Berlin,Phone {row},{mac:012x},430HD");
    }
    file
}

/// Those of the store.
const PRAGMAS: &str = "
    PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = memory; PRAGMA cache_size = -16384";
const SET_UP: &str = "
    CREATE TABLE user (id BLOB PRIMARY KEY, name TEXT UNIQUE, password TEXT, display TEXT, region TEXT) STRICT;
    CREATE TABLE device (id BLOB PRIMARY KEY, mac TEXT UNIQUE, user BLOB, display TEXT, model TEXT) STRICT;
    CREATE INDEX device_user ON device (user)";

fn write(folder: &Path, file: &str) -> Result<Duration, Failure> {
    let mut conn = rusqlite::Connection::open(folder.join("bare.sqlite"))?;
    conn.execute_batch(PRAGMAS)?;
    conn.execute_batch(SET_UP)?;
    let began = Instant::now();
    let transaction = conn.transaction()?;
    {
        let mut user = transaction.prepare("INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut device = transaction.prepare("INSERT INTO device VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (row, record) in (0_u128..).zip(csv::Reader::from_reader(file.as_bytes()).records()) {
            let (record, id) = (record?, row.to_be_bytes());
            let cell = |at| record.get(at).unwrap_or_default();
            user.execute((id, cell(0), cell(1), cell(2), cell(3)))?;
            device.execute((id, cell(5), id, cell(4), cell(6)))?;
        }
    }
    transaction.commit()?;
    Ok(began.elapsed())
}

/// The tables that an import writes to, those first that others refer to.
const TABLES: [&str; 5] = ["phone_user", "device", "device_change", "device_count", "audit"];

/// Writes what is in one installation into another that has nothing but its set-up; triggers keep the rest.
fn copy(from: &Path, into: &Path) -> Result<Duration, Failure> {
    let mut conn = rusqlite::Connection::open(into)?;
    conn.execute_batch(PRAGMAS)?;
    conn.execute_batch("PRAGMA foreign_keys = on; DELETE FROM audit; DELETE FROM region")?;
    conn.execute("ATTACH ?1 AS done", [from.to_string_lossy()])?;
    conn.execute_batch("INSERT INTO region SELECT * FROM done.region")?;
    let began = Instant::now();
    let transaction = conn.transaction()?;
    for table in TABLES {
        transaction.execute(&format!("INSERT INTO {table} SELECT * FROM done.{table} ORDER BY 1"), [])?;
    }
    transaction.commit()?;
    Ok(began.elapsed())
}

fn seal(vault: &KeyVault) -> Result<(), Failure> {
    for row in 0..u128::from(ROWS) {
        let id = row.to_be_bytes();
        vault.seal_value(SealFor::UserPassword(&id), "pass1234")?;
        vault.seal_value(SealFor::DevicePassword(&id), "0123456789abcdefghijkl")?;
    }
    Ok(())
}

fn vault() -> Result<KeyVault, Failure> {
    let entropy = Arc::new(OsEntropy::check()?);
    Ok(KeyVault::new(&KeyFile::generate(&*entropy), entropy))
}

async fn installation(file: &Path) -> Result<App<SqliteStore>, Failure> {
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(OsEntropy::check()?),
        vault: Arc::new(vault()?),
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(ipp_core::passwords::PlainPasswords),
        phones: Arc::new(MemoryPhoneClient::default()),
        host: Host::default(),
    };
    let app = App::open(SqliteStore::open(&SqliteOptions::at(file))?, ports, AppOptions::default()).await?;
    let reachable = Reachable {
        address: "10.0.0.1".parse()?,
        http_port: 80,
        https_port: 443,
        rest_http_port: 8080,
        rest_https_port: 8081,
        scheme: Scheme::Http,
    };
    app.set_up(&reachable).await?;
    app.admin(Caller::host("bench")).create_region("Berlin".parse()?, |_| {}).await?;
    Ok(app)
}
