//! Requests that are malformed or ask for what is not there (T15, A10, A24, A26, CFG-17).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr};

use common::{
    check_alive, mac,
    wire::{ALARM, Request, STATUS, raw, status_body, statuses},
    with_a_phone,
};
use ipp_examples::{
    fleet::{Model, SplitMix64},
    server::config::Role,
};

const MAC: &str = "00908f000001";

/// A10, T15, CFG-17: nothing but what is in the catalogue is served, however it is asked for.
#[tokio::test]
async fn a10_no_path_leads_out_of_the_catalogue() {
    let (world, mut known, _) = with_a_phone().await;
    std::fs::write(world.data().join("bait.img"), "bait").unwrap();
    std::fs::write(world.data().join("bait.cfg"), "bait").unwrap();
    let far = "a".repeat(2_000);
    let steps = [
        "..",
        "%2e%2e",
        ".%2e",
        "..%2f..",
        "%2e%2e%2f",
        "..%5c",
        "..\\",
        "%252e%252e",
        "..;",
        "....//",
        "%00",
        "%c0%ae%c0%ae",
    ];
    let mut paths: Vec<String> = Vec::new();
    for base in [
        "/firmwarefiles",
        "/configfiles",
        "/firmwarefiles;ipp/region",
        "/ipp/region/Berlin",
        "/r/Berlin/configfiles",
    ] {
        for step in steps {
            for target in ["bait.img", "bait.cfg", "keys", "ipp.sqlite", "etc/passwd"] {
                paths.push(format!("{base}/{step}/{target}"));
                paths.push(format!("{base}/{step}%2f{target}"));
            }
        }
        paths.extend([
            format!("{base}/{far}.cfg"),
            format!("{base}/%"),
            format!("{base}/%zz.img"),
            format!("{base}/a%0a.cfg"),
        ]);
    }
    let not_there = world.get("/nothing/here").await.timeless();
    for path in &paths {
        let answer =
            raw(world.at(Role::Web), format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.contains("bait") && !text.contains("SQLite"), "{path}: {text}");
        assert!(matches!(*statuses(&answer), [400 | 404 | 414]), "{path}: {text}");
        if statuses(&answer) == [404] {
            let body = text.split_once("\r\n\r\n").unwrap().1;
            assert!(not_there.ends_with(body), "{path}");
        }
    }
    check_alive(&world, &mut known).await;
    world.stop().await;
}

/// T15: each route names the methods it answers; all others are 405.
#[tokio::test]
async fn t15_wrong_methods_are_told_the_right_ones() {
    let (world, mut known, prefix) = with_a_phone().await;
    world.firmware(Model::P430Hd, "1.2.3", 5_000).await;
    let files = [
        "/configfiles/00908f000001.cfg",
        "/ipp/region/Berlin",
        "/firmwarefiles/430HD.img",
        "/configfiles/g.cfg",
    ];
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get"] {
        for path in files {
            let answer = Request::new(method, path).send(world.at(Role::Web)).await;
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD, POST")),
                "{method} {path}"
            );
        }
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        for path in [STATUS, ALARM, "/ipprest/lync_auto_prov.php"] {
            let answer = Request::new(method, &format!("{prefix}{path}")).send(world.at(Role::Reports)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method} {path}");
        }
    }
    check_alive(&world, &mut known).await;
    world.stop().await;
}

/// A24, A26: header floods and requests whose end is in doubt are refused and the connection closed;
/// what was smuggled behind them is never run.
#[tokio::test]
async fn a26_floods_and_smuggled_requests_are_refused() {
    let (world, mut known, prefix) = with_a_phone().await;
    let before = world.record(mac(&known)).await.unwrap();
    let flood = (0..100).fold(String::new(), |text, number| text + &format!("x-{number}: y\r\n"));
    let wide = format!("x: {}\r\n", "y".repeat(40_000));
    let body = status_body(MAC, &[("phoneNumber", "smuggled"), ("status", "registered")]);
    let inner =
        format!("POST {prefix}{STATUS} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let get = "GET /configfiles/00908f0000ff.cfg HTTP/1.1\r\nhost: a\r\n";
    let post = format!("POST {prefix}{STATUS} HTTP/1.1\r\nhost: a\r\n");
    for request in [
        format!("{get}{flood}\r\n{inner}"),
        format!("{get}{wide}\r\n{inner}"),
        format!("{get}host: b\r\n\r\n{inner}"),
        format!("{post}content-length: 0\r\ncontent-length: 5\r\n\r\n{inner}"),
        format!("{post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}content-length: -1\r\n\r\n{inner}"),
        format!("{post}content-length: +0\r\n\r\n{inner}"),
        format!("{post}content-length : 0\r\n\r\n{inner}"),
        format!("{post} folded\r\ncontent-length: 0\r\n\r\n{inner}"),
        format!("\u{0}\u{1}{inner}"),
        format!("GET  /x HTTP/1.1\r\n\r\n{inner}"),
        format!("GET /x HTTP/9.9\r\n\r\n{inner}"),
    ] {
        let answer = raw(world.at(Role::Reports), request.as_bytes()).await;
        let all = statuses(&answer);
        assert!(
            all.len() <= 1 && all.iter().all(|status| (400..500).contains(status)),
            "{all:?} {request:.200}"
        );
    }
    let after = world.record(mac(&known)).await.unwrap();
    assert_eq!(after.status.unwrap().details, before.status.unwrap().details, "nothing was smuggled");
    check_alive(&world, &mut known).await;
    world.stop().await;
}

/// How many generated requests each listener gets.
const GENERATED: u32 = 1_000;

/// One of the good values, or, in one of eight draws, one of the bad ones.
fn draw<'a>(random: &mut SplitMix64, good: &[&'a str], bad: &[&'a str]) -> &'a str {
    let of = if random.percent(12) { bad } else { good };
    usize::try_from(random.below(of.len() as u64)).map_or("", |at| of[at])
}

/// A request of the grammar: mostly right, with a few things wrong.
fn generated(random: &mut SplitMix64, prefix: &str) -> Vec<u8> {
    let method = draw(random, &["GET", "GET", "POST", "HEAD"], &["PUT", "get", "G\u{e9}T", "", "OPTIONS"]);
    let mut target =
        draw(random, &["", prefix, "/r/Berlin"], &["/t/short", "/r/%00", "http://a", "//", "*"]).to_owned();
    let good = [
        "/configfiles/00908f000001.cfg",
        "/firmwarefiles;ipp/region/Berlin/00908F000001.cfg",
        "/firmwarefiles%3Bipp/region/Berlin",
        "/ipp/region/Berlin/00908f000001.cfg",
        "/ipp/dhcpoption160.cfg",
        "/firmwarefiles/430HD.img",
        STATUS,
        ALARM,
        "/ipprest/lync_auto_prov.php",
    ];
    let bad = [
        "/..",
        "/%2e%2e",
        "/%2f",
        ";",
        "/%zz",
        "/%ff",
        "/%00",
        "#x",
        "/\u{fc}",
        "/ipp/httpproxy/",
        "/x.cfg",
        " ",
    ];
    for _ in 0..=random.below(8) / 7 {
        target.push_str(draw(random, &good, &bad));
    }
    target.push_str(draw(random, &["", "", "?x=1"], &["?a=%", "/", "%3b", "\t"]));
    let version = draw(random, &["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"], &["HTTP/2.0", "HTTP/", "", "FTP/1.1"]);
    let end = draw(random, &["\r\n"], &["\n", "\r", ""]);
    let body = draw(
        random,
        &["", "{\"mac\":\"00908f000001\"}", "{\"mac\":\"00908f000077\",}", "5\r\nhello\r\n0\r\n\r\n"],
        &["{}", "\u{0}\u{1}", "[[[[", "{\"alerts\":[{}]}"],
    );
    let mut text = format!("{method} {target} {version}{end}host: a{end}");
    for _ in 0..random.below(3) {
        let good = [
            "range: bytes=0-1",
            "range: bytes=9-1",
            "range: bytes=-",
            "if-none-match: *",
            "if-modified-since: yesterday",
            "user-agent: AUDC-IPPhone/1 (430HDG-Rev0; x)",
            "expect: 100-continue",
            "connection: upgrade",
            "x-forwarded-for: ,,,",
        ];
        let bad = [
            "transfer-encoding: chunked",
            "content-length: 5",
            "content-length: x",
            ": empty",
            "no colon",
            "host: b",
            "x: \u{1}",
        ];
        text.push_str(draw(random, &good, &bad));
        text.push_str(end);
    }
    if !body.is_empty() {
        write!(text, "content-length: {}{end}", body.len()).unwrap();
    }
    text.push_str(end);
    text.push_str(body);
    text.into_bytes()
}

/// T15: a thousand generated requests on each plain listener, several at a time: never a 5xx, never
/// a hang, and afterwards everything works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t15_generated_requests_break_nothing() {
    let (world, mut known, prefix) = with_a_phone().await;
    world.firmware(Model::P430Hd, "1.2.3", 5_000).await;
    let mut seen = BTreeMap::new();
    for role in [Role::Web, Role::Reports] {
        let at: SocketAddr = world.at(role);
        let mut random = SplitMix64::new(15);
        let requests: Vec<Vec<u8>> = (0..GENERATED).map(|_| generated(&mut random, &prefix)).collect();
        for batch in requests.chunks(20) {
            let asked: Vec<_> = batch
                .iter()
                .cloned()
                .map(|request| tokio::spawn(async move { (raw(at, &request).await, request) }))
                .collect();
            for answer in asked {
                let (answer, request) = answer.await.unwrap();
                for status in statuses(&answer) {
                    assert!(status < 500, "{status} to {}", String::from_utf8_lossy(&request));
                    *seen.entry(status).or_insert(0) += 1;
                }
            }
        }
    }
    for status in [200, 206, 400, 401, 404, 405] {
        assert!(seen.get(&status).is_some_and(|count| *count > 5), "the grammar reaches {status}: {seen:?}");
    }
    check_alive(&world, &mut known).await;
    world.stop().await;
}
