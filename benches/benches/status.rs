//! Durable status reports: grouped against one transaction each, and over HTTP against a bare handler
//! that writes the same.
//!
//! One transaction each is what a server does that writes when a request comes in: 64 clients, each
//! waiting for its own commit, on the same disk with the same journal and sync. They write one narrow row
//! with one prepared statement, which is less than the store does. They either have a connection each and
//! wait for SQLite's lock, or share one behind a mutex; the quicker of the two is the peer that counts.

#![expect(clippy::expect_used, reason = "a run without its fixture measures nothing")]

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use ipp_benches::{Subject, compare, load};
use ipp_core::{
    access::Caller,
    device::{Admission, BoundToken, Device},
    digest::FingerprintKey,
    id::DeviceId,
    region::Region,
    status::{Registration, ReportDetails, StatusReport},
    store::{AnyStore, Batch, Change, DeviceChange, StatusChange, Store as _},
    time::Timestamp,
    token::Token,
    vault::SealFor,
};
use ipp_examples::{
    demo::{configuration, phones_on_this_machine},
    server::{Server, config::Role},
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;
use tokio::{task::JoinSet, time::Instant};

const DEVICES: usize = 10_000;
const CLIENTS: u32 = 64;
const ALONE: u32 = 640;
const GROUPED: u32 = 20_000;
const OVER_HTTP: usize = 20_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(&SqliteOptions::at(folder.path().join("ipp.sqlite")))?);
    runtime.block_on(store.commit(devices(None)))?;
    let mut at = 0;
    let mut next = move || {
        at += 1_000_000;
        at
    };
    let (shared, own) = (folder.path().join("shared.sqlite"), folder.path().join("own.sqlite"));
    let shared = [Arc::new(Mutex::new(raw(&shared)?))];
    let own =
        (0..CLIENTS).map(|_| Ok(Arc::new(Mutex::new(raw(&own)?)))).collect::<Result<Vec<_>, Failure>>()?;
    let mut moments = (1_i64.., 1_i64..);
    compare(
        "a durable status report, 64 clients",
        9,
        &mut [
            Subject::new("grouped by the store", || runtime.block_on(grouped(&store, next()))),
            Subject::new("one transaction each, one connection behind a mutex", || {
                alone(&shared, moments.0.next().unwrap_or_default())
            }),
            Subject::new("one transaction each, a connection each", || {
                alone(&own, moments.1.next().unwrap_or_default())
            }),
        ],
    );

    let bench = runtime.block_on(over_http())?;
    let paths: Arc<[String]> = bench.paths.into();
    let post = move |path: &str, phone: usize| {
        let body = format!(
            "{{\"sessionId\": \"312bcd36\",\n\"emsUserName\": \"160000\",\n\"emsUserPassword\": \"0123456789abcdef0123456789abcdef\",\n\"mac\": \"{}\",\n\"ip\": \"10.0.0.9\",\n\"model\": \"430HD\",\n\"fwVersion\": \"2.2.16.142\",\n\"userAgent\": \"AUDC-IPPhone/2.2.16.142 (430HDG-Rev0; 00908F000000)\",\n\"userName\": \"160000\",\n\"phoneNumber\": \"160000\",\n\"status\": \"started\",\n}}",
            mac(phone)
        );
        Request::post(path).header("host", "x").body(Full::new(Bytes::from(body))).unwrap_or_default()
    };
    let (bare, full) = (bench.bare, bench.full);
    compare(
        "a durable status report over HTTP, 64 connections",
        7,
        &mut [
            Subject::new("bare handler, the same write", || {
                runtime.block_on(load::run(bare, OVER_HTTP, StatusCode::OK, move |number| {
                    post("/", number % DEVICES)
                }))
            }),
            Subject::new("the phone surface", || {
                let paths = Arc::clone(&paths);
                runtime.block_on(load::run(full, OVER_HTTP, StatusCode::OK, move |number| {
                    let phone = number % DEVICES;
                    post(paths.get(phone).map_or("", String::as_str), phone)
                }))
            }),
        ],
    );
    Ok(())
}

async fn grouped(store: &Arc<SqliteStore>, from: i64) -> Duration {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for client in 0..CLIENTS {
        let store = Arc::clone(store);
        clients.spawn(async move {
            for number in (client..GROUPED).step_by(CLIENTS as usize) {
                let written = store
                    .commit(Batch::of(report(number as usize % DEVICES, from + i64::from(number))))
                    .await;
                assert!(written.is_ok(), "{written:?}");
            }
        });
    }
    clients.join_all().await;
    began.elapsed() / GROUPED
}

const SET_UP: &str = "
    PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;
    CREATE TABLE IF NOT EXISTS status (
        device BLOB NOT NULL PRIMARY KEY, last_seen INTEGER NOT NULL, disconnected INTEGER NOT NULL,
        timeout_ms INTEGER NOT NULL, registration TEXT NOT NULL, changed_at INTEGER NOT NULL, peer BLOB NOT NULL,
        proxied INTEGER NOT NULL, version TEXT NOT NULL
    ) STRICT, WITHOUT ROWID";
const UPSERT: &str = "
    INSERT INTO status VALUES (?1, ?2, 0, 7200000, 'started', 1, ?3, 0, '2.2.16.142')
    ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen, registration = excluded.registration,
        peer = excluded.peer, version = excluded.version
    WHERE excluded.last_seen >= last_seen";

/// A connection with nothing above it, set up like the store's.
fn raw(file: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(file)?;
    conn.busy_timeout(Duration::from_mins(2))?;
    conn.execute_batch(SET_UP)?;
    Ok(conn)
}

/// 64 threads that commit each report before the next, spread over the connections.
fn alone(connections: &[Arc<Mutex<Connection>>], moment: i64) -> Duration {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for (client, conn) in (0..CLIENTS).zip(connections.iter().cycle()) {
            scope.spawn(move || {
                for number in (client..ALONE).step_by(CLIENTS as usize) {
                    let device = u128::from(number).to_be_bytes();
                    let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                    // A statement outside a transaction is one of its own.
                    let written = conn
                        .prepare_cached(UPSERT)
                        .and_then(|mut upsert| upsert.execute((device, moment, [127, 0, 0, 1_u8])));
                    assert_eq!(written, Ok(1));
                }
            });
        }
    });
    began.elapsed() / ALONE
}

struct OverHttp {
    full: SocketAddr,
    bare: SocketAddr,
    paths: Vec<String>,
}

/// A real server whose phones are enrolled, and a bare handler over a store of the same content.
async fn over_http() -> Result<OverHttp, Failure> {
    let folder = Box::leak(Box::new(tempfile::tempdir()?));
    let server =
        Box::leak(Box::new(Server::start(&configuration(folder.path()), phones_on_this_machine()).await?));
    let region =
        server.ipp.app().admin(Caller::host("bench")).create_region("Berlin".parse()?, |_| {}).await?;
    let vault = &server.ipp.app().ports().vault;
    let tokens: Vec<Token> =
        (0..DEVICES).map(|phone| Token::new((phone as u128 + 1).to_be_bytes())).collect();
    let bound = |phone: usize, prints: &FingerprintKey| {
        let token = tokens.get(phone)?;
        let id = id(phone);
        let sealed = vault.seal(SealFor::DeviceToken(id.as_bytes()), token.to_text().as_bytes()).ok()?;
        Some(BoundToken { print: token.fingerprint(prints), sealed })
    };
    let mut batch = devices(Some(&region));
    for (phone, change) in batch.changes.iter_mut().enumerate() {
        if let Change::Device(DeviceChange::Put(device)) = change {
            device.token = bound(phone, vault.fingerprints());
        }
    }
    server.ipp.app().store().commit(batch).await?;
    let full = server
        .listeners
        .iter()
        .find(|open| open.role == Role::Reports)
        .map(|open| open.address)
        .ok_or("no listener")?;

    let store = AnyStore::new(SqliteStore::open(&SqliteOptions::at(folder.path().join("bare.sqlite")))?);
    store.commit(devices(None)).await?;
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let bare = socket.local_addr()?;
    let router = Router::new().fallback(write_one).with_state(store);
    tokio::spawn(async move { axum::serve(socket, router).await });
    Ok(OverHttp {
        full,
        bare,
        paths: tokens
            .iter()
            .map(|token| format!("{}/rest/v1/ipphoneMgrStatus/keep-alive", token.prefix()))
            .collect(),
    })
}

/// The time of the bare handler. Each report has a later one: SQLite does not write a row over an equal one.
static MOMENT: AtomicI64 = AtomicI64::new(1);

/// What the phone surface does, without any of its work: read the body, write a fixed report.
async fn write_one(State(store): State<AnyStore>, body: Bytes) -> StatusCode {
    let text = String::from_utf8_lossy(&body);
    let phone = text
        .split("00908f")
        .nth(1)
        .and_then(|rest| usize::from_str_radix(rest.get(..6)?, 16).ok())
        .unwrap_or(0);
    match store.commit(Batch::of(report(phone, MOMENT.fetch_add(1, Ordering::Relaxed)))).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn devices(region: Option<&Region>) -> Batch {
    let device = |phone: usize| {
        let mac = mac(phone).parse().expect("part of the fixture");
        let mut device = Device::new(id(phone), mac, Admission::Enrolled, Timestamp::default());
        device.region = region.map(|region| region.id);
        Change::Device(DeviceChange::Put(Box::new(device)))
    };
    Batch { changes: (0..DEVICES).map(device).collect(), ..Batch::default() }
}

fn report(phone: usize, at: i64) -> Change {
    Change::Status(StatusChange::Report(Box::new(StatusReport {
        device: id(phone),
        received_at: Timestamp::from_millis(at),
        registration: Registration::Started,
        timeout: Duration::from_hours(2),
        peer: [127, 0, 0, 1].into(),
        proxied: false,
        details: ReportDetails { firmware_version: "2.2.16.142".to_owned(), ..ReportDetails::default() },
    })))
}

fn id(phone: usize) -> DeviceId {
    DeviceId::from_bytes((phone as u128 + 1).to_be_bytes())
}

fn mac(phone: usize) -> String {
    format!("00908f{phone:06x}")
}
