//! Publishing 10,000 phones, against the raw limit of the same database.

use std::sync::Arc;

use ipp_benches::{Subject, compare};
use ipp_core::{
    access::Caller,
    app::{
        App, AppOptions, Ports,
        admin::{devices::NewDevice, set_up::Reachable, users::NewUser},
    },
    blob::MemoryBlobs,
    catalog::SharedScope,
    settings::Scheme,
    store::DeviceFilter,
};
use ipp_http::{
    clock::SystemClock,
    entropy::OsEntropy,
    vault::{KeyFile, KeyVault},
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

const PHONES: u32 = 10_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let app = runtime.block_on(fleet(folder.path()))?;
    let mut edit = 0;
    let mut raw = rusqlite::Connection::open(folder.path().join("raw.sqlite"))?;
    raw.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE pin(device BLOB, number INTEGER, body BLOB, PRIMARY KEY(device, number)) WITHOUT ROWID;",
    )?;
    let mut number = 0_i64;
    compare(
        "publish 10,000 phones (time of one phone)",
        5,
        &mut [
            Subject::new("insert 10,000 rows of the same size, 1,000 a transaction", || {
                number += 1;
                let began = Instant::now();
                let inserted = insert(&mut raw, number);
                assert!(inserted.is_ok(), "{inserted:?}");
                began.elapsed() / PHONES
            }),
            Subject::new("generate: render, seal, pin, count", || {
                edit += 1;
                let began = Instant::now();
                let published = runtime.block_on(generate(&app, edit));
                assert_eq!(published.ok(), Some(u64::from(PHONES)));
                began.elapsed() / PHONES
            }),
        ],
    );
    Ok(())
}

/// Edits a value that every file has, and publishes all of them.
async fn generate(app: &App<SqliteStore>, edit: u32) -> Result<u64, Failure> {
    app.admin(Caller::host("bench"))
        .set_placeholder(SharedScope::System, "SipDigitMap".parse()?, Some(format!("x{edit}").parse()?))
        .await?;
    Ok(app.admin(Caller::host("bench")).generate(DeviceFilter::all()).await?.published)
}

fn insert(raw: &mut rusqlite::Connection, number: i64) -> rusqlite::Result<()> {
    let body = vec![7_u8; 900];
    for window in 0..PHONES / 1_000 {
        let transaction = raw.transaction()?;
        {
            let mut statement = transaction.prepare_cached("INSERT INTO pin VALUES(?1, ?2, ?3)")?;
            for phone in 0..1_000 {
                statement.execute((u128::from(window * 1_000 + phone).to_be_bytes(), number, &body))?;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}

/// 10,000 users with a phone each in an open region, where a phone needs no token to have a file.
async fn fleet(folder: &std::path::Path) -> Result<App<SqliteStore>, Failure> {
    let entropy = Arc::new(OsEntropy::check()?);
    let vault = Arc::new(KeyVault::new(&KeyFile::generate(&*entropy), entropy.clone()));
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy,
        vault,
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(ipp_core::passwords::PlainPasswords),
        operators: None,
    };
    let store = SqliteStore::open(&SqliteOptions::at(folder.join("ipp.sqlite")))?;
    let app = App::open(store, ports, AppOptions::default()).await?;
    let reachable = Reachable {
        address: "10.0.0.1".parse()?,
        http_port: 80,
        https_port: 443,
        rest_http_port: 8080,
        rest_https_port: 8081,
        scheme: Scheme::Http,
    };
    app.set_up(&reachable).await?;
    let networks = vec!["10.0.0.0/8".parse()?];
    let region = app
        .admin(Caller::host("bench"))
        .create_region("Berlin".parse()?, |region| {
            region.identity = ipp_core::region::Identity::Open;
            region.networks = networks;
        })
        .await?;
    for phone in 0..PHONES {
        let name = format!("{}", 100_000 + phone);
        let user = NewUser {
            name: name.parse()?,
            display_name: name.parse()?,
            region: region.id,
            password: Some("1234".to_owned()),
        };
        let user = app.admin(Caller::host("bench")).create_user(user).await?;
        let mac = format!("00908f{phone:06x}").parse()?;
        app.admin(Caller::host("bench"))
            .create_device(NewDevice {
                mac,
                model: "430HD".parse()?,
                user: user.id,
                display_name: user.display_name,
            })
            .await?;
    }
    Ok(app)
}
