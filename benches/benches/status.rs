//! Durable status reports: grouped against one transaction each, and over HTTP against a bare handler
//! that writes the same.

#![expect(clippy::expect_used, reason = "a run without its fixture measures nothing")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
use tokio::{task::JoinSet, time::Instant};

const DEVICES: usize = 10_000;
const ALONE: u32 = 400;
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
    let mut after = next;
    compare(
        "a durable status report",
        7,
        &mut [
            Subject::new("64 clients, grouped", || runtime.block_on(grouped(&store, next()))),
            Subject::new("one transaction each", || runtime.block_on(alone(&store, after() + 500_000))),
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
    for client in 0..64_u32 {
        let store = Arc::clone(store);
        clients.spawn(async move {
            for number in (client..GROUPED).step_by(64) {
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

async fn alone(store: &SqliteStore, from: i64) -> Duration {
    let began = Instant::now();
    for number in 0..ALONE {
        let written = store.commit(Batch::of(report(number as usize, from + i64::from(number)))).await;
        assert!(written.is_ok(), "{written:?}");
    }
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

/// What the phone surface does, without any of its work: read the body, write a fixed report.
async fn write_one(State(store): State<AnyStore>, body: Bytes) -> StatusCode {
    let text = String::from_utf8_lossy(&body);
    let phone = text
        .split("00908f")
        .nth(1)
        .and_then(|rest| usize::from_str_radix(rest.get(..6)?, 16).ok())
        .unwrap_or(0);
    match store.commit(Batch::of(report(phone, i64::MAX / 2))).await {
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
