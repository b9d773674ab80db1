//! The logs over the REST API, with a real server and simulated phones behind them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{fmt::Write as _, process::Command};

use common::{
    World,
    api::{Client, PASSWORD},
    last_url,
    pages::{id_of, items, registered, until},
    phone, token_in,
    wire::{ALARM, alarm_body},
};
use ipp_core::{
    app::AppOptions,
    catalog::SharedScope,
    log::{ActivityEntry, LogLevel, LogText},
    store::{ActivityFilter, AuditEntry, Batch, LogChange, Order, Page, Store as _},
    time::Timestamp,
};
use ipp_examples::{
    demo::configuration,
    fleet::{Alarm, Kind, Phone, Severity},
};
use serde_json::{Value, json};

const WEB_ADMIN: &str = "/logs/web-admin";
const ACTIVITY: &str = "/logs/activity";

fn numbers(page: &Value) -> Vec<u64> {
    items(page).iter().map(|item| item["number"].as_u64().unwrap()).collect()
}

fn lines(page: &Value) -> Vec<&str> {
    items(page).iter().map(|item| item["line"].as_str().unwrap()).collect()
}

/// Writes down what was gathered, and answers what has been, the newest first.
async fn activity(world: &World, root: &Client<'_>) -> Value {
    world.app().flush_log().await.unwrap();
    while world.app().log_gauges().waiting > 0 {
        tokio::task::yield_now().await;
    }
    root.read(&format!("{ACTIVITY}?lines=500")).await
}

/// Waits until a line is there: the driver may be writing it down just now.
async fn found(world: &World, root: &Client<'_>, text: &str) -> Value {
    let has = |page: &Value| items(page).iter().any(|item| item["text"].as_str().unwrap().contains(text));
    let page = until(async || activity(world, root).await, has).await;
    items(&page).iter().find(|item| item["text"].as_str().unwrap().contains(text)).unwrap().clone()
}

/// LOG-04, ALM-50, LOG-15: a keep-alive, an alarm, fetches and what strangers try are lines of the activity
/// log, with the phone and its region.
#[tokio::test]
async fn log_04_keep_alives_and_alarms_are_lines_of_the_activity_log() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut one = registered(&world, 1, &region).await;
    one.raise(&Alarm::registration_failure()).await.unwrap();
    let alive = found(&world, &root, "keep-alive: registered").await;
    let alarm = found(&world, &root, "alarm raised (critical): IPPHONE REGISTRATION FAILURE").await;
    let file = found(&world, &root, "own configuration file fetched (200)").await;
    for (line, level) in [(&alive, "VERBOSE"), (&alarm, "WARN"), (&file, "INFO")] {
        assert_eq!(
            (line["level"].as_str(), line["region"].as_str()),
            (Some(level), Some(&*region.id.to_string()))
        );
        assert_eq!(line["mac"], one.identity().mac());
        let whole = line["line"].as_str().unwrap();
        assert!(whole.contains(" [Berlin] ") && whole.contains(level), "{whole}");
    }
    found(&world, &root, "the phone is enrolled").await;
    found(&world, &root, "first contact fetched (200)").await;

    world.post(ALARM, alarm_body("00908f0000ee", "IPPHONE REGISTRATION FAILURE")).await;
    world.post(ALARM, "nonsense").await;
    world.get("/t/AAAAAAAAAAAAAAAAAAAAAA/firmwarefiles/nothing.img").await;
    let dropped = found(&world, &root, "1 alarms dropped").await;
    assert_eq!((dropped["level"].as_str(), dropped["mac"].as_str()), (Some("WARN"), Some("00908f0000ee")));
    found(&world, &root, "an alarm that cannot be read is refused").await;
    found(&world, &root, "firmware nothing.img is not there (404)").await;
    world.generate().await;
    found(&world, &root, "a run of test published").await;
    world.stop().await;
}

/// LOG-03, LOG-06, LOG-07, SEC-23: what is done in the API is a line of the web-admin log; refused logins
/// and shown secrets are warnings.
#[tokio::test]
async fn log_03_actions_are_lines_of_the_web_admin_log() {
    let world = World::administered().await;
    let root = world.root().await;
    root.post("/regions", &json!({ "name": "Berlin" })).await;
    let refused = Client::anonymous(&world)
        .send("POST", "/session", &json!({ "name": "ACLadmin", "password": "wrong" }))
        .await;
    assert_eq!(refused.status, 401);
    world.app().flush_log().await.unwrap();
    let all = root.read(&format!("{WEB_ADMIN}?lines=500")).await;
    assert_eq!(all["file"], "IPP_web_admin_log.txt", "LOG-10");
    let made = items(&all).iter().find(|item| item["action"] == "region.create").unwrap();
    assert_eq!((made["actor"].as_str(), made["level"].as_str()), (Some("acladmin"), Some("INFO")));
    assert!(made["line"].as_str().unwrap().ends_with("INFO      acladmin: region.create region Berlin"));
    let warnings = async || root.read(&format!("{WEB_ADMIN}?level=WARN")).await;
    let severe = until(warnings, |page| !items(page).is_empty()).await;
    let refused = &items(&severe)[0];
    assert_eq!(items(&severe).len(), 1, "{severe}");
    assert_eq!(
        (refused["actor"].as_str(), refused["action"].as_str()),
        (Some("acladmin"), Some("session.refused"))
    );
    assert!(refused["subject"].as_str().unwrap().starts_with("login from 127."));
    assert!(items(&root.read(&format!("{WEB_ADMIN}?level=ERROR")).await).is_empty());
    assert_eq!(root.get(&format!("{WEB_ADMIN}?level=TRACE")).await.status, 422);
    world.stop().await;
}

/// LOG-07, LOG-08, LOG-09, LOG-13, AMB-84: of 200 lines exactly so many as are asked for, the newest; none
/// where they are hidden; each level shows itself and what is more severe; pages make the whole.
#[tokio::test]
async fn log_09_levels_and_counts_are_exact() {
    let world = World::administered().await;
    let root = world.root().await;
    let store = world.app().store();
    let entry = |number: i64| ActivityEntry {
        at: Timestamp::from_millis(1_767_225_600_000 + number),
        level: LogLevel::ALL[usize::try_from(number).unwrap() % 5],
        region: None,
        mac: None,
        text: LogText::of(&format!("line {number}")),
    };
    store.commit(Batch::of(LogChange::Activity((0..200).map(entry).collect()))).await.unwrap();
    let audit = (0..200).map(|number| {
        let action = if number % 4 == 0 { "session.refused" } else { "region.update" };
        AuditEntry::new(Timestamp::from_millis(number), "anna", action, format!("region {number}"))
    });
    store.commit(Batch { audit: audit.collect(), ..Batch::default() }).await.unwrap();
    for path in [ACTIVITY, WEB_ADMIN] {
        let newest = numbers(&root.read(&format!("{path}?lines=1")).await)[0];
        for count in [0, 10, 20, 30, 40, 50, 100] {
            let page = root.read(&format!("{path}?lines={count}")).await;
            let expected: Vec<u64> = (0..count).map(|back| newest - back).collect();
            assert_eq!(numbers(&page), expected, "{path} {count}");
            assert_eq!(page["next"].is_null(), count == 0, "{path} {count}");
        }
        assert_eq!(root.get(&format!("{path}?lines=501")).await.status, 400);
        assert_eq!(root.get(&format!("{path}?lines=-1")).await.status, 400);
        let (mut paged, mut after) = (Vec::new(), String::new());
        loop {
            let page = root.read(&format!("{path}?lines=70{after}")).await;
            paged.extend(numbers(&page));
            let Some(next) = page["next"].as_u64() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(paged, (1..=newest).rev().collect::<Vec<_>>(), "{path}");
    }
    for (at, level) in LogLevel::ALL.into_iter().enumerate() {
        let page = root.read(&format!("{ACTIVITY}?lines=500&level={level}")).await;
        let expected: Vec<u64> = (1..=200).rev().filter(|number| (number - 1) % 5 <= at as u64).collect();
        assert_eq!(numbers(&page), expected, "{level}");
        let ten = root.read(&format!("{ACTIVITY}?lines=10&level={level}")).await;
        assert_eq!(numbers(&ten), expected[..10], "{level}");
    }
    let severe = root.read(&format!("{WEB_ADMIN}?lines=500&level=WARN")).await;
    assert_eq!(items(&severe).len(), 50);
    assert!(items(&severe).iter().all(|item| item["level"] == "WARN"));
    world.stop().await;
}

/// LOG-10, LOG-11, AMB-83: the logs are saved as text files of their names, the oldest line first, however
/// long they are, and by level.
#[tokio::test]
async fn log_11_the_logs_are_saved_as_files() {
    let world = World::administered().await;
    let root = world.root().await;
    let entry = |number: i64| ActivityEntry {
        at: Timestamp::from_millis(1_767_225_600_000 + number),
        level: if number % 1_000 == 7 { LogLevel::Error } else { LogLevel::Verbose },
        region: None,
        mac: "00908f000001".parse().ok(),
        text: LogText::of(&format!("line {number}")),
    };
    for from in [0, 1_000, 2_000] {
        let lines = (from..from + 1_000).map(entry).collect();
        world.app().store().commit(Batch::of(LogChange::Activity(lines))).await.unwrap();
    }
    let saved = root.get(&format!("{ACTIVITY}/file")).await;
    assert_eq!((saved.status, saved.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    let disposition = saved.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"IPP_activity_log.txt\""), "{disposition}");
    assert_eq!(saved.header("x-content-type-options"), Some("nosniff"));
    let mut expected = String::new();
    for number in 0..3_000 {
        let ActivityEntry { at, level, .. } = entry(number);
        writeln!(expected, "{at} {level:<9} 00908f000001 line {number}").unwrap();
    }
    assert!(saved.text() == expected, "{}", &saved.text()[..300]);
    let severe = root.get(&format!("{ACTIVITY}/file?level=error")).await;
    assert_eq!(severe.text().lines().count(), 3);

    let saved = root.get(&format!("{WEB_ADMIN}/file")).await;
    let disposition = saved.header("content-disposition").unwrap();
    assert!(disposition.contains("\"IPP_web_admin_log.txt\""), "{disposition}");
    let mut shown = root.read(&format!("{WEB_ADMIN}?lines=500")).await;
    shown["items"].as_array_mut().unwrap().reverse();
    assert_eq!(saved.text().lines().collect::<Vec<_>>(), lines(&shown));
    world.stop().await;
}

/// LOG-18, A16, A23, T26: line breaks and markup in what phones and people say add no line and no markup.
#[tokio::test]
async fn log_18_no_text_adds_a_line_or_markup() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.region("<b>R&D<b>", |_| {}).await;
    let mut one = registered(&world, 1, &region).await;
    let forged = "x\u{2028}2026-01-01T00:00:00.000Z ERROR     forged\u{85}<script>alert(1)</script>\u{202e}";
    let refused = one.raise(&Alarm::new("N", forged, Severity::Major)).await;
    assert!(refused.is_err(), "a control character is refused at the door");
    found(&world, &root, "an alarm that cannot be read is refused").await;
    let forged = forged.replace('\u{85}', "");
    one.raise(&Alarm::new("<img src=x>", &forged, Severity::Major)).await.unwrap();
    found(&world, &root, "alarm raised (major): \\u{3c}img src=x\\u{3e}: x\\u{2028}2026-01-01").await;
    let name = "Bob <script>alert(1)</script>";
    root.post("/regions", &json!({ "name": "S", "description": name })).await;
    root.account("<i>mallory<i>", "monitoring", json!("all")).await;
    for path in [ACTIVITY, WEB_ADMIN] {
        let page = root.read(&format!("{path}?lines=500")).await;
        let saved = root.get(&format!("{path}/file")).await;
        let text = saved.text();
        assert!(!text.contains(['<', '>', '\r', '\u{1b}', '\u{202e}']), "{text}");
        assert!(text.lines().all(|line| line.starts_with("20") && line.as_bytes()[23] == b'Z'), "{text}");
        assert!(text.lines().count() >= items(&page).len());
        for item in items(&page) {
            for member in ["line", "text", "actor", "action", "subject"] {
                let said = item[member].as_str().unwrap_or_default();
                assert!(!said.contains(['<', '>', '\n', '\r']), "{item}");
            }
        }
    }
    let events = root.read(&format!("/devices/{}/events?limit=200", id_of(&world, &one).await)).await;
    assert!(items(&events).iter().all(|item| !item["text"].as_str().unwrap().contains(['<', '\n'])));
    world.stop().await;
}

/// LOG-16, T22: after a full scenario no password, token or key is in a log, a file of a log, an event or
/// the export of the audit log.
#[tokio::test]
async fn log_16_no_secret_is_in_any_log() {
    const SECRETS: [&str; 6] =
        ["canary-sip", "canary-ldap", "canary-announcer", "canary-web", "canary-login", "canary-placeholder"];
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.region("Berlin", |_| {}).await;
    world.user("system", &region, Some("canary-announcer")).await;
    let ldap = json!({ "active": true, "server_address": "ldap.example.com", "password": "canary-ldap" });
    root.patch("/settings/ldap", &ldap).await;
    world.set(SharedScope::Region(region.id), "IPPhonePassword", Some("canary-web")).await;
    let user = world.user("3001", &region, Some("canary-sip")).await;
    let mut one = Phone::new(phone(1, Kind::Generic));
    world.device(&one, &user).await;
    one.boot(&world.region_url(&region)).await.unwrap();
    one.keep_alive().await.unwrap();
    let token = token_in(&last_url(&one, ".cfg")).unwrap().to_owned();
    let text = format!("cannot fetch {}", last_url(&one, ".cfg"));
    one.raise(&Alarm::new("DOWNLOAD FAILED", &text, Severity::Minor)).await.unwrap();
    let id = id_of(&world, &one).await;
    let path = format!("/devices/{id}/placeholders/SecretWord");
    let put = root.clone().header("if-match", "*");
    let _ = put.send("PUT", &path, &json!({ "value": "canary-placeholder", "secret": true })).await;
    root.post(&format!("/devices/{id}/file/reveal"), &Value::Null).await;
    for name in ["acladmin", "canary-login"] {
        let body = json!({ "name": name, "password": "canary-login" });
        let _ = Client::anonymous(&world).send("POST", "/session", &body).await;
    }
    let api = root.post("/tokens", &json!({ "name": "reader", "level": "monitoring", "days": 1 })).await;
    let api = api["secret"].as_str().unwrap().to_owned();
    Client::program(&world, &api).get("/regions").await;
    world.generate().await;
    found(&world, &root, "alarm raised (minor): DOWNLOAD FAILED: cannot fetch http").await;
    world.app().flush_log().await.unwrap();

    let mut secrets: Vec<&str> = SECRETS.to_vec();
    secrets.extend([token.as_str(), api.as_str(), PASSWORD]);
    let cookie = root.headers().find(|(name, _)| *name == "cookie").unwrap().1.to_owned();
    secrets.push(cookie.split_once('=').unwrap().1);
    for path in [
        format!("{ACTIVITY}?lines=500"),
        format!("{ACTIVITY}/file"),
        format!("{WEB_ADMIN}?lines=500"),
        format!("{WEB_ADMIN}/file"),
        "/audit?limit=500".to_owned(),
        "/audit/export".to_owned(),
        format!("/devices/{id}/events?limit=200"),
    ] {
        let answer = root.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.len() > 300, "{path}: {}", answer.text());
        for secret in &secrets {
            assert!(!answer.text().contains(secret), "{secret} in {path}: {}", answer.text());
        }
    }
    world.stop().await;
}

/// LOG-17: the settings bound the log, and say which lengths and ages are possible.
#[tokio::test]
async fn log_17_the_log_rotates_as_the_settings_say() {
    let world = World::administered().await;
    let root = world.root().await;
    for (member, value) in [
        ("activity_lines", json!(999)),
        ("activity_lines", json!(1_000_001)),
        ("activity_days", json!(0)),
        ("device_event_days", json!(366)),
        ("sample_days", json!(0)),
        ("level", json!("TRACE")),
        ("audit_days", json!(1)),
    ] {
        let edit = json!({ "logs": { member: value } });
        let answer = root.knowing("/settings").await.send("PATCH", "/settings", &edit).await;
        assert_eq!(answer.status, 422, "{member}: {}", answer.text());
    }
    let saved =
        root.patch("/settings", &json!({ "logs": { "activity_lines": 1_000, "level": "INFO" } })).await;
    assert_eq!(
        saved["logs"],
        json!({
            "level": "INFO", "activity_lines": 1_000, "activity_days": 30, "device_event_days": 90,
            "sample_days": 35, "alarm_days": 90,
        })
    );
    let at = world.app().ports().clock.now().wall;
    let entry = |number: i64| ActivityEntry {
        at,
        level: LogLevel::Info,
        region: None,
        mac: None,
        text: LogText::of(&format!("line {number}")),
    };
    let lines = (0..5_000).map(entry).collect();
    world.app().store().commit(Batch::of(LogChange::Activity(lines))).await.unwrap();
    world.app().tidy().await.unwrap();
    let saved = root.get(&format!("{ACTIVITY}/file")).await;
    let left: Vec<&str> = saved.text().lines().collect();
    assert_eq!(left.len(), 1_000);
    assert!(left[0].ends_with("line 4000") && left[999].ends_with("line 4999"), "{}", left[0]);

    let region = world.region("Berlin", |_| {}).await;
    let mut one = registered(&world, 1, &region).await;
    one.keep_alive().await.unwrap();
    found(&world, &root, "the phone is enrolled").await;
    let page = activity(&world, &root).await;
    assert!(items(&page).iter().all(|item| item["level"] != "VERBOSE"), "AMB-82: {page}");
    world.stop().await;
}

/// What the last requests had to say is there after a restart.
#[tokio::test]
async fn the_last_lines_survive_a_shutdown() {
    let data = tempfile::tempdir().unwrap();
    let config = configuration(data.path());
    let options = ipp_examples::demo::phones_on_this_machine;
    let server = ipp_examples::server::Server::start(&config, options()).await.unwrap();
    let at = server.listeners.iter().find(|open| open.role == ipp_examples::server::config::Role::Web);
    let request = common::wire::Request::get("/t/AAAAAAAAAAAAAAAAAAAAAA/firmwarefiles/last-words.img");
    assert_eq!(request.send(at.unwrap().address).await.status, 404);
    server.stop().await;
    let (ipp, _folder) = ipp_examples::server::open(&config, AppOptions::default()).await.unwrap();
    let all = ActivityFilter::all();
    let left = ipp.app().store().activity(all, Order::Ascending, Page::first(99)).await.unwrap();
    assert!(left.iter().any(|record| record.entry.text.as_str().contains("last-words.img")), "{left:?}");
}

/// SEC-22, A23: the exported audit log proves itself; what is altered or taken out of it shows.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the program itself is under test")]
async fn the_exported_audit_log_proves_itself() {
    let world = World::administered().await;
    let root = world.root().await;
    for number in 0..5 {
        root.post("/regions", &json!({ "name": format!("Region „{number}“") })).await;
    }
    let exported = root.get("/audit/export").await;
    assert!(exported.header("content-disposition").unwrap().contains("IPP_audit_log.jsonl"));
    let text = exported.text().to_owned();
    let count = text.lines().count();
    assert!(count >= 7, "{text}");
    let file = world.data().join("exported.jsonl");
    let verify = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ipp-server"));
        let output = command.args(["audit", "verify", "--file"]).arg(&file).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, said) = verify(&text);
    let last = text.lines().last().unwrap().rsplit("\"hash\":\"").next().unwrap().trim_end_matches("\"}");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with(&format!("{count} entries, each follows")) && said.contains(last), "{said}");
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("„2“")).collect();
    let without = kept.join("\n");
    for altered in [text.replace("„3“", "„9“"), without] {
        let (code, said) = verify(&altered);
        assert_eq!(code, Some(1));
        assert!(said.contains("is not what was written, or those before it are gone"), "{said}");
    }
    let (code, said) = verify("{\"number\":1}\n");
    assert_eq!(code, Some(1));
    assert!(said.contains("exported.jsonl: line 1 is not an entry of an audit log"), "{said}");
    world.stop().await;
}
