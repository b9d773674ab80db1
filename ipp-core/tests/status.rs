//! Reports and the disconnect rule, through the use cases.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Handset, START, World, block_on, mac};
use ipp_core::{
    app::{App, report::ReportAnswer},
    device::Admission,
    id::DeviceId,
    status::{Connectivity, Registration, Status, StatusClass},
    store::{Batch, Change, Store},
    time::Timestamp,
};

const MINUTE: Duration = Duration::from_mins(1);

/// A world whose node beats and sweeps as its driver lets it.
struct Scene {
    world: World,
    phones: Vec<(Handset, DeviceId)>,
}

impl Scene {
    fn new(phones: u32) -> Self {
        let world = World::new();
        world.region("R", |_| {});
        block_on(world.app.heartbeat()).unwrap();
        let phones = (1..=phones)
            .map(|number| {
                let mut phone = Handset::new(number).in_region("R");
                phone.boot(&world);
                phone.started(&world);
                let id = world.by_mac(phone.mac).unwrap().device.value.id;
                phone.boot(&world);
                phone.registered(&world);
                (phone, id)
            })
            .collect();
        Self { world, phones }
    }

    /// Lets time pass in steps of half a minute, with heartbeats and sweeps.
    fn pass(&self, time: Duration) -> u64 {
        let half = Duration::from_secs(30);
        let steps = u32::try_from(time.as_secs() / 30).unwrap();
        let mut disconnected = 0;
        for _ in 0..steps {
            self.world.clock.advance(half);
            disconnected += tick(&self.world.app);
        }
        self.world.clock.advance(time.saturating_sub(half * steps));
        disconnected
    }

    fn status(&self, at: usize) -> Status {
        self.world.record(self.phones[at].1).status.unwrap()
    }

    fn connectivity(&self, at: usize) -> Connectivity {
        self.status(at).connectivity
    }
}

fn tick(app: &App<common::Shared>) -> u64 {
    block_on(app.heartbeat()).unwrap();
    block_on(app.sweep()).unwrap().disconnected
}

/// A report is stored when it is answered: another node sees it, and a restart keeps it.
#[test]
fn a_report_is_durable_when_it_is_answered() {
    let scene = Scene::new(1);
    let (phone, id) = &scene.phones[0];
    scene.world.clock.advance(MINUTE);
    assert_eq!(phone.report(&scene.world, Registration::Unregistered), ReportAnswer::Accepted);
    let status = scene.world.record(*id).status.unwrap();
    assert_eq!((status.registration, status.last_seen), (Registration::Unregistered, START.plus(MINUTE)));
    assert_eq!((status.peer, status.details.user_agent), (phone.peer, phone.agent.clone()));
}

/// A report of a phone that is known is one change that expects nothing, so that a store may merge
/// it with others.
#[test]
fn a_report_of_a_known_phone_is_one_write() {
    let scene = Scene::new(1);
    let (reads, writes) = (scene.world.store.reads(), scene.world.store.writes());
    scene.phones[0].0.registered(&scene.world);
    assert_eq!((scene.world.store.reads(), scene.world.store.writes()), (reads, writes + 1));
    assert_eq!(scene.world.store.batches().last(), Some(&1));
}

/// SYS-10: 119 minutes and 59 seconds of silence are none, 120 minutes are; SYS-12: the next report
/// brings the phone back.
#[test]
fn sys_10_two_hours_of_silence_disconnect_to_the_second() {
    let scene = Scene::new(1);
    assert_eq!(scene.pass(119 * MINUTE), 0);
    scene.world.clock.advance(Duration::from_secs(59));
    assert_eq!(tick(&scene.world.app), 0, "119 min 59 s");
    assert_eq!(scene.connectivity(0), Connectivity::Connected);
    scene.world.clock.advance(Duration::from_secs(1));
    assert_eq!(tick(&scene.world.app), 1, "120 min");
    assert_eq!(scene.connectivity(0), Connectivity::Disconnected);
    assert_eq!(scene.status(0).changed_at, START.plus(120 * MINUTE));
    assert_eq!(tick(&scene.world.app), 0, "once");

    scene.phones[0].0.report(&scene.world, Registration::Offline);
    assert_eq!(
        (scene.connectivity(0), scene.status(0).registration),
        (Connectivity::Connected, Registration::Offline)
    );
}

/// T11, C17: three hours of server downtime disconnect nobody, whichever of sweep and heartbeat
/// comes first after the start; phones that are really gone are found a timeout later.
#[test]
fn t11_three_hours_of_downtime_disconnect_nobody() {
    let scene = Scene::new(3);
    scene.pass(60 * MINUTE);
    scene.world.clock.advance(180 * MINUTE);
    let app = scene.world.open();
    assert_eq!(block_on(app.sweep()).unwrap().disconnected, 0, "before the first heartbeat");
    let mut disconnected = Vec::new();
    for minute in 1..=62 {
        scene.world.clock.advance(MINUTE);
        if minute == 30 {
            let (phone, _) = &scene.phones[0];
            block_on(app.report(&phone.status(Registration::Registered))).unwrap();
        }
        if tick(&app) > 0 {
            disconnected.push(minute);
        }
    }
    assert_eq!(disconnected, [60], "the two that were silent for an hour before and an hour after");
    assert_eq!(scene.connectivity(0), Connectivity::Connected);
    assert_eq!(scene.connectivity(1), Connectivity::Disconnected);
}

/// Downtime longer than any history counts no more than a short one.
#[test]
fn t11_a_year_of_downtime_disconnects_nobody() {
    let scene = Scene::new(1);
    scene.pass(10 * MINUTE);
    scene.world.clock.advance(365 * 24 * 60 * MINUTE);
    let app = scene.world.open();
    assert_eq!(block_on(app.sweep()).unwrap().disconnected + tick(&app), 0);
}

/// T10, C16: setting the clock, by seconds or by years, disconnects nobody, and a phone that is
/// really gone is found in time after it; a phone that lives on stays connected and up to date.
#[test]
fn t10_clock_steps_neither_invent_nor_hide_silence() {
    const YEARS: i64 = 10 * 365 * 24 * 3_600_000;
    for step in [1_000, -1_000, 3_600_000, -3_600_000, 5 * 3_600_000, -5 * 3_600_000, YEARS, -YEARS] {
        let scene = Scene::new(2);
        scene.pass(30 * MINUTE);
        let (alive, dead) = (&scene.phones[0].0, 1);
        alive.registered(&scene.world);
        let wall = scene.world.ports.clock.now().wall;
        scene.world.clock.set(Timestamp::from_millis(wall.as_millis() + step));

        let mut found = None;
        for half_minute in 1..=400_u32 {
            scene.world.clock.advance(MINUTE / 2);
            if half_minute % 60 == 0 {
                alive.report(
                    &scene.world,
                    if half_minute % 120 == 0 { Registration::Started } else { Registration::Registered },
                );
            }
            if tick(&scene.world.app) > 0 {
                found.get_or_insert(30 + half_minute / 2);
            }
            assert_eq!(scene.connectivity(0), Connectivity::Connected, "step {step}, after {half_minute}");
        }
        assert_eq!(scene.connectivity(dead), Connectivity::Disconnected, "step {step}");
        // A step may cost the silence before it. One back that is shorter than the timeout may cost
        // its own length as well: of the time that passes twice nobody can tell the two passages apart.
        let latest = if step == -3_600_000 { 181 } else { 151 };
        let found = found.unwrap();
        assert!((120..=latest).contains(&found), "step {step}: found after {found} minutes");
        assert_eq!(scene.status(0).registration, Registration::Started, "step {step}: the last report");
    }
}

/// C18, AMB-33: the effective timeout is at least two of the reporting periods that the phone was
/// told last, by whatever line told it.
#[test]
fn c18_the_timeout_follows_the_rendered_keep_alive() {
    let scene = Scene::new(1);
    assert_eq!(scene.status(0).timeout, 120 * MINUTE);
    let id = scene.phones[0].1;
    let report_and_see = || {
        scene.phones[0].0.registered(&scene.world);
        scene.status(0).timeout
    };
    let region = scene.world.record(id).device.value.region.unwrap();
    let regenerate =
        || block_on(scene.world.app.generate(ipp_core::store::DeviceFilter::all())).unwrap().published;

    scene.world.set(ipp_core::catalog::SharedScope::Region(region), "KeepAlivePeriod", Some("150"));
    assert_eq!(report_and_see(), 120 * MINUTE, "not published yet");
    regenerate();
    assert_eq!(report_and_see(), 300 * MINUTE, "a placeholder");
    scene.world.edit_region(region, |region| {
        region.lines = vec!["ems_server/keep_alive_period=200".parse().unwrap()];
    });
    assert_eq!(regenerate(), 1);
    assert_eq!(report_and_see(), 400 * MINUTE, "a line of the region stands below the template's");
    scene
        .world
        .edit_device(id, |device| device.lines = vec!["ems_server/keep_alive_period = 250".parse().unwrap()]);
    assert_eq!(regenerate(), 1);
    assert_eq!(report_and_see(), 500 * MINUTE, "a line of the device below that");

    scene.pass(499 * MINUTE);
    assert_eq!(scene.connectivity(0), Connectivity::Connected);
    scene.pass(2 * MINUTE);
    assert_eq!(scene.connectivity(0), Connectivity::Disconnected);
}

/// C18: a phone without a file of its own was told the period of the settings.
#[test]
fn c18_a_pending_phone_has_the_period_of_the_settings() {
    let world = World::new();
    world.edit_settings(|settings| settings.phones.keep_alive_minutes = 300);
    let mut phone = Handset::new(1);
    phone.boot(&world);
    phone.started(&world);
    assert_eq!(world.by_mac(phone.mac).unwrap().status.unwrap().timeout, 600 * MINUTE);
}

/// AMB-49: registered, non-registered and disconnected are disjoint and together all phones.
#[test]
fn amb_49_the_classes_add_up() {
    let scene = Scene::new(6);
    let world = &scene.world;
    scene.phones[0].0.report(world, Registration::Offline);
    scene.phones[1].0.report(world, Registration::Other("dnd".to_owned()));
    scene.pass(119 * MINUTE);
    for (phone, _) in &scene.phones[2..4] {
        phone.registered(world);
    }
    scene.pass(2 * MINUTE);
    scene.phones[0].0.report(world, Registration::Unregistered);
    let region = world.app.snapshot().catalog.region_called("R").unwrap().clone();
    world.device(mac(70), "430HD", &world.user("u", &region, None));
    Handset { token: Some(common::token(71)), ..Handset::new(71) }.started(world);

    let counts = block_on(world.store.device_counts()).unwrap();
    let of = |class| counts.iter().filter(|(key, _)| key.class == class).map(|(_, count)| count).sum::<u64>();
    assert_eq!(
        (of(StatusClass::Registered), of(StatusClass::NonRegistered), of(StatusClass::Disconnected)),
        (2, 3, 3),
        "an expected phone and a pending one are not registered"
    );
    let pending = counts
        .iter()
        .filter(|(key, _)| key.admission == Admission::Pending)
        .map(|(_, count)| count)
        .sum::<u64>();
    assert_eq!((counts.iter().map(|(_, count)| count).sum::<u64>(), pending), (8, 1));
}

/// C14: a report that was received earlier changes nothing when it arrives late over another node.
#[test]
fn c14_an_older_report_changes_nothing() {
    let scene = Scene::new(1);
    scene.world.clock.advance(MINUTE);
    scene.phones[0].0.report(&scene.world, Registration::Offline);
    let status = scene.status(0);
    let late = ipp_core::status::StatusReport {
        device: scene.phones[0].1,
        received_at: START.plus(MINUTE / 2),
        registration: Registration::Registered,
        timeout: MINUTE,
        peer: status.peer,
        proxied: false,
        details: status.details.clone(),
    };
    let change = Change::Status(ipp_core::store::StatusChange::Report(Box::new(late)));
    assert_eq!(block_on(scene.world.store.commit(Batch::of(change))).unwrap().skipped, [0]);
    assert_eq!(scene.status(0), status);
}
