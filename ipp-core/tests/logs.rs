//! The activity log, the web-admin log and the events of phones, through the use cases.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{net::IpAddr, time::Duration};

use common::{Handset, START, World, block_on, fleet::Fleet, mac, scene::Scene};
use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    alarm::{AlarmDetails, Severity},
    app::{
        AppErrorKind,
        admin::device_events::{Happened, What},
        alarms::Alert,
    },
    id::DeviceId,
    log::{
        Activity, LogLevel,
        activity::{ActivityRecord, FetchedFile, Message},
        web_admin,
    },
    region::Region,
    status::Registration,
    store::{ActivityFilter, AuditFilter, Order, Page, Store},
};

const MINUTE: Duration = Duration::from_mins(1);

/// What is written down, the oldest first.
fn lines(world: &World) -> Vec<ActivityRecord> {
    block_on(world.app.flush_log()).unwrap();
    let all = world.store.activity(ActivityFilter::all(), Order::Ascending, Page::first(100_000));
    block_on(all).unwrap()
}

fn texts(world: &World) -> Vec<(LogLevel, String)> {
    lines(world).into_iter().map(|record| (record.entry.level, record.entry.text.to_string())).collect()
}

fn alert(name: &str, description: &str, severity: Option<Severity>) -> Alert {
    Alert {
        source: None,
        name: name.to_owned(),
        description: description.to_owned(),
        severity,
        details: AlarmDetails::default(),
    }
}

fn events(world: &World, id: DeviceId) -> Vec<Happened> {
    block_on(world.app.flush_log()).unwrap();
    block_on(world.admin().device_events(id, Page::first(500))).unwrap()
}

/// What happened, in short, the latest first.
fn told(events: &[Happened]) -> Vec<String> {
    events.iter().map(|event| event.what.to_string()).collect()
}

fn of_region<'a>(world: &'a World, region: &Region) -> ipp_core::app::admin::Admin<'a, common::Shared> {
    let regions = Regions::Only([region.id].into());
    let role = Role::Regional { level: RegionalLevel::Operator, regions };
    world.app.admin(Caller::new("nora", None, role, false))
}

/// LOG-04: reports, alarms, fetches and silence are lines; nothing that phones do waits for its line.
#[test]
fn log_04_what_phones_do_is_written_down_with_the_next_flush() {
    let fleet = Fleet::new(1);
    let (world, (phone, id)) = (&fleet.world, &fleet.phones[0]);
    let before = lines(world).len();
    let writes = world.store.writes();
    phone.registered(world);
    phone.alarm(world, vec![alert("N", "line 0", Some(Severity::Major)), alert("N", "", None)]);
    let file = phone.file(world);
    world.app.note_fetch(FetchedFile::Private, Some(phone.mac), phone.request(), file.as_ref(), 304);
    assert_eq!(world.store.writes(), writes + 2, "the report and the alarm");
    assert_eq!(world.app.log_gauges().waiting, 5, "four lines and an event");
    fleet.pass(121 * MINUTE);
    let region = world.record(*id).device.value.region;
    let found = lines(world).split_off(before);
    let peer = phone.peer;
    let expected = [
        (LogLevel::Verbose, format!("keep-alive: registered, from {peer}")),
        (LogLevel::Warn, format!("alarm raised (major): N: line 0, from {peer}")),
        (LogLevel::Info, format!("all alarms cleared of N, from {peer}")),
        (LogLevel::Verbose, format!("own configuration file is what the phone has (304), from {peer}")),
        (LogLevel::Warn, "disconnected: silent for too long".to_owned()),
    ];
    let said: Vec<_> =
        found.iter().map(|record| (record.entry.level, record.entry.text.to_string())).collect();
    assert_eq!(said, expected);
    for record in &found {
        assert_eq!((record.entry.mac, record.entry.region), (Some(phone.mac), region));
    }
    assert_eq!(found[0].entry.at, START, "when it happened, not when it was written");
    assert_eq!(world.app.log_gauges().waiting, 0);
}

/// LOG-04, ALM-50, SEC-23: what strangers try is seen: alarms that are dropped, announcements and what
/// becomes of them, files that are not given, messages that cannot be read.
#[test]
fn alm_50_what_is_refused_is_counted_in_the_activity_log() {
    let world = World::new();
    world.region("R", |region| region.zero_touch = false);
    let mut stranger = Handset::new(7).in_region("R");
    stranger.report(&world, Registration::Started);
    stranger.boot(&world);
    stranger.started(&world);
    stranger.alarm(&world, vec![alert("N", "a", Some(Severity::Major)), alert("N", "b", None)]);
    world.app.note_fetch(FetchedFile::Private, Some(stranger.mac), stranger.request(), None, 404);
    let peer = stranger.peer;
    world
        .app
        .note(ipp_core::app::activity::About::stranger(None, peer), Activity::Unreadable(Message::Report));
    let found = texts(&world);
    let expected = [
        (LogLevel::Warn, "a report without a token is refused: its account cannot announce phones"),
        (LogLevel::Info, "an unknown phone reports and waits for approval"),
        (LogLevel::Warn, "2 alarms dropped: the sender is not known by its token"),
        (LogLevel::Warn, "own configuration file is not there (404)"),
        (LogLevel::Warn, "a report that cannot be read is refused"),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(level, text)| (level, format!("{text}, from {peer}"))).collect();
    assert_eq!(found, expected);
    for number in 100..=140 {
        let mut phone = Handset::new(number).in_region("R").at("10.9.9.9");
        phone.boot(&world);
        phone.started(&world);
    }
    let said =
        |world: &World, what: &str| texts(world).iter().filter(|(_, text)| text.contains(what)).count();
    assert_eq!(said(&world, "25 lines and events were left out"), 1, "16 of one source at once");
    let mut phone = Handset::new(141).in_region("R").at("10.9.9.9");
    phone.boot(&world);
    phone.started(&world);
    assert_eq!(said(&world, "is not taken: its source announced too many in an hour, from 10.9.9.9"), 1);
}

/// AMB-82: the setting decides what is recorded from then on; what was recorded before can still be read.
#[test]
fn amb_82_the_setting_decides_what_is_recorded() {
    let fleet = Fleet::new(1);
    let (world, (phone, _)) = (&fleet.world, &fleet.phones[0]);
    phone.registered(world);
    let before = lines(world).len();
    world.edit_settings(|settings| settings.logs.level = LogLevel::Info);
    phone.registered(world);
    phone.report(world, Registration::Offline);
    let found = lines(world);
    assert_eq!(found.len(), before + 1);
    assert_eq!(found.last().unwrap().entry.level, LogLevel::Info);
    assert!(found.iter().any(|record| record.entry.level == LogLevel::Verbose), "an old line");
}

/// LOG-17, A25: a burst is written down in part, a line says how many were left out, and neither a flood
/// of reports nor one of strangers pushes out what is severe.
#[test]
fn log_17_what_is_gathered_is_bounded() {
    let fleet = Fleet::new(1);
    let (world, (phone, _)) = (&fleet.world, &fleet.phones[0]);
    let before = lines(world).len();
    for number in 0..100_u32 {
        let stranger = Handset::new(1_000 + number % 2);
        for _ in 0..100 {
            world.app.note_fetch(FetchedFile::Private, None, stranger.request(), None, 404);
        }
    }
    for _ in 0..5_000 {
        phone.registered(world);
    }
    phone.alarm(world, vec![alert("N", "x", Some(Severity::Critical))]);
    assert_eq!(world.app.log_gauges().waiting, 2 * 16 + 2_000 + 1);
    let (left_out, writes) = (10_000 - 32 + 3_000, world.store.writes());
    let found = lines(world).split_off(before);
    assert_eq!(world.store.writes() - writes, 21, "a hundred lines each, so that nobody waits for all");
    assert_eq!(found.len(), 32 + 2_000 + 2);
    assert!(found.iter().any(|record| record.entry.text.as_str().starts_with("alarm raised (critical)")));
    let said = found.last().unwrap().entry.text.to_string();
    assert_eq!(said, format!("{left_out} lines and events were left out: too much happened at once"));
    let gauges = world.app.log_gauges();
    assert_eq!((gauges.waiting, gauges.left_out), (0, left_out));
    phone.registered(world);
    assert_eq!(lines(world).last().unwrap().entry.level, LogLevel::Verbose, "and it goes on");
}

/// T3, T31: what the store refuses is written later, once and in its order.
#[test]
fn t31_what_the_store_refuses_is_written_later() {
    for good in 0..6 {
        let fleet = Fleet::new(1);
        let (world, (phone, _)) = (&fleet.world, &fleet.phones[0]);
        let before = lines(world).len();
        for _ in 0..600 {
            phone.registered(world);
            world.clock.advance(Duration::from_millis(1));
        }
        world.store.fail_after(good);
        let outcome = block_on(world.app.flush_log());
        assert!(outcome.is_err(), "there are six batches of a hundred");
        phone.alarm(world, vec![alert("N", "x", Some(Severity::Critical))]);
        let found = lines(world).split_off(before);
        let times: Vec<_> = found.iter().map(|record| record.entry.at).collect();
        assert!(found.len() == 601 && times.is_sorted(), "{good}: {}", found.len());
    }
}

/// LOG-16, LOG-18, T22: what phones send is neutral in the log, and tells no token.
#[test]
fn log_16_no_line_tells_a_token() {
    let fleet = Fleet::new(1);
    let (world, (phone, _)) = (&fleet.world, &fleet.phones[0]);
    let token = phone.token.as_ref().unwrap().to_text();
    let text = format!("cannot fetch http://s/t/{token}/firmware/x.img\r\n<script>");
    phone.alarm(world, vec![alert(&format!("/t/{token}"), &text, Some(Severity::Minor))]);
    let name = format!("/t/{token}/x.cfg");
    world.app.note_fetch(FetchedFile::Named(name), None, phone.request(), None, 404);
    let found = texts(world);
    assert!(found.iter().all(|(_, text)| !text.contains(&token)), "{found:?}");
    let alarm = &found.iter().find(|(_, text)| text.contains("alarm raised")).unwrap().1;
    let told = "/t/…: cannot fetch http://s/t/…/firmware/x.img\\r\\n\\u{3c}script\\u{3e}";
    assert!(alarm.contains(told), "{alarm}");
}

/// LOG-03, SEC-23, T28: refused logins stand in the web-admin log, counted by account and source; a
/// password that was typed as the name does not.
#[test]
fn log_03_refused_logins_are_noted() {
    let world = World::new();
    let password = block_on(world.app.ensure_administrator()).unwrap().unwrap();
    let source: IpAddr = "192.0.2.7".parse().unwrap();
    for (name, password) in [
        ("acladmin", "wrong"),
        ("ACLADMIN", "wrong"),
        (password.as_str(), "acladmin"),
        ("acladmin", password.as_str()),
    ] {
        let outcome = block_on(world.app.log_in(name, password, source)).map_err(|error| error.kind());
        assert!(outcome.is_ok() || outcome.is_err_and(|kind| kind == AppErrorKind::Unauthenticated));
    }
    block_on(world.app.flush_log()).unwrap();
    let admin = world.admin();
    let log = |level| block_on(admin.web_admin_log(level, Order::Ascending, Page::first(99))).unwrap();
    let severe: Vec<_> = log(LogLevel::Warn).into_iter().map(|record| record.entry).collect();
    let noted: Vec<_> = severe
        .iter()
        .map(|entry| (entry.actor.as_str(), entry.subject.as_str(), entry.after.as_deref().unwrap()))
        .collect();
    assert_eq!(
        noted,
        [
            ("nobody", "login from 192.0.2.7", r#"{"times":1}"#),
            ("acladmin", "login from 192.0.2.7", r#"{"times":2}"#),
        ]
    );
    assert!(severe.iter().all(|entry| entry.action == web_admin::LOGIN_REFUSED));
    let all = log(LogLevel::Verbose);
    let whole = format!("{all:?}");
    assert!(!whole.contains(password.as_str()), "{whole}");
    assert!(all.iter().any(|record| record.entry.action == "session.begin"), "LOG-03: what was done");
    assert!(log(LogLevel::Error).is_empty());
    block_on(world.app.flush_log()).unwrap();
    assert_eq!(log(LogLevel::Warn).len(), 2, "noted once");
}

/// DEV-20: the events of a phone are what its rows, its files and the audit log tell, the latest first;
/// pages of them make the whole.
#[test]
fn dev_20_the_events_of_a_phone_are_one_list() {
    let scene = Scene::new();
    let (world, phone, id) = (&scene.world, &scene.phone, scene.id);
    let step = || world.clock.advance(MINUTE);
    step();
    phone.registered(world);
    for status in [200, 304, 304] {
        step();
        let file = phone.file(world);
        world.app.note_fetch(FetchedFile::Private, Some(phone.mac), phone.request(), file.as_ref(), status);
    }
    step();
    block_on(world.app.note_firmware("430HD.img", phone.request(), true, 206)).unwrap();
    step();
    world.set_own(id, "Foo", Some("7"));
    step();
    scene.generate();
    step();
    block_on(world.admin().revert_device(id, 1)).unwrap();
    step();
    phone.report(world, Registration::Offline);
    let all = events(world, id);
    let who = format!("device {}", phone.mac);
    assert_eq!(
        told(&all),
        [
            "offline after registered".to_owned(),
            format!("root: device.revert {who} to file 1"),
            "file 2 was published, from template T".to_owned(),
            format!("root: device.update {who}"),
            "fetched firmware 430HD.img (206)".to_owned(),
            "fetched its configuration file (304), from template T".to_owned(),
            "fetched its configuration file (200), from template T".to_owned(),
            "registered after started".to_owned(),
            "the first report: started".to_owned(),
            "file 1 was published, from template T".to_owned(),
            format!("phone {}: device.enrol {who}", phone.mac),
            "entered, or seen for the first time".to_owned(),
        ]
    );
    let again = &all[5];
    assert_eq!(
        (again.count, again.first_at, again.place.at),
        (2, START.plus(3 * MINUTE), START.plus(4 * MINUTE))
    );
    let What::Fetched { generation, .. } = again.what else { panic!("{again:?}") };
    let first = block_on(world.store.pins(id)).unwrap().pop().unwrap();
    assert_eq!((first.number, first.pin.generation), (1, generation));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = block_on(world.admin().device_events(id, Page { after, limit: 5 })).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place.clone());
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

/// A phone that fetches one thing all the time pushes nothing out of its history.
#[test]
fn repeated_fetches_push_nothing_out() {
    let scene = Scene::new();
    let (world, phone) = (&scene.world, &scene.phone);
    for _ in 0..1_000 {
        let file = phone.file(world);
        world.app.note_fetch(FetchedFile::Private, Some(phone.mac), phone.request(), file.as_ref(), 304);
        world.clock.advance(Duration::from_secs(1));
        block_on(world.app.flush_log()).unwrap();
    }
    let all = events(world, scene.id);
    assert_eq!(all[0].count, 1_000);
    assert!(told(&all).contains(&"the first report: started".to_owned()));
}

/// C28: a phone that was deleted and comes again has no former life.
#[test]
fn c28_a_phone_that_comes_again_has_no_former_events() {
    let fleet = Fleet::new(1);
    let (world, (_, id)) = (&fleet.world, &fleet.phones[0]);
    world.clock.advance(MINUTE);
    block_on(world.admin().delete_device(*id)).unwrap();
    world.clock.advance(MINUTE);
    let (phone, again) = world.enrol(1, "R");
    let found = told(&events(world, again));
    assert!(!found.iter().any(|text| text.contains("delete")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("device.enrol")), "{found:?}");
    let missing = block_on(world.admin().device_events(*id, Page::first(9))).unwrap_err();
    assert_eq!(missing.kind(), AppErrorKind::NotFound);
    assert_eq!(phone.mac, mac(1));
}

/// SEC-13, A19: who sees a phone now sees nothing of what was done to it in a region that it does not
/// see, nor the names of that region's templates.
#[test]
fn sec_13_events_tell_nothing_of_invisible_regions() {
    let scene = Scene::new();
    let (world, id) = (&scene.world, scene.id);
    let other = world.region("Other", |_| {});
    world.clock.advance(MINUTE);
    world.edit_device(id, |device| device.region = Some(other.id));
    world.clock.advance(MINUTE);
    world.set_own(id, "Foo", Some("9"));
    block_on(world.app.flush_log()).unwrap();
    let nora = of_region(world, &other);
    let hers = told(&block_on(nora.device_events(id, Page::first(99))).unwrap());
    assert!(hers.iter().any(|text| text.contains("device.update")), "{hers:?}");
    assert!(hers.iter().any(|text| text == "file 1 was published"), "{hers:?}");
    for text in &hers {
        assert!(!text.contains("device.enrol") && !text.contains("template T"), "{text}");
    }
    let before = of_region(world, &scene.region);
    let gone = block_on(before.device_events(id, Page::first(9))).unwrap_err();
    assert_eq!(gone.kind(), AppErrorKind::NotFound);
}

/// LOG-03: what is done to one phone is found by its address, whatever is said of it.
#[test]
fn what_is_done_to_a_phone_is_found_by_its_address() {
    let fleet = Fleet::new(2);
    let (world, (phone, id)) = (&fleet.world, &fleet.phones[0]);
    world.set_own(*id, "Foo", Some("1"));
    block_on(world.admin().set_device_placeholder(*id, None, "Foo".parse().unwrap(), None)).unwrap();
    let filter = AuditFilter { subject: Some(format!("device {}", phone.mac)), ..AuditFilter::all() };
    let found = block_on(world.store.audit(&filter, Order::Ascending, Page::first(9))).unwrap();
    let actions: Vec<_> = found.iter().map(|record| record.entry.action.as_str()).collect();
    assert_eq!(actions, ["device.enrol", "device.update", "device.placeholder"]);
}
