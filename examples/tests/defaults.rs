//! No well-known name and password opens a fresh installation (T21, A2).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::net::SocketAddr;

use common::{
    World,
    wire::{Request, STATUS, status_body},
};
use ipp_core::store::{AuditFilter, Order, Page, Store as _};
use ipp_examples::server::config::Role;
use serde_json::json;

/// The hundred commonest passwords.
const PASSWORDS: &str = include_str!("fixtures/common-passwords.txt");

/// Names that an installation of this kind might have.
const NAMES: [&str; 3] = ["acladmin", "admin", "system"];

/// What the manual prints, and what scanners try first.
const PAIRS: [(&str, &str); 12] = [
    ("acladmin", "pass_1234"),
    ("system", "system"),
    ("acladmin", "acladmin"),
    ("acladmin", ""),
    ("Admin", "1234"),
    ("admin", "pass_1234"),
    ("administrator", "administrator"),
    ("root", "root"),
    ("user", "user"),
    ("guest", "guest"),
    ("ipp", "ipp"),
    ("acladmin", "$1$FZ6rOGS1$54ZXSmjh7nod.kXFRyLx70"),
];

/// Tries to log in from an address.
async fn guess(at: SocketAddr, source: [u8; 4], name: &str, password: &str) -> u16 {
    let body = json!({ "name": name, "password": password }).to_string();
    let request = Request::post("/api/v1/session", body)
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin");
    request.from(source).send(at).await.status
}

async fn logins(world: &World) -> usize {
    let begun = AuditFilter { action: Some("session.begin".to_owned()), ..AuditFilter::all() };
    world.app().store().audit(&begun, Order::Ascending, Page::first(10)).await.unwrap().len()
}

/// T21, A2, LGN-02: 312 of the best-known pairs, each from an address of its own, so that none is put off
/// and all are really tried: none logs in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t21_no_well_known_password_opens_a_fresh_installation() {
    let world = World::administered().await;
    let words: Vec<&str> = PASSWORDS.lines().collect();
    assert_eq!(words.len(), 100);
    let common = NAMES.into_iter().flat_map(|name| words.iter().map(move |word| (name, *word)));
    let pairs: Vec<(&str, &str)> = common.chain(PAIRS).collect();
    assert_eq!(pairs.len(), 312);
    let at = world.at(Role::Web);
    for (first, two) in (0_u16..).step_by(2).zip(pairs.chunks(2)) {
        let tried = two.iter().zip(first..).map(|((name, password), number)| {
            let [high, low] = number.to_be_bytes();
            let (name, password) = ((*name).to_owned(), (*password).to_owned());
            tokio::spawn(async move {
                let status = guess(at, [127, 77, high, low], &name, &password).await;
                assert_eq!(status, 401, "{name} {password}");
            })
        });
        for one in tried.collect::<Vec<_>>() {
            one.await.unwrap();
        }
    }
    assert_eq!(logins(&world).await, 0);

    // By other ways in.
    for value in [
        "Basic YWNsYWRtaW46cGFzc18xMjM0",
        "Basic c3lzdGVtOnN5c3RlbQ==",
        "Bearer ipp_pass_1234",
        "Bearer system",
    ] {
        let answer = Request::get("/api/v1/regions").header("authorization", value).send(at).await;
        assert_eq!(answer.status, 401, "{value}");
    }
    let members = [("emsUserName", "system"), ("emsUserPassword", "system"), ("region", "AutoDetection")];
    assert_eq!(world.post(STATUS, status_body("00908f000001", &members)).await.status, 401);
    assert!(world.devices().await.is_empty());

    // The account that phones announce themselves with logs nobody in, whatever its password.
    let region = world.region("Berlin", |_| {}).await;
    world.user("system", &region, Some("system")).await;
    assert_eq!(guess(at, [127, 78, 0, 1], "system", "system").await, 401);
    assert_eq!(logins(&world).await, 0);
    world.stop().await;
}

/// T28, A21: from one address few guesses are tried at all, and whoever knows the password gets in from
/// another.
#[tokio::test]
async fn t28_guessing_from_one_address_is_slowed() {
    let world = World::administered().await;
    let at = world.at(Role::Web);
    let mut tried = 0;
    for word in PASSWORDS.lines() {
        match guess(at, [127, 77, 7, 7], "acladmin", word).await {
            401 => tried += 1,
            status => assert!(status == 429 || status == 503, "{status}"),
        }
    }
    assert!((5..20).contains(&tried), "{tried}");
    let password = world.server.first_password.clone().unwrap();
    assert_eq!(guess(at, [127, 77, 8, 8], "acladmin", password.as_str()).await, 200);
    assert_eq!(logins(&world).await, 1);
    world.stop().await;
}
