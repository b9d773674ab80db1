//! Announcements without a token, and their bounds.

mod common;

use std::time::Duration;

use common::{Handset, World, block_on, mac, token};
use ipp_core::{
    app::report::ReportAnswer,
    device::{Admission, Device},
    id::DeviceId,
    status::Registration,
    store::{Batch, Change, DeviceChange, DeviceFilter, Page, Store},
    token::Token,
};

/// A3, T18: 32 new addresses an hour from one source, whatever becomes of them; other sources, and
/// phones that are known, are not concerned.
#[test]
fn a3_one_source_announces_32_phones_an_hour() {
    let world = World::new();
    world.region("R", |_| {});
    let flood = |from: u32| {
        for number in from..from + 40 {
            let phone = Handset {
                token: Some(Token::new([u8::try_from(number).unwrap(); 16])),
                ..Handset::new(number).at("10.0.0.9")
            };
            assert_eq!(phone.started(&world), ReportAnswer::Accepted);
        }
        block_on(world.store.devices(&DeviceFilter::all(), Page::first(1_000))).unwrap().len()
    };
    assert_eq!(flood(1), 32);
    let known = Handset { token: Some(Token::new([1; 16])), ..Handset::new(1).at("10.0.0.9") };
    known.registered(&world);
    assert_eq!(world.by_mac(mac(1)).unwrap().status.unwrap().registration, Registration::Registered);
    let elsewhere = Handset { token: Some(Token::new([200; 16])), ..Handset::new(200).at("10.0.0.10") };
    elsewhere.started(&world);
    assert!(world.by_mac(mac(200)).is_some());
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(flood(100), 32 + 1 + 32);
}

/// The pending phones are capped in all; the longest silent goes first and comes back with its next
/// report.
#[test]
fn the_longest_silent_pending_phone_is_evicted_and_returns() {
    let world = World::new();
    world.edit_settings(|settings| settings.announcements.pending = 3);
    let phones: Vec<Handset> = (1..=5)
        .map(|number| Handset { token: Some(token(u8::try_from(number).unwrap())), ..Handset::new(number) })
        .collect();
    let there = || phones.iter().map(|phone| world.by_mac(phone.mac).is_some()).collect::<Vec<_>>();
    for phone in &phones[..3] {
        world.clock.advance(Duration::from_secs(1));
        phone.started(&world);
    }
    world.clock.advance(Duration::from_secs(1));
    phones[0].started(&world);
    world.clock.advance(Duration::from_secs(1));
    phones[3].started(&world);
    assert_eq!(there(), [true, false, true, true, false], "2 was silent for longest");
    world.clock.advance(Duration::from_secs(1));
    phones[1].started(&world);
    assert_eq!(there(), [true, true, false, true, false]);
}

/// SYU-02, SYU-07: without a token a report is refused until the account `system` exists; then it
/// leaves at most a pending row, and a wrong password that can be checked is refused.
#[test]
fn syu_07_a_report_without_a_token_only_announces() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let phone = Handset::new(1).in_region("R").with_system_account();
    assert_eq!(phone.started(&world), ReportAnswer::Unauthorised);
    assert!(world.by_mac(phone.mac).is_none());

    world.system_user(&region);
    for (account, password) in [("", ""), ("system", "wrong"), ("other", "system"), ("system", "")] {
        let wrong = Handset { account: account.to_owned(), password: password.to_owned(), ..phone.clone() };
        assert_eq!(wrong.started(&world), ReportAnswer::Unauthorised, "{account} {password}");
    }
    let digest = "0123456789abcdef0123456789ABCDEF";
    for (number, password) in [(1, "system"), (2, r#"{"VvlZOp5/5pM="}"#), (3, digest)] {
        let mac = mac(number);
        let right =
            Handset { mac, account: "System".to_owned(), password: password.to_owned(), ..phone.clone() };
        assert_eq!(right.started(&world), ReportAnswer::Accepted, "{password}");
        assert_eq!(world.by_mac(mac).unwrap().device.value.admission, Admission::Pending, "{password}");
    }
    // Nor can it touch a phone that is expected or enrolled.
    let expected = world.device(mac(7), "430HD", &world.user("u", &region, None));
    let (_, enrolled) = world.enrol(8, "R");
    let before = [world.record(expected.id), world.record(enrolled)];
    for number in [7, 8] {
        let report = Handset { mac: mac(number), ..phone.clone() };
        assert_eq!(report.registered(&world), ReportAnswer::Accepted);
    }
    assert_eq!(before, [world.record(expected.id), world.record(enrolled)]);
}

/// ZT-10, SGN-06: the same report arriving twice at once, here and at another node, makes one phone
/// and is accepted both times.
#[test]
fn zt_10_two_nodes_that_meet_the_same_phone_make_one_row() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let quicker = Device {
        region: Some(region.id),
        ..Device::new(DeviceId::from_bytes([7; 16]), mac(1), Admission::Pending, common::START)
    };
    world.store.intrude(Batch::of(Change::Device(DeviceChange::Put(Box::new(quicker)))));
    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    assert_eq!(phone.started(&world), ReportAnswer::Accepted);
    let record = world.by_mac(phone.mac).unwrap();
    assert_eq!(
        (record.device.value.id, record.device.value.admission),
        (DeviceId::from_bytes([7; 16]), Admission::Enrolled)
    );
    assert!(record.status.is_some());
}
