//! Input that is broken, or meant to break something (T14, T15, API-16, TPL-46, CFG-17).

mod common;

use std::{fmt::Write as _, time::Duration};

use common::{
    World, check_alive, mac,
    wire::{ALARM, Request, STATUS, alarm_body, raw, status_body, statuses},
    with_a_phone,
};
use ipp_core::{
    catalog::SharedScope,
    store::{AlarmFilter, Page, Store as _},
};
use ipp_examples::server::{
    config::Role,
    import::{Import, ImportError, import},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const MAC: &str = "00908f000001";

/// API-16: what is no report is refused with 400 and a text that names the place; nothing changes.
#[tokio::test]
async fn api_16_broken_reports_are_refused_and_change_nothing() {
    let (world, mut known, prefix) = with_a_phone().await;
    let before = world.record(mac(&known)).await.unwrap();
    let long = "x".repeat(257);
    let far = "x".repeat(2_049);
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let bodies = [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{\"mac\":}".to_owned(),
        "{}".to_owned(),
        format!("{{\"mac\":\"{MAC}\",\"x\":{deep}}}"),
        "mac=00908f000001&status=registered".to_owned(),
        status_body("zz", &[]),
        status_body("ffffffffffff", &[]),
        status_body("01908f000001", &[]),
        status_body("", &[]),
        status_body(MAC, &[("userName", &long)]),
        status_body(MAC, &[("location", &far)]),
        status_body(MAC, &[("userName", "two\nlines")]),
        status_body(MAC, &[("userId", "two\r\nprovisioning/firmware/url=http://evil/")]),
        status_body(MAC, &[("phoneNumber", "nul\0")]),
        status_body(MAC, &[("a\nb", "1")]),
        format!("{{\"mac\":\"{MAC}\",\"status\":{{\"x\":1}}}}"),
    ];
    for body in &bodies {
        let answer = world.post(&format!("{prefix}{STATUS}"), body.clone()).await;
        assert_eq!(answer.status, 400, "{body:.80}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{problem}");
    }
    for alerts in
        ["", "{}", "{\"alerts\":[1]}", "{\"alerts\":[{\"name\":\"\"}]}", &alarm_body(MAC, "two\nlines")]
    {
        assert_eq!(world.post(&format!("{prefix}{ALARM}"), alerts).await.status, 400, "{alerts}");
    }
    assert_eq!(world.record(mac(&known)).await.unwrap(), before);
    assert!(world.app().store().alarms(&AlarmFilter::default(), Page::first(9)).await.unwrap().is_empty());
    check_alive(&world, &mut known).await;
    world.stop().await;
}

/// A12: no report, name or value can add a line to a phone's file.
#[tokio::test]
async fn a12_no_value_adds_a_line_to_a_file() {
    let (world, mut known, prefix) = with_a_phone().await;
    let region = world.app().snapshot().catalog.region_called("Berlin").unwrap().id;
    for breaks in ["\n", "\r", "\r\n", "\0", "\u{85}", "\u{2028}", "\u{2029}", "\u{1b}"] {
        let evil = format!("1{breaks}provisioning/firmware/url=http://evil/");
        let name = || "IPPhoneUsername".parse().unwrap();
        assert!(evil.parse::<ipp_core::text::CfgValue>().is_err(), "{breaks:?}");
        assert!(evil.parse::<ipp_core::text::UserName>().is_err());
        assert!(evil.parse::<ipp_core::text::Label>().is_err());
        assert!(evil.parse::<ipp_core::text::CfgLine>().is_err());
        assert!(evil.parse::<ipp_core::text::RegionName>().is_err());
        let new = ipp_core::app::admin::users::NewUser {
            name: "2".parse().unwrap(),
            display_name: ipp_core::text::Label::EMPTY,
            region,
            password: Some(evil.clone().into()),
        };
        assert!(world.admin().create_user(new).await.is_err(), "a password is a value too");
        let body = status_body(MAC, &[("status", "registered"), ("userId", &evil), ("userName", &evil)]);
        let status = world.post(&format!("{prefix}{STATUS}"), body).await.status;
        assert!([200, 400].contains(&status), "{breaks:?}: {status}");
        // What a placeholder may hold is a type; the longest good value is still one line.
        let value = "v".repeat(2_048).parse().unwrap();
        world.admin().set_placeholder(SharedScope::Region(region), name(), Some(value)).await.unwrap();
    }
    world.generate().await;
    known.refresh().await.unwrap();
    assert!(known.config().values().all(|value| !value.contains("evil")), "{:?}", known.config());
    assert_eq!(known.config()["system/user_name"].len(), 2_048);
    assert_eq!(world.users().await.len(), 1);
    world.stop().await;
}

/// API-16, A24: a body of a megabyte is refused before it is read; one that ends early, or never
/// begins, harms nobody.
#[tokio::test]
async fn a24_large_and_cut_bodies_are_refused() {
    let (world, mut known, prefix) = with_a_phone().await;
    let before = world.record(mac(&known)).await.unwrap();
    let large = status_body(MAC, &[("x", &"y".repeat(1_000_000))]);
    for path in [format!("{prefix}{STATUS}"), STATUS.to_owned(), format!("{prefix}{ALARM}")] {
        assert_eq!(world.post(&path, large.clone()).await.status, 413, "{path}");
    }
    let at = world.at(Role::Reports);
    let chunk = format!("{:x}\r\n{}\r\n", 10_000, "z".repeat(10_000));
    let chunked =
        format!("POST {STATUS} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(3));
    assert_eq!(statuses(&raw(at, chunked.as_bytes()).await), [413]);
    let whole = status_body(MAC, &[]);
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        let length = whole.len();
        let head = format!("POST {prefix}{STATUS} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
        let answer = raw(at, format!("{head}{}", &whole[..cut]).as_bytes()).await;
        assert!(matches!(*statuses(&answer), [] | [400]), "{cut}: {:?}", statuses(&answer));
    }
    // A file may be asked for by POST with any body; it is not read.
    let posted =
        Request::post("/configfiles/00908f0000ff.cfg", large.clone()).send(world.at(Role::Web)).await;
    assert_eq!(posted.status, 200);
    assert_eq!(world.record(mac(&known)).await.unwrap(), before);
    check_alive(&world, &mut known).await;
    world.stop().await;
}

/// A24, T8: a body that stands still is given up after its time, here on a clock that runs ahead.
#[tokio::test]
async fn a24_a_body_that_stands_still_is_given_up() {
    let (world, mut known, prefix) = with_a_phone().await;
    let mut stream = TcpStream::connect(world.at(Role::Reports)).await.unwrap();
    let head = format!("POST {prefix}{STATUS} HTTP/1.1\r\nhost: a\r\ncontent-length: 500\r\n\r\n{{\"mac\"");
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(statuses(&answer), [408], "{}", String::from_utf8_lossy(&answer));
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    tokio::time::resume();
    check_alive(&world, &mut known).await;
    world.stop().await;
}

/// TPL-28, TPL-46, A14: a file that is no template is refused with line and column; no template and
/// no region is made of it.
#[tokio::test]
async fn tpl_46_files_that_are_no_template_leave_nothing() {
    let world = World::start().await;
    let file = world.data().join("upload.xml");
    let templates = world.app().snapshot().catalog.templates.len();
    let good = std::fs::read(format!(
        "{}/tests/fixtures/Workshop_430HD_GENERIC.template.xml",
        env!("CARGO_MANIFEST_DIR")
    ));
    let good = good.unwrap();
    let replaced = |from: &str, to: &str| {
        let text: String = good.iter().map(|byte| char::from(*byte)).collect();
        assert!(text.contains(from));
        text.replacen(from, to, 1).chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<_>>()
    };
    let bomb =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;\">]>\n<ipphonetamplate>";
    let deep = format!("<ipphonetamplate>{}", "<a>".repeat(100_000));
    let attributes = (0..10_000).fold("<ipphonetamplate".to_owned(), |mut text, number| {
        write!(text, " a{number}=\"1\"").unwrap();
        text
    });
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("not XML", b"include x.cfg\n".to_vec()),
        ("10 MB", replaced("; the way back", &"x/y=1\n".repeat(1_700_000))),
        ("entity bomb", replaced("<ipphonetamplate>", bomb)),
        (
            "external entity",
            replaced("<ipphonetamplate>", "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">\n<ipphonetamplate>"),
        ),
        ("unknown entity", replaced("Workshop 430HD", "&workshop;")),
        ("wrong encoding", replaced("ISO-8859-1", "UTF-8")),
        ("unknown encoding", replaced("ISO-8859-1", "KOI8-R")),
        ("another root", replaced("<ipphonetamplate>", "<html>")),
        ("not closed", good[..good.len() - 30].to_vec()),
        ("too deep", deep.into_bytes()),
        ("too many attributes", attributes.into_bytes()),
        ("encrypted", replaced("<encrypt_mode>0", "<encrypt_mode>1")),
        ("no model", replaced("<type>audiocodes_430HD</type>", "")),
        ("a control character", replaced("; the way back", "\u{1}")),
    ];
    for (what, content) in cases {
        std::fs::write(&file, content).unwrap();
        let asked = Import { file: &file, region: "New", create_region: true, name: None };
        let error = import(&world.server.ipp, &asked).await.unwrap_err().to_string();
        assert!(error.contains("line ") && error.contains("column "), "{what}: {error}");
        assert!(error.len() < 500, "{what}: {error}");
        assert_eq!(world.app().snapshot().catalog.templates.len(), templates, "{what}");
        assert!(world.app().snapshot().catalog.region_called("New").is_none(), "{what}");
    }
    std::fs::write(&file, &good).unwrap();
    let nowhere = Import { file: &file, region: "New", create_region: false, name: None };
    assert!(matches!(import(&world.server.ipp, &nowhere).await, Err(ImportError::NoRegion { .. })));
    let asked = Import { create_region: true, ..nowhere };
    import(&world.server.ipp, &asked).await.unwrap();
    world.stop().await;
}
