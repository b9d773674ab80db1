//! What the driver does now and then: hourly figures, and taking out what is out of date.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Shared, World, block_on, fleet::Fleet, scene::Scene};
use ipp_core::{
    access::{Caller, Level, RegionalLevel, Regions, Role},
    app::{App, housekeeping::TidyReport},
    catalog::SharedScope,
    log::{Figures, Hour},
    store::{ActivityFilter, DeviceSequence, Order, Page, PinRecord, Store},
    time::Timestamp,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn tidy(app: &App<Shared>) -> TidyReport {
    block_on(app.tidy()).unwrap()
}

/// What a node does while time passes, half an hour at a time.
fn live(world: &World, time: Duration) {
    for _ in 0..time.as_secs() / 1_800 {
        world.clock.advance(30 * MINUTE);
        block_on(world.app.heartbeat()).unwrap();
        block_on(world.app.refresh()).unwrap();
        tidy(&world.app);
    }
}

fn lines(world: &World) -> usize {
    let all = world.store.activity(ActivityFilter::all(), Order::Ascending, Page::first(10_000));
    block_on(all).unwrap().len()
}

/// DASH-15: the figures of each hour are kept once, whoever looks first; an hour without a server is a
/// gap; everybody sees the sum over their own regions.
#[test]
fn dash_15_hours_are_kept_once_and_gaps_stay_gaps() {
    let fleet = Fleet::new(2);
    let world = &fleet.world;
    let other = world.region("Other", |_| {});
    world.enrol(9, "Other");
    let first = Hour::of(world.ports.clock.now().wall);
    assert!(tidy(&world.app).sampled && !tidy(&world.app).sampled);
    assert!(!tidy(&world.open()).sampled, "another node");
    let writes = world.store.writes();
    tidy(&world.app);
    assert_eq!(world.store.writes(), writes + 1, "one question, and nothing to do");
    world.clock.advance(3 * HOUR);
    block_on(world.app.sweep()).unwrap();
    fleet.phones[0].0.registered(world);
    assert!(tidy(&world.app).sampled);

    let figures = |registered, non_registered, disconnected| Figures {
        registered,
        non_registered,
        disconnected,
        pending: 0,
    };
    let last = Hour::of(world.ports.clock.now().wall);
    assert_eq!(last.number() - first.number(), 3);
    let all = block_on(world.admin().history(first, None)).unwrap();
    assert_eq!(all, [(first, figures(2, 1, 0)), (last, figures(1, 0, 2))]);
    let role = |regions| Role::Regional { level: RegionalLevel::Monitoring, regions };
    let of = |regions| world.app.admin(Caller::new("nora", None, role(regions), false));
    let hers = of(Regions::Only([other.id].into()));
    assert_eq!(block_on(hers.history(last, None)).unwrap(), [(last, figures(0, 0, 1))]);
    let r = world.app.snapshot().catalog.region_called("R").unwrap().id;
    let asked = block_on(hers.history(last, Some(&[r]))).unwrap();
    assert_eq!(asked, [(last, Figures::default())], "what is not seen is nothing");
    assert_eq!(hers.hours_ago(3), first);
}

/// LOG-17: the log has its length at once, and its age once the clock is to be believed.
#[test]
fn log_17_the_activity_log_rotates() {
    let fleet = Fleet::new(1);
    let (world, (phone, _)) = (&fleet.world, &fleet.phones[0]);
    world.edit_settings(|settings| {
        settings.logs.activity_lines = 1_000;
        settings.logs.activity_days = 2;
    });
    for _ in 0..1_500 {
        phone.registered(world);
    }
    block_on(world.app.flush_log()).unwrap();
    assert!(lines(world) > 1_500);
    let report = tidy(&world.app);
    assert_eq!((lines(world), report.more), (1_000, false));
    live(world, 3 * DAY);
    assert_eq!(lines(world), 0);
    phone.registered(world);
    block_on(world.app.flush_log()).unwrap();
    assert_eq!(lines(world), 1);
}

/// T10, LOG-17: a clock that is set years ahead by mistake costs nothing that is kept by its age.
#[test]
fn t10_a_clock_set_ahead_prunes_nothing() {
    let fleet = Fleet::new(1);
    let world = &fleet.world;
    block_on(world.app.flush_log()).unwrap();
    live(world, 2 * HOUR);
    let before = lines(world);
    assert!(before > 0);
    let right = world.ports.clock.now().wall;
    world.clock.set(right.plus(3_650 * DAY));
    live(world, HOUR / 2);
    world.clock.set(right.plus(HOUR / 2));
    live(world, HOUR / 2);
    assert_eq!(lines(world), before);
    let first = block_on(world.admin().history(Hour::of(Timestamp::from_millis(0)), None)).unwrap()[0].0;
    assert!(first.begins() < right);
}

/// C8: what nothing points to goes after a day; every file that is kept can still be made and gone back to.
#[test]
fn c8_generations_without_use_go_after_a_day() {
    let scene = Scene::new();
    let world = &scene.world;
    let generation_of = |pins: &[PinRecord], number| {
        pins.iter().find(|pin| pin.number == number).map(|pin| pin.pin.generation)
    };
    let first = generation_of(&block_on(world.store.pins(scene.id)).unwrap(), 1).unwrap();
    for edit in 0..6 {
        world.set(SharedScope::System, "Foo", Some(&format!("edit {edit}")));
        scene.generate();
    }
    // The template pointed to the first, too.
    world.publish_templates(&[scene.template.id]);
    let pins = block_on(world.store.pins(scene.id)).unwrap();
    assert_eq!(pins.len(), 5);
    let there = |id| block_on(world.store.generation(id)).unwrap().is_some();
    live(world, 23 * HOUR);
    assert!(there(first), "nothing points to it, for less than a day");
    live(world, 3 * HOUR);
    assert!(!there(first));
    for pin in &pins {
        assert!(there(pin.pin.generation));
        block_on(world.admin().revert_device(scene.id, pin.number)).unwrap();
        assert!(scene.file().contains(&format!("own=edit {}\n", pin.number - 2)), "{}", scene.file());
    }
    let published = world.app.snapshot().catalog.template(scene.template.id).unwrap().published;
    assert!(there(published.unwrap().generation), "what strangers get");
    world.set(SharedScope::System, "Foo", Some("1"));
    scene.generate();
    assert!(scene.file().contains("own=1\n"), "it comes again with its content");
}

/// Traces of devices that are gone stay until every node has seen them; a node that could not see for so
/// long relies on nothing that it has at hand.
#[test]
fn traces_of_devices_go_when_every_node_has_seen_them() {
    let world = World::new();
    world.region("R", |_| {});
    let (phone, id) = world.enrol(1, "R");
    let (_, stays) = world.enrol(2, "R");
    let other = world.open();
    block_on(other.refresh()).unwrap();
    let served = |app: &App<Shared>| {
        let file = block_on(app.configuration_file(phone.mac, phone.request())).unwrap();
        file.is_some_and(|file| file.is_private())
    };
    assert!(served(&other));
    live(&world, HOUR);
    block_on(world.admin().delete_device(id)).unwrap();
    let traces = || -> Vec<_> {
        let all = block_on(world.store.changed_devices(DeviceSequence(0), 99)).unwrap();
        all.into_iter().map(|(_, device)| device).collect()
    };
    live(&world, HOUR);
    assert_eq!(traces(), [stays, id]);
    live(&world, 3 * HOUR);
    assert_eq!(traces(), [stays]);
    assert!(!served(&world.app));
    assert!(served(&other), "it has not looked since");
    block_on(other.refresh()).unwrap();
    assert!(!served(&other));
}

/// A18, LOG-17: sessions that are over, tokens long after their end, and times of being able to receive
/// that nobody asks about go.
#[test]
fn what_is_over_goes() {
    let world = World::new();
    let password = block_on(world.app.ensure_administrator()).unwrap().unwrap();
    let source = "192.0.2.7".parse().unwrap();
    let session = block_on(world.app.log_in("acladmin", password.as_str(), source)).unwrap();
    let session =
        block_on(world.app.change_own_password(&session.who, password.as_str(), "a good long one", source));
    let session = session.unwrap();
    let admin = world.app.admin(session.who.caller.clone());
    let new = ipp_core::app::admin::tokens::NewToken {
        name: "reader".parse().unwrap(),
        level: Level::Monitoring,
        regions: Regions::All,
        days: 1,
    };
    block_on(admin.create_token(new)).unwrap();
    let account = session.who.caller.account().unwrap();
    let tokens = || block_on(world.store.api_tokens(account)).unwrap().len();
    let sessions = || block_on(world.store.sessions(&session.who.session.subject)).unwrap().len();
    block_on(world.app.heartbeat()).unwrap();
    live(&world, 2 * HOUR);
    assert_eq!((sessions(), tokens()), (0, 1), "a session ends after half an hour");
    live(&world, 30 * DAY);
    assert_eq!(tokens(), 1, "one that ended is still shown");
    live(&world, 2 * DAY);
    assert_eq!(tokens(), 0);
    let other = world.open();
    live(&world, 60 * DAY);
    block_on(other.heartbeat()).unwrap();
    let uptimes = || block_on(world.store.uptimes(Timestamp::from_millis(0))).unwrap().len();
    assert_eq!(uptimes(), 2);
    live(&world, 91 * DAY);
    assert_eq!(uptimes(), 1, "that of the node that lives");
}
