//! A scan of many MAC addresses, each as a phone would do it: first contact, a report under the token
//! that came with it, and the private file (T20, A1, A3, A5).
//!
//! `make test` scans 20,000 addresses; `make endurance` a million, which `IPP_ADDRESSES` says.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    ops::Range,
};

use bytes::Bytes;
use common::{
    program::configuration,
    token_in,
    wire::{STATUS, status_body},
};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use ipp_core::{
    access::Caller,
    app::{
        AppOptions,
        admin::{Admin, devices::NewDevice, set_up::Reachable, users::NewUser},
    },
    device::Admission,
    mac::Mac,
    settings::Scheme,
    store::{AnyStore, DeviceFilter, DeviceKey, DeviceRecord, Page, Store as _},
    text::Label,
};
use ipp_examples::server::{self, config::Config, data::DataFolder};
use ipp_http::{Ipp, listener::PeerAddr};
use tower::Service as _;

/// How many addresses are scanned, where nothing else is said.
const ADDRESSES: u32 = 20_000;

/// One address of so many is that of an enrolled phone, and one that of an expected one.
const EVERY: u32 = 1_000;
const ENROLLED: u32 = 7;
const EXPECTED: u32 = 500;

/// How many connections a scan uses.
const SCANNERS: u32 = 4;

/// In the network of the region, and outside.
const INSIDE: [u8; 4] = [10, 1, 9, 9];
const OUTSIDE: [u8; 4] = [203, 0, 113, 7];

#[expect(clippy::disallowed_methods, reason = "the long form of the test is asked for from outside")]
fn addresses() -> u32 {
    std::env::var("IPP_ADDRESSES").ok().and_then(|text| text.parse().ok()).unwrap_or(ADDRESSES)
}

fn mac(index: u32) -> Mac {
    let [_, a, b, c] = index.to_be_bytes();
    Mac::new([0x00, 0x90, 0x8f, a, b, c]).unwrap()
}

fn is_enrolled(index: u32) -> bool {
    index % EVERY == ENROLLED
}

fn is_expected(index: u32) -> bool {
    index % EVERY == EXPECTED
}

fn secret(index: u32) -> String {
    format!("canary-sip-{index:07}")
}

/// Asks the phone surface from an address; everything but the time comes back as one text.
async fn ask(ipp: &Ipp, from: [u8; 4], method: &str, path: &str, body: String) -> (u16, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("user-agent", "AUDC-IPPhone/2.2.8.61 (430HDG-Rev0; 00908F0000FF)")
        .extension(PeerAddr(SocketAddr::from((from, 40_000))))
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let Ok(answer): Result<Response<_>, _> = ipp.phone_service().call(request).await;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut text = String::new();
    for (name, value) in &head.headers {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    text.push_str(std::str::from_utf8(&body).unwrap());
    (head.status.as_u16(), text)
}

/// An answer without what is drawn anew for each: the token, and the tag that follows from it.
fn masked(text: &str) -> String {
    let tag = text.lines().find_map(|line| line.strip_prefix("etag: "));
    let text = tag.map_or_else(|| text.to_owned(), |tag| text.replace(tag, "<tag>"));
    token_in(&text).map_or(text.clone(), |token| text.replace(token, "<token>"))
}

/// What a phone gets that comes for the first time.
struct Came {
    first: String,
    report: String,
    private: String,
    /// With the token that came with the first.
    path: String,
}

async fn come(ipp: &Ipp, from: [u8; 4], index: u32) -> Came {
    let name = mac(index);
    let (status, first) =
        ask(ipp, from, "GET", &format!("/ipp/region/Berlin/{name}.cfg"), String::new()).await;
    assert_eq!(status, 200);
    let token = token_in(&first).unwrap().to_owned();
    let body = status_body(&name.to_string(), &[("status", "started")]);
    let (status, report) = ask(ipp, from, "POST", &format!("/t/{token}/r/Berlin{STATUS}"), body).await;
    assert_eq!(status, 200);
    let path = format!("/t/{token}/r/Berlin/configfiles/{name}.cfg");
    let (status, private) = ask(ipp, from, "GET", &path, String::new()).await;
    assert_eq!(status, 200);
    Came { first, report, private, path }
}

struct Installation {
    ipp: Ipp,
    _folder: DataFolder,
    _data: tempfile::TempDir,
}

impl Installation {
    /// With a region that has a network, and phones of it in both states.
    async fn new(addresses: u32) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = Config::read(&configuration(data.path(), "")).unwrap();
        let (ipp, folder) = server::open(&config, AppOptions::default()).await.unwrap();
        let reachable = Reachable {
            address: "10.0.0.30".parse().unwrap(),
            http_port: 80,
            https_port: 443,
            rest_http_port: 8080,
            rest_https_port: 8081,
            scheme: Scheme::Http,
        };
        ipp.app().set_up(&reachable).await.unwrap();
        let new = Self { ipp, _folder: folder, _data: data };
        let network = "10.1.0.0/16".parse().unwrap();
        let admin = new.admin();
        let region = admin.create_region("Berlin".parse().unwrap(), |region| region.networks = vec![network]);
        let region = region.await.unwrap();
        for index in (0..addresses).filter(|index| is_enrolled(*index) || is_expected(*index)) {
            let user = NewUser {
                name: format!("u{index}").parse().unwrap(),
                display_name: Label::EMPTY,
                region: region.id,
                password: Some(secret(index).into()),
            };
            let user = admin.create_user(user).await.unwrap();
            let device = NewDevice {
                mac: mac(index),
                model: "430HD".parse().unwrap(),
                user: user.id,
                display_name: Label::EMPTY,
            };
            admin.create_device(device).await.unwrap();
        }
        new
    }

    fn admin(&self) -> Admin<'_, AnyStore> {
        self.ipp.app().admin(Caller::host("test"))
    }

    async fn record(&self, index: u32) -> DeviceRecord {
        self.ipp.app().store().device(DeviceKey::Mac(mac(index))).await.unwrap().unwrap()
    }

    async fn admitted(&self, admission: Admission) -> usize {
        let filter = DeviceFilter::all().admitted(admission);
        self.ipp.app().store().devices(&filter, Page::first(1_000_000)).await.unwrap().len()
    }
}

/// What a scan found: the distinct answers of each step, and whose password was in one.
#[derive(Default)]
struct Found {
    first: BTreeSet<String>,
    reports: BTreeSet<String>,
    private: BTreeSet<String>,
    tokenless: BTreeSet<String>,
    leaked: BTreeSet<u32>,
}

/// Scans with several connections at once, as a scanner does.
async fn scan(ipp: &Ipp, from: [u8; 4], indexes: Range<u32>) -> Found {
    let each = (indexes.end - indexes.start).div_ceil(SCANNERS);
    let parts = (0..SCANNERS).map(|part| {
        let begin = indexes.start + part * each;
        tokio::spawn(scan_one(ipp.clone(), from, begin..indexes.end.min(begin + each)))
    });
    let mut all = Found::default();
    for part in parts.collect::<Vec<_>>() {
        let mut found = part.await.unwrap();
        all.first.append(&mut found.first);
        all.reports.append(&mut found.reports);
        all.private.append(&mut found.private);
        all.tokenless.append(&mut found.tokenless);
        all.leaked.append(&mut found.leaked);
    }
    all
}

async fn scan_one(ipp: Ipp, from: [u8; 4], indexes: Range<u32>) -> Found {
    let mut found = Found::default();
    for index in indexes {
        let came = come(&ipp, from, index).await;
        let path = format!("/configfiles/{}.cfg", mac(index));
        let (_, tokenless) = ask(&ipp, from, "GET", &path, String::new()).await;
        for text in [&came.first, &came.report, &came.private, &tokenless] {
            if text.contains("canary-sip") {
                found.leaked.insert(index);
            }
        }
        found.first.insert(masked(&came.first));
        found.reports.insert(came.report);
        found.private.insert(masked(&came.private));
        found.tokenless.insert(masked(&tokenless));
    }
    found
}

/// T20, A1, A3, A5: whoever tries all addresses gets no file of an enrolled phone, and not from outside
/// that of an expected one; no answer tells which addresses are known; and the rows that wait stay few.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t20_a_scan_as_phones_do_it_finds_no_private_file() {
    let addresses = addresses();
    let installation = Installation::new(addresses).await;
    let own = |index: u32| -> [u8; 4] {
        let [_, _, a, b] = (index / EVERY).to_be_bytes();
        [10, 1, a, b]
    };
    let mut phones = Vec::new();
    for index in (0..addresses).filter(|index| is_enrolled(*index)) {
        let came = come(&installation.ipp, own(index), index).await;
        assert!(came.private.contains(&secret(index)), "the phone itself gets its password");
        phones.push((index, came, installation.record(index).await));
    }
    assert_eq!(phones.len(), usize::try_from(addresses / EVERY).unwrap());

    let outside = scan(&installation.ipp, OUTSIDE, 0..addresses).await;
    assert_eq!(outside.leaked, BTreeSet::new(), "no password leaves");
    for answers in [&outside.first, &outside.reports, &outside.private, &outside.tokenless] {
        assert_eq!(answers.len(), 1, "the answers differ: {answers:#?}");
    }
    assert_eq!(outside.first, outside.private, "under an unbound token the private file is first contact");
    assert_eq!(
        installation.admitted(Admission::Expected).await,
        phones.len(),
        "they wait for their own network"
    );
    assert_eq!(installation.admitted(Admission::Enrolled).await, phones.len());
    assert_eq!(
        installation.admitted(Admission::Pending).await,
        32,
        "one source announces so many in an hour"
    );
    for (index, came, before) in &phones {
        let now = installation.record(*index).await;
        assert_eq!(now.device.value.token, before.device.value.token, "its token stays");
        assert_eq!(now.pin, before.pin);
        let (_, file) = ask(&installation.ipp, own(*index), "GET", &came.path, String::new()).await;
        assert_eq!(file, came.private, "and its file");
    }

    // From inside the network an expected phone cannot be told from somebody who says that it is one: it
    // comes as it was entered to come. Nothing else is let out, and unknown ones come in by zero touch, so
    // many in an hour.
    let near = 3 * EVERY;
    let inside = scan(&installation.ipp, INSIDE, addresses - near..addresses).await;
    let expected: BTreeSet<u32> = (addresses - near..addresses).filter(|index| is_expected(*index)).collect();
    assert_eq!(inside.leaked, expected);
    assert_eq!((inside.first.len(), inside.reports.len(), inside.tokenless.len()), (1, 1, 1));
    let enrolled = installation.admitted(Admission::Enrolled).await;
    assert_eq!(enrolled, phones.len() + expected.len() + 32);
    let audited = installation.admin().verify_audit_log().await.unwrap();
    assert!(matches!(audited, ipp_core::app::admin::logs::Verdict::Unbroken(..)), "{audited:?}");
    for index in expected {
        let record = installation.record(index).await;
        assert_eq!(record.status.unwrap().peer, IpAddr::from(INSIDE), "who took it is known");
    }
}
