//! How a phone is let in, and what it is from
//! then on.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{Handset, World, block_on, mac, value};
use ipp_core::{
    app::{enrol::TOKEN_CONFLICT, report::ReportAnswer},
    device::{Admission, BoundBy, RegionOrigin, Vlan, VlanMode},
    region::{Identity, Region},
    status::Registration,
    store::{AlarmFilter, Page, Store},
    token::Token,
};

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
    block_on(world.admin().approve(id, approval.clone())).unwrap();

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
    block_on(world.admin().approve(id, approval)).unwrap();
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
    let (_, id) = world.enrol(1, "R");
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

    let alarms = block_on(world.store.alarms(&AlarmFilter::default(), Page::first(10))).unwrap();
    assert_eq!(
        alarms.iter().map(|record| record.alarm.key.name.as_str()).collect::<Vec<_>>(),
        [TOKEN_CONFLICT]
    );
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
    let (_, other) = world.enrol(2, "R");
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

/// An open region lets a phone in by its MAC address alone, but only from the region's networks.
#[test]
fn an_open_region_works_from_its_networks_only() {
    let world = World::new();
    let closed = block_on(
        world.admin().create_region("No".parse().unwrap(), |region| region.identity = Identity::Open),
    );
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
    block_on(world.admin().delete_device(device.id)).unwrap();

    assert!(value(&phone.text(&world).unwrap(), "voip/line/0/auth_password").is_none());
    phone.registered(&world);
    let back = world.by_mac(phone.mac).unwrap();
    assert_eq!((back.device.value.admission, back.pin), (Admission::Pending, None));
    assert_ne!(back.device.value.id, device.id);

    block_on(world.admin().delete_device(back.device.value.id)).unwrap();
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
    let (_, zero_touch) = world.enrol(1, "A");
    let (_, approved) = world.enrol(2, "A");
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

fn open_region(world: &World) -> Region {
    world.region("Open", |region| {
        region.identity = Identity::Open;
        region.networks = vec!["198.51.100.0/24".parse().unwrap()];
    })
}
