//! Reports and the disconnect rule, through the use cases.

mod common;

use std::time::Duration;

use common::{
    Handset, START, World, block_on,
    fleet::{Fleet, tick},
    mac,
    scene::enrol_as,
};
use ipp_core::{
    app::report::ReportAnswer,
    device::Admission,
    status::{Connectivity, Registration, StatusClass},
    store::{Batch, Change, DeviceFilter, Page, Store},
    time::Timestamp,
};

const MINUTE: Duration = Duration::from_mins(1);

/// A report is stored when it is answered: another node sees it, and a restart keeps it.
#[test]
fn a_report_is_durable_when_it_is_answered() {
    let fleet = Fleet::new(1);
    let (phone, id) = &fleet.phones[0];
    fleet.world.clock.advance(MINUTE);
    assert_eq!(phone.report(&fleet.world, Registration::Unregistered), ReportAnswer::Accepted);
    let status = fleet.world.record(*id).status.unwrap();
    assert_eq!((status.registration, status.last_seen), (Registration::Unregistered, START.plus(MINUTE)));
    assert_eq!((status.peer, status.details.user_agent), (phone.peer, phone.agent.clone()));
}

/// A report of a phone that is known is one change that expects nothing, so that a store may merge
/// it with others.
#[test]
fn a_report_of_a_known_phone_is_one_write() {
    let fleet = Fleet::new(1);
    let (reads, writes) = (fleet.world.store.reads(), fleet.world.store.writes());
    fleet.phones[0].0.registered(&fleet.world);
    assert_eq!((fleet.world.store.reads(), fleet.world.store.writes()), (reads, writes + 1));
    assert_eq!(fleet.world.store.batches().last(), Some(&1));
}

/// SYS-10: 119 minutes and 59 seconds of silence are none, 120 minutes are; SYS-12: the next report
/// brings the phone back.
#[test]
fn sys_10_two_hours_of_silence_disconnect_to_the_second() {
    let fleet = Fleet::new(1);
    assert_eq!(fleet.pass(119 * MINUTE), 0);
    fleet.world.clock.advance(Duration::from_secs(59));
    assert_eq!(tick(&fleet.world.app), 0, "119 min 59 s");
    assert_eq!(fleet.connectivity(0), Connectivity::Connected);
    fleet.world.clock.advance(Duration::from_secs(1));
    assert_eq!(tick(&fleet.world.app), 1, "120 min");
    assert_eq!(fleet.connectivity(0), Connectivity::Disconnected);
    assert_eq!(fleet.status(0).changed_at, START.plus(120 * MINUTE));
    assert_eq!(tick(&fleet.world.app), 0, "once");

    fleet.phones[0].0.report(&fleet.world, Registration::Offline);
    assert_eq!(
        (fleet.connectivity(0), fleet.status(0).registration),
        (Connectivity::Connected, Registration::Offline)
    );
}

/// T11, C17: three hours of server downtime disconnect nobody, whichever of sweep and heartbeat
/// comes first after the start; phones that are really gone are found a timeout later.
#[test]
fn t11_three_hours_of_downtime_disconnect_nobody() {
    let fleet = Fleet::new(3);
    fleet.pass(60 * MINUTE);
    fleet.world.clock.advance(180 * MINUTE);
    let app = fleet.world.open();
    assert_eq!(block_on(app.sweep()).unwrap().disconnected, 0, "before the first heartbeat");
    let mut disconnected = Vec::new();
    for minute in 1..=62 {
        fleet.world.clock.advance(MINUTE);
        if minute == 30 {
            let (phone, _) = &fleet.phones[0];
            block_on(app.report(&phone.status(Registration::Registered))).unwrap();
        }
        if tick(&app) > 0 {
            disconnected.push(minute);
        }
    }
    assert_eq!(disconnected, [60], "the two that were silent for an hour before and an hour after");
    assert_eq!(fleet.connectivity(0), Connectivity::Connected);
    assert_eq!(fleet.connectivity(1), Connectivity::Disconnected);
}

/// Downtime longer than any history counts no more than a short one.
#[test]
fn t11_a_year_of_downtime_disconnects_nobody() {
    let fleet = Fleet::new(1);
    fleet.pass(10 * MINUTE);
    fleet.world.clock.advance(365 * 24 * 60 * MINUTE);
    let app = fleet.world.open();
    assert_eq!(block_on(app.sweep()).unwrap().disconnected + tick(&app), 0);
}

/// T10, C16: setting the clock, by seconds or by years, disconnects nobody, and a phone that is
/// really gone is found in time after it; a phone that lives on stays connected and up to date.
#[test]
fn t10_clock_steps_neither_invent_nor_hide_silence() {
    const YEARS: i64 = 10 * 365 * 24 * 3_600_000;
    for step in [1_000, -1_000, 3_600_000, -3_600_000, 5 * 3_600_000, -5 * 3_600_000, YEARS, -YEARS] {
        let fleet = Fleet::new(2);
        fleet.pass(30 * MINUTE);
        let (alive, dead) = (&fleet.phones[0].0, 1);
        alive.registered(&fleet.world);
        let wall = fleet.world.ports.clock.now().wall;
        fleet.world.clock.set(Timestamp::from_millis(wall.as_millis() + step));

        let mut found = None;
        for half_minute in 1..=400_u32 {
            fleet.world.clock.advance(MINUTE / 2);
            if half_minute % 60 == 0 {
                alive.report(
                    &fleet.world,
                    if half_minute % 120 == 0 { Registration::Started } else { Registration::Registered },
                );
            }
            if tick(&fleet.world.app) > 0 {
                found.get_or_insert(30 + half_minute / 2);
            }
            assert_eq!(fleet.connectivity(0), Connectivity::Connected, "step {step}, after {half_minute}");
        }
        assert_eq!(fleet.connectivity(dead), Connectivity::Disconnected, "step {step}");
        // A step may cost the silence before it. One back that is shorter than the timeout may cost
        // its own length as well: of the time that passes twice nobody can tell the two passages apart.
        let latest = if step == -3_600_000 { 181 } else { 151 };
        let found = found.unwrap();
        assert!((120..=latest).contains(&found), "step {step}: found after {found} minutes");
        assert_eq!(fleet.status(0).registration, Registration::Started, "step {step}: the last report");
    }
}

/// C18, AMB-33: the effective timeout is at least two of the reporting periods that the phone was
/// told last, by whatever line told it.
#[test]
fn c18_the_timeout_follows_the_rendered_keep_alive() {
    let fleet = Fleet::new(1);
    assert_eq!(fleet.status(0).timeout, 120 * MINUTE);
    let id = fleet.phones[0].1;
    let report_and_see = || {
        fleet.phones[0].0.registered(&fleet.world);
        fleet.status(0).timeout
    };
    let region = fleet.world.record(id).device.value.region.unwrap();
    let regenerate = || block_on(fleet.world.admin().generate(DeviceFilter::all())).unwrap().published;

    fleet.world.set(ipp_core::catalog::SharedScope::Region(region), "KeepAlivePeriod", Some("150"));
    assert_eq!(report_and_see(), 120 * MINUTE, "not published yet");
    regenerate();
    assert_eq!(report_and_see(), 300 * MINUTE, "a placeholder");
    fleet.world.edit_region(region, |region| {
        region.lines = vec!["ems_server/keep_alive_period=200".parse().unwrap()];
    });
    assert_eq!(regenerate(), 1);
    assert_eq!(report_and_see(), 400 * MINUTE, "a line of the region stands below the template's");
    fleet
        .world
        .edit_device(id, |device| device.lines = vec!["ems_server/keep_alive_period = 250".parse().unwrap()]);
    assert_eq!(regenerate(), 1);
    assert_eq!(report_and_see(), 500 * MINUTE, "a line of the device below that");

    fleet.pass(499 * MINUTE);
    assert_eq!(fleet.connectivity(0), Connectivity::Connected);
    fleet.pass(2 * MINUTE);
    assert_eq!(fleet.connectivity(0), Connectivity::Disconnected);
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

/// DEV-07, DEV-09, DEV-12, DEV-14, AMB-48: lists of devices by model, by region, and by each of the three
/// statuses, of which *offline* is what is connected and not registered; and by several of these at once.
#[test]
fn dev_09_devices_are_listed_by_status_model_and_region() {
    let fleet = Fleet::new(4);
    let world = &fleet.world;
    let south = world.region("South", |_| {});
    let others = [("440HD", "R"), ("430HD", "South")];
    let others: Vec<_> =
        (5..).zip(others).map(|(at, (model, region))| enrol_as(world, at, model, region)).collect();
    fleet.pass(119 * MINUTE);
    for ((phone, _), said) in
        fleet.phones.iter().zip([Registration::Registered, Registration::Unregistered, Registration::Offline])
    {
        phone.report(world, said);
    }
    others[0].0.started(world);
    others[1].0.registered(world);
    fleet.pass(2 * MINUTE);

    let listed = |filter: DeviceFilter| {
        let records = block_on(world.store.devices(&filter, Page::first(100))).unwrap();
        let mut macs: Vec<_> = records.iter().map(|record| record.device.value.mac).collect();
        macs.sort_unstable();
        macs
    };
    let all = |numbers: &[u32]| numbers.iter().map(|number| mac(*number)).collect::<Vec<_>>();
    for class in [StatusClass::Registered, StatusClass::NonRegistered, StatusClass::Disconnected] {
        let expected: &[u32] = match class {
            StatusClass::Registered => &[1, 6],
            StatusClass::NonRegistered => &[2, 3, 5],
            StatusClass::Disconnected => &[4],
        };
        assert_eq!(listed(DeviceFilter::all().of_class(class)), all(expected), "{class:?}");
    }
    assert_eq!(listed(DeviceFilter::all().of_model("440HD".parse().unwrap())), all(&[5]));
    assert_eq!(listed(DeviceFilter::all().of_model("430HD".parse().unwrap())), all(&[1, 2, 3, 4, 6]));
    assert_eq!(listed(DeviceFilter::all().in_regions(vec![south.id])), all(&[6]));
    let both = DeviceFilter::all().of_class(StatusClass::NonRegistered).of_model("430HD".parse().unwrap());
    assert_eq!(listed(both), all(&[2, 3]));
    assert_eq!(listed(DeviceFilter::all()), all(&[1, 2, 3, 4, 5, 6]), "cleared");
}

/// AMB-49: registered, non-registered and disconnected are disjoint and together all phones.
#[test]
fn amb_49_the_classes_add_up() {
    let fleet = Fleet::new(6);
    let world = &fleet.world;
    fleet.phones[0].0.report(world, Registration::Offline);
    fleet.phones[1].0.report(world, Registration::Other("dnd".to_owned()));
    fleet.pass(119 * MINUTE);
    for (phone, _) in &fleet.phones[2..4] {
        phone.registered(world);
    }
    fleet.pass(2 * MINUTE);
    fleet.phones[0].0.report(world, Registration::Unregistered);
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
    let fleet = Fleet::new(1);
    fleet.world.clock.advance(MINUTE);
    fleet.phones[0].0.report(&fleet.world, Registration::Offline);
    let status = fleet.status(0);
    let late = ipp_core::status::StatusReport {
        device: fleet.phones[0].1,
        received_at: START.plus(MINUTE / 2),
        registration: Registration::Registered,
        timeout: MINUTE,
        peer: status.peer,
        proxied: false,
        details: status.details.clone(),
    };
    let change = Change::Status(ipp_core::store::StatusChange::Report(Box::new(late)));
    assert_eq!(block_on(fleet.world.store.commit(Batch::of(change))).unwrap().skipped, [0]);
    assert_eq!(fleet.status(0), status);
}
