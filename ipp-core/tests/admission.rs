//! DESIGN section 4, *Identity of phones*: what a phone gets and does before, while and after it is
//! known.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Handset, SERVER, World, block_on, mac, token, value};
use ipp_core::{
    app::{enrol::TOKEN_CONFLICT, report::ReportAnswer},
    catalog::SharedScope,
    device::{Admission, BoundBy, Device, RegionOrigin, Vlan, VlanMode},
    id::DeviceId,
    region::{Identity, Region},
    status::Registration,
    store::{AlarmFilter, Batch, Change, DeviceChange, DeviceFilter, DeviceSequence, Page, Store},
    token::Token,
};

/// First contact answers the same for every MAC address and writes nothing, neither to the
/// catalogue nor to any device.
#[test]
fn first_contact_is_the_same_for_every_mac_and_writes_nothing() {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.publish_templates(&[world.builtin("430HD").id]);
    let known = enrolled(&world, 1, "R");
    let before =
        (world.store.writes(), block_on(world.store.changed_devices(DeviceSequence(0), 100)).unwrap());

    let mut stranger = Handset::new(2).in_region("R");
    stranger.token = Some(token(1));
    let expected = stranger.text(&world).unwrap();
    for number in [1, 2, 3, 0xff_ffff] {
        stranger.mac = mac(number);
        stranger.agent = common::handset::agent("430HD", mac(2));
        assert_eq!(stranger.text(&world).unwrap(), expected, "{number}");
    }

    assert!(expected.contains("voip/signalling/sip/port=5060"), "the template of the region and model");
    let after =
        (world.store.writes(), block_on(world.store.changed_devices(DeviceSequence(0), 100)).unwrap());
    assert_eq!(before, after);
    assert_eq!(world.record(known).device.value.region, Some(region.id));
}

/// A second client that knows a MAC address cannot tell whether the server knows it: the answers
/// are equal byte for byte but for the token that each one was given.
#[test]
fn a_stranger_cannot_tell_a_known_address_from_an_unknown_one() {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.system_user(&region);
    enrolled(&world, 1, "R");
    let disabled = enrolled(&world, 2, "R");
    world.edit_device(disabled, |device| device.admission = Admission::Disabled);
    world.device(mac(3), "430HD", &world.user("u", &region, Some("1234")));
    Handset::new(4).with_system_account().started(&world);

    for path_region in [None, Some("R")] {
        let mut answers = (1..=5).map(|number| {
            let mut other = Handset::new(number).at("10.77.0.1");
            other.region = path_region.map(str::to_owned);
            other.agent = common::handset::agent("430HD", mac(9));
            let text = other.boot(&world);
            let mut masked = text.replace(&other.token.as_ref().unwrap().to_text(), "<token>");
            // The same again under the token that it was given, and under another phone's address.
            masked.push_str(
                &other.text(&world).unwrap().replace(&other.token.as_ref().unwrap().to_text(), "<token>"),
            );
            masked
        });
        let first = answers.next().unwrap();
        assert!(answers.all(|answer| answer == first));
    }
}

/// The presented token is repeated while it is free, so that a phone's second fetch is answered
/// 304; otherwise a fresh one is minted.
#[test]
fn a_presented_token_is_repeated_while_it_is_unbound() {
    let world = World::new();
    world.region("R", |_| {});
    let mut phone = Handset::new(1).in_region("R");
    let (first, other) = (phone.file(&world).unwrap(), phone.file(&world).unwrap());
    assert_ne!(world.text(&first), world.text(&other), "without a token each answer has its own");

    phone.follow(&world.text(&first));
    let again = phone.file(&world).unwrap();
    assert_eq!((again.etag, world.text(&again)), (first.etag, world.text(&first)));

    phone.started(&world);
    let mut thief = Handset { mac: mac(2), ..phone.clone() };
    let minted = thief.boot(&world);
    assert_ne!(thief.token, phone.token, "a bound token is not handed to another address");
    assert!(value(&minted, "voip/line/0/id").is_none());
}

/// The region stays in the URLs of a first contact, percent-encoded, so that nothing needs to be
/// remembered; a region that does not exist has no file.
#[test]
fn the_region_is_in_the_urls_of_a_first_contact() {
    let world = World::new();
    world.region("ACL-Hong Kong", |_| {});
    let mut phone = Handset::new(1).in_region("acl-hong kong");
    let text = phone.boot(&world);
    let prefix = format!("{}/r/ACL-Hong%20Kong", phone.token.unwrap().prefix());
    assert_eq!(
        value(&text, "provisioning/configuration/url").unwrap(),
        format!("http://{SERVER}{prefix}/configfiles/")
    );
    assert_eq!(
        value(&text, "ems_server/provisioning/url").unwrap(),
        format!("http://{SERVER}:8080{prefix}/")
    );
    assert!(Handset::new(1).in_region("Nowhere").file(&world).is_none());
}

/// Without a region, or with a model that nobody knows, there are just the lines of option 160.
#[test]
fn an_unknown_model_gets_the_option_160_lines() {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.system_user(&region);
    let mut strange = Handset::new(1).in_region("R");
    strange.agent = common::handset::agent("999HD", mac(1));
    for phone in [Handset::new(1), strange] {
        let text = phone.text(&world).unwrap();
        assert_eq!(text.lines().count(), 7, "{text}");
        assert_eq!(value(&text, "ems_server/user_password"), Some(r#"{"VvlZOp5/5pM="}"#));
    }
}

/// ZT-08, ZT-09, ZT-11: from the region's networks a phone is enrolled without anybody's doing, has
/// its private file at once, and no user until somebody signs in.
#[test]
fn zt_09_zero_touch_enrols_at_once() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    assert_eq!(phone.started(&world), ReportAnswer::Accepted);

    let device = world.by_mac(phone.mac).unwrap().device.value;
    assert_eq!((device.admission, device.region, device.owner), (Admission::Enrolled, Some(region.id), None));
    assert_eq!(device.region_origin, RegionOrigin::Phone);
    let file = phone.boot(&world);
    assert_eq!(value(&file, "ems_server/user_name"), Some("00908f000001"));
    assert_eq!(phone.region, None, "the private file's URLs carry the token alone");
    assert!(value(&file, "voip/line/0/id").is_none());

    let mut phone = phone.signed_in("160000");
    phone.registered(&world);
    let device = world.by_mac(phone.mac).unwrap().device.value;
    assert_eq!(device.owner.unwrap().bound_by, BoundBy::SignIn);
    let file = phone.boot(&world);
    assert_eq!(value(&file, "voip/line/0/id"), Some("160000"));
    assert!(value(&file, "voip/line/0/auth_password").is_none());
}

/// SYU-06: two phones have different credentials of their own.
#[test]
fn syu_06_each_phone_has_its_own_rest_password() {
    let world = World::new();
    world.region("R", |_| {});
    let passwords = [1, 2].map(|number| {
        let mut phone = Handset::new(number).in_region("R");
        phone.boot(&world);
        phone.started(&world);
        value(&phone.boot(&world), "ems_server/user_password").unwrap().to_owned()
    });
    assert_ne!(passwords[0], passwords[1]);
    assert_eq!(passwords[0].len(), Token::LENGTH);
}

/// APR-05, APR-24, ZT-09: from elsewhere, with zero touch off, or with an unknown model a phone
/// waits; DHCP-39: a system URL names no region.
#[test]
fn apr_05_otherwise_a_phone_waits_and_gets_nothing_private() {
    let world = World::new();
    world.region("Auto", |_| {});
    let manual = world.region("Manual", |region| region.zero_touch = false);
    let mut strange = Handset::new(4).in_region("Auto");
    strange.agent = common::handset::agent("999HD", mac(4));
    let cases = [
        (Handset::new(1), None),
        (Handset::new(2).in_region("Manual"), Some(manual.id)),
        (
            Handset::new(3).in_region("Auto").at("203.0.113.9"),
            world.app.snapshot().catalog.region_called("Auto").map(|r| r.id),
        ),
        (strange, world.app.snapshot().catalog.region_called("Auto").map(|r| r.id)),
    ];
    for (mut phone, expected) in cases {
        let first = phone.boot(&world);
        assert_eq!(phone.started(&world), ReportAnswer::Accepted);
        let record = world.by_mac(phone.mac).unwrap();
        assert_eq!(
            (record.device.value.admission, record.device.value.region),
            (Admission::Pending, expected)
        );
        assert_eq!(
            record.status.unwrap().registration,
            Registration::Started,
            "APR-03: it is shown with its status"
        );
        assert_eq!(record.device.value.token, None);
        assert_eq!(phone.text(&world).unwrap(), first, "APR-27: the initial configuration still");
    }
}

/// APR-08 to APR-17, APR-21: approval binds the pending token, sets region, VLAN and user, and makes
/// the file.
#[test]
fn apr_09_approval_binds_the_pending_token_and_publishes() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let user = world.user("2001", &region, Some("sip-secret"));
    let mut phone = Handset::new(1);
    phone.boot(&world);
    phone.started(&world);
    let id = world.by_mac(phone.mac).unwrap().device.value.id;
    let approval = ipp_core::app::admin::devices::Approval {
        region: region.id,
        vlan: Vlan { mode: Some(VlanMode::Manual), id: Some(100), priority: Some(5) },
        user: Some(user.id),
        model: None,
    };
    block_on(world.app.approve(id, approval.clone())).unwrap();

    let file = phone.boot(&world);
    for (key, expected) in [
        ("network/lan/vlan/mode", "Manual"),
        ("network/lan/vlan/id", "100"),
        ("network/lan/vlan/priority", "5"),
        ("voip/line/0/id", "2001"),
        ("voip/line/0/auth_name", "2001"),
        ("voip/line/0/auth_password", "sip-secret"),
        ("voip/line/0/extension_display", "2001"),
    ] {
        assert_eq!(value(&file, key), Some(expected), "{key}");
    }
    // APR-28: a second approval changes nothing.
    let before = (world.store.writes(), world.record(id));
    block_on(world.app.approve(id, approval)).unwrap();
    assert_eq!(before, (world.store.writes(), world.record(id)));
}

/// APR-03, APR-23, AMB-26: without a user, and with VLAN mode *NONE*, nothing is written about them.
#[test]
fn apr_23_approval_without_a_user() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let mut phone = Handset::new(1);
    phone.boot(&world);
    phone.started(&world);
    let id = world.by_mac(phone.mac).unwrap().device.value.id;
    world.approve(id, &region, None);
    let file = phone.boot(&world);
    assert_eq!(value(&file, "network/lan/vlan/mode"), Some(""), "the default, which changes nothing");
    assert!(value(&file, "voip/line/0/id").is_none());
    assert_eq!(world.record(id).device.value.region_origin, RegionOrigin::Administrator);
}

/// A phone entered by form or CSV is bound at its first report from its region's networks, with its
/// user's secrets; from elsewhere it makes a request that an administrator grants.
#[test]
fn an_expected_phone_is_bound_from_its_regions_networks_only() {
    let world = World::new();
    let region = world.region("R", |region| region.zero_touch = false);
    let user = world.user("2001", &region, Some("sip-secret"));
    let near = world.device(mac(1), "430HD", &user);
    let far = world.device(mac(2), "430HD", &user);

    let mut phone = Handset::new(1);
    phone.boot(&world);
    phone.started(&world);
    assert_eq!(world.record(near.id).device.value.admission, Admission::Enrolled);
    assert_eq!(value(&phone.boot(&world), "voip/line/0/auth_password"), Some("sip-secret"));

    let mut phone = Handset::new(2).at("203.0.113.9");
    phone.boot(&world);
    phone.started(&world);
    let device = world.record(far.id).device.value;
    assert_eq!(
        (device.admission, device.token.is_some(), device.request.is_some()),
        (Admission::Expected, false, true)
    );
    assert!(value(&phone.text(&world).unwrap(), "voip/line/0/auth_password").is_none());
    world.approve(far.id, &region, None);
    assert_eq!(value(&phone.boot(&world), "voip/line/0/auth_password"), Some("sip-secret"));
}

/// A phone that was reset asks with a new token: granted at its own address at once, elsewhere by an
/// administrator; until then the bound token keeps the file (A5).
#[test]
fn a_new_token_is_granted_to_the_same_peer_only() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let id = enrolled(&world, 1, "R");
    let bound = |world: &World| world.record(id).device.value.token.unwrap().print;
    let first = bound(&world);

    let mut reset = Handset::new(1).in_region("R");
    reset.boot(&world);
    reset.started(&world);
    assert_ne!(bound(&world), first, "the same peer");
    assert!(reset.boot(&world).contains("ems_server/user_name=00908f000001\n"));
    let second = bound(&world);

    let mut other = Handset::new(1).in_region("R").at("10.9.9.9");
    let contact = other.boot(&world);
    assert_eq!(other.started(&world), ReportAnswer::Accepted);
    assert_eq!((bound(&world), other.text(&world).unwrap()), (second, contact));
    assert!(reset.text(&world).unwrap().contains("ems_server/user_name=00908f000001\n"));

    world.approve(id, &region, None);
    assert_ne!(bound(&world), second);
    assert!(other.text(&world).unwrap().contains("ems_server/user_name=00908f000001\n"));
    assert!(reset.file(&world).is_none_or(|file| !world.text(&file).contains("user_name=00908f")));
}

/// A superseded token that speaks again raises a conflict alarm and gets nothing.
#[test]
fn a_former_token_raises_a_conflict() {
    let world = World::new();
    world.region("R", |_| {});
    let mut old = Handset::new(1).in_region("R");
    old.boot(&world);
    old.started(&world);
    let id = world.by_mac(old.mac).unwrap().device.value.id;
    let mut new = Handset::new(1).in_region("R");
    new.boot(&world);
    new.started(&world);
    let bound = world.record(id).device.value.token;

    assert_eq!(old.registered(&world), ReportAnswer::Accepted);

    let alarms = block_on(world.store.alarms(&AlarmFilter::default(), 10)).unwrap();
    assert_eq!(alarms.iter().map(|alarm| alarm.key.name.as_str()).collect::<Vec<_>>(), [TOKEN_CONFLICT]);
    let record = world.record(id);
    assert_eq!(
        (record.device.value.token, record.status.unwrap().registration),
        (bound, Registration::Started)
    );
    assert!(value(&old.text(&world).unwrap(), "ems_server/user_name").is_none());
}

/// A token that is bound to one phone claims no other, known or not.
#[test]
fn a_token_of_another_phone_claims_nothing() {
    let world = World::new();
    world.region("R", |_| {});
    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    phone.started(&world);
    let other = enrolled(&world, 2, "R");
    let before = world.record(other);
    for number in [2, 3] {
        let liar = Handset { mac: mac(number), ..phone.clone() };
        assert_eq!(liar.registered(&world), ReportAnswer::Accepted);
    }
    assert_eq!(world.record(other), before);
    assert!(world.by_mac(mac(3)).is_none());
}

/// A disabled phone has no file, and its reports do nothing.
#[test]
fn a_disabled_phone_does_and_gets_nothing() {
    let world = World::new();
    world.region("R", |_| {});
    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    phone.started(&world);
    let id = world.by_mac(phone.mac).unwrap().device.value.id;
    world.edit_device(id, |device| device.admission = Admission::Disabled);
    let before = world.record(id);
    assert!(phone.file(&world).is_none());
    assert_eq!(phone.registered(&world), ReportAnswer::Accepted);
    let mut reset = Handset::new(1).in_region("R");
    reset.boot(&world);
    assert_eq!(reset.started(&world), ReportAnswer::Accepted);
    assert_eq!(world.record(id), before);
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
    let enrolled = enrolled(&world, 8, "R");
    let before = [world.record(expected.id), world.record(enrolled)];
    for number in [7, 8] {
        let report = Handset { mac: mac(number), ..phone.clone() };
        assert_eq!(report.registered(&world), ReportAnswer::Accepted);
    }
    assert_eq!(before, [world.record(expected.id), world.record(enrolled)]);
}

/// An open region lets a phone in by its MAC address alone, but only from the region's networks.
#[test]
fn an_open_region_works_from_its_networks_only() {
    let world = World::new();
    let closed =
        block_on(world.app.create_region("No".parse().unwrap(), |region| region.identity = Identity::Open));
    assert!(closed.is_err(), "without networks a region cannot be open");
    let region = open_region(&world);
    world.system_user(&region);
    world.publish_templates(&[world.builtin("430HD").id]);
    let mut phone = Handset::new(1).in_region("Open").at("198.51.100.7").with_system_account();

    let first = phone.boot(&world);
    assert!(!first.contains("/t/") && first.contains("/r/Open/"), "{first}");
    assert_eq!(phone.token, None);
    phone.started(&world);
    let private = phone.boot(&world);
    assert!(private.contains("ems_server/user_name=00908f000001\n"));
    assert!(!private.contains("/t/"));
    assert_eq!(phone.registered(&world), ReportAnswer::Accepted, "known by its address from now on");
    assert_eq!(world.by_mac(phone.mac).unwrap().status.unwrap().registration, Registration::Registered);
    let global = |phone: &Handset| {
        block_on(world.app.named_file("Audiocodes_430HD_global_GENERIC.cfg", phone.request())).unwrap()
    };
    assert!(global(&phone).is_some());

    let outside = Handset { peer: "198.51.101.7".parse().unwrap(), ..phone.clone() };
    assert!(!outside.text(&world).unwrap().contains("user_name=00908f"));
    assert!(global(&outside).is_none());
    outside.report(&world, Registration::Offline);
    assert_eq!(world.by_mac(phone.mac).unwrap().status.unwrap().registration, Registration::Registered);
}

/// A18: 32 new addresses an hour from one source, whatever becomes of them; other sources, and
/// phones that are known, are not concerned.
#[test]
fn a3_one_source_announces_32_phones_an_hour() {
    let world = World::new();
    world.region("R", |_| {});
    let flood = |from: u32| {
        for number in from..from + 40 {
            let phone = Handset {
                token: Some(Token::new([number as u8; 16])),
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
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(flood(100), 32 + 1 + 32);
}

/// The pending phones are capped in all; the longest silent goes first and comes back with its next
/// report.
#[test]
fn the_longest_silent_pending_phone_is_evicted_and_returns() {
    let world = World::new();
    world.edit_settings(|settings| settings.announcements.pending = 3);
    let phones: Vec<Handset> =
        (1..=5).map(|number| Handset { token: Some(token(number as u8)), ..Handset::new(number) }).collect();
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

/// C28, AMB-18: a deleted phone that reports again is unknown: it waits, or zero touch applies. Its
/// old file is gone.
#[test]
fn c28_a_deleted_phone_comes_back_as_unknown() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let user = world.user("u", &region, Some("sip-secret"));
    let device = world.device(mac(1), "430HD", &user);
    let mut phone = Handset::new(1);
    phone.boot(&world);
    phone.started(&world);
    phone.boot(&world);
    block_on(world.app.delete_device(device.id)).unwrap();

    assert!(value(&phone.text(&world).unwrap(), "voip/line/0/auth_password").is_none());
    phone.registered(&world);
    let back = world.by_mac(phone.mac).unwrap();
    assert_eq!((back.device.value.admission, back.pin), (Admission::Pending, None));
    assert_ne!(back.device.value.id, device.id);

    block_on(world.app.delete_device(back.device.value.id)).unwrap();
    phone.region = Some("R".to_owned());
    phone.started(&world);
    assert_eq!(world.by_mac(phone.mac).unwrap().device.value.admission, Admission::Enrolled);
}

/// AMB-110, ZT-12: a region that zero touch chose follows the URL that the phone comes by; one that
/// an administrator chose stays.
#[test]
fn amb_110_only_a_region_from_zero_touch_follows_the_url() {
    let world = World::new();
    let (a, b) = (world.region("A", |_| {}), world.region("B", |_| {}));
    let zero_touch = enrolled(&world, 1, "A");
    let approved = enrolled(&world, 2, "A");
    world.edit_device(approved, |device| device.region_origin = RegionOrigin::Administrator);
    for number in [1, 2] {
        let mut moved = Handset::new(number).in_region("B");
        moved.boot(&world);
        moved.started(&world);
    }
    assert_eq!(world.record(zero_touch).device.value.region, Some(b.id));
    assert_eq!(world.record(zero_touch).pin.unwrap().pin.region, Some(b.id));
    assert_eq!(world.record(approved).device.value.region, Some(a.id));
}

/// SGN-01 to SGN-03, AMB-47: the phone goes to whoever signed in last; SGN-05: an assignment by an
/// administrator stays.
#[test]
fn sgn_01_the_phone_goes_to_whoever_signed_in_last() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let mut phone = Handset::new(1).in_region("R").signed_in("a");
    phone.boot(&world);
    phone.started(&world);
    phone.registered(&world);
    let id = world.by_mac(phone.mac).unwrap().device.value.id;
    let a = world.record(id).device.value.owner.unwrap().user;

    phone.signed_in("b").registered(&world);
    let owned = |user| {
        block_on(world.store.devices(&DeviceFilter::all().of_user(user), Page::first(9))).unwrap().len()
    };
    let b = world.record(id).device.value.owner.unwrap().user;
    assert_ne!(a, b);
    assert_eq!((owned(a), owned(b)), (0, 1));
    assert_eq!(
        block_on(world.store.devices(&DeviceFilter::all(), Page::first(9))).unwrap().len(),
        1,
        "SGN-06"
    );

    let c = world.user("c", &region, None);
    let device = world.device(mac(2), "430HD", &c);
    let mut imported = Handset::new(2);
    imported.boot(&world);
    imported.started(&world);
    imported.signed_in("b").registered(&world);
    let owner = world.record(device.id).device.value.owner.unwrap();
    assert_eq!((owner.user, owner.bound_by), (c.id, BoundBy::Administrator));
}

/// A5: signing in as somebody releases none of the stored secrets.
#[test]
fn a5_a_sign_in_never_releases_a_stored_secret() {
    const SECRETS: [&str; 4] = ["canary-sip", "canary-web", "canary-own-web", "canary-ldap"];
    let world = World::new();
    let region = world.region("R", |_| {});
    let victim = world.user("victim", &region, Some(SECRETS[0]));
    world.set(SharedScope::Region(region.id), "IPPhonePassword", Some(SECRETS[1]));
    world.set(SharedScope::Region(region.id), "LDAPPassword", Some(SECRETS[3]));
    let mut phone = Handset::new(1).in_region("R").signed_in("victim");
    phone.boot(&world);
    phone.started(&world);
    let id = world.by_mac(phone.mac).unwrap().device.value.id;
    own_web_password(&world, id, SECRETS[2]);
    phone.registered(&world);
    assert_eq!(world.record(id).device.value.owner.unwrap().user, victim.id);
    block_on(world.app.generate(DeviceFilter::all())).unwrap();
    let file = phone.boot(&world);
    for secret in SECRETS {
        assert!(!file.contains(secret), "{secret}");
    }
    assert!(
        !file.contains("system/password=") && !file.contains("auth_password="),
        "their lines are left out"
    );

    // An administrator's word releases them.
    world.edit_device(id, |device| device.owner.as_mut().unwrap().bound_by = BoundBy::Administrator);
    block_on(world.app.generate(DeviceFilter::all())).unwrap();
    let file = phone.boot(&world);
    assert_eq!(value(&file, "voip/line/0/auth_password"), Some(SECRETS[0]));
    assert_eq!(value(&file, "system/password"), Some(SECRETS[2]), "the phone's own hides the region's");
    assert_eq!(value(&file, "system/ldap/password"), Some(SECRETS[3]));
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

fn enrolled(world: &World, number: u32, region: &str) -> DeviceId {
    let mut phone = Handset::new(number).in_region(region);
    phone.boot(world);
    phone.started(world);
    let device = world.by_mac(phone.mac).unwrap().device.value;
    assert_eq!(device.admission, Admission::Enrolled);
    device.id
}

fn open_region(world: &World) -> Region {
    world.region("Open", |region| {
        region.identity = Identity::Open;
        region.networks = vec!["198.51.100.0/24".parse().unwrap()];
    })
}

/// What the form of one phone does with a secret placeholder.
fn own_web_password(world: &World, id: DeviceId, password: &str) {
    use ipp_core::{
        placeholder::{ScopedValue, StoredValue},
        text::Label,
        vault::SealFor,
    };
    let sealed = world.ports.vault.seal_value(SealFor::DeviceOverride(id.as_bytes()), password).unwrap();
    world.edit_device(id, |device| {
        let value = ScopedValue { value: StoredValue::Secret(sealed), description: Label::EMPTY };
        device.overrides.insert("IPPhonePassword".parse().unwrap(), value);
    });
}
