//! Regions, and who needs one.

mod common;

use common::{Handset, World, block_on};
use ipp_core::{
    app::{AppErrorKind, admin::users::NewUser},
    id::RegionId,
    store::{DeviceFilter, Page, Store, UserFilter},
    text::Label,
};

/// REG-07: where there is one region, every phone lands in it, whichever way it comes, and so do the
/// people who sign in.
#[test]
fn reg_07_a_single_region_is_the_whole_network() {
    let world = World::new();
    let region = world.region("Everywhere", |_| {});
    let boot = |mut phone: Handset| {
        phone.boot(&world);
        phone.started(&world);
        phone
    };
    boot(Handset::new(1).in_region("Everywhere")).signed_in("1001").registered(&world);
    let by_system_url = boot(Handset::new(2));
    let from_elsewhere = boot(Handset::new(3).in_region("Everywhere").at("203.0.113.3"));
    for waiting in [by_system_url, from_elsewhere] {
        let id = world.by_mac(waiting.mac).unwrap().device.value.id;
        world.approve(id, &region, None);
    }
    let user = world.user("1004", &region, None);
    world.device(common::mac(4), "430HD", &user);
    boot(Handset::new(4));

    let devices = block_on(world.store.devices(&DeviceFilter::all(), Page::first(9))).unwrap();
    assert_eq!(devices.len(), 4);
    for record in devices {
        let device = record.device.value;
        assert_eq!((device.region, device.token.is_some()), (Some(region.id), true), "{}", device.mac);
    }
    let users = block_on(world.store.users(&UserFilter::default(), Page::first(9))).unwrap();
    assert_eq!(users.iter().map(|user| user.value.region).collect::<Vec<_>>(), [region.id; 2]);
}

/// C31: a region that was renamed is found by its new name and by all former ones, and phones are told
/// the new one. A region that is given a former name of another has it from then on.
#[test]
fn c31_a_renamed_region_is_found_by_its_former_names() {
    let world = World::new();
    let region = world.region("North", |_| {});
    for name in ["Northern", "Uplands"] {
        world.edit_region(region.id, |region| region.name = name.parse().unwrap());
    }
    for (number, name) in (1..).zip(["North", "Northern", "Uplands", "NORTH"]) {
        let mut phone = Handset::new(number).in_region(name);
        let first = phone.boot(&world);
        assert!(first.contains("/r/Uplands/configfiles/"), "{name}: {first}");
        let id = world.let_in(&mut phone);
        assert_eq!(world.record(id).device.value.region, Some(region.id), "{name}");
    }
    let refused = block_on(world.admin().create_region("uplands".parse().unwrap(), |_| {})).unwrap_err();
    assert_eq!(refused.kind(), AppErrorKind::Conflict, "{refused}");
    world.region("North", |_| {});
    let text = Handset::new(5).in_region("North").boot(&world);
    assert!(text.contains("/r/North/configfiles/"), "{text}");
}

/// REG-09, SYU-03: nobody can be entered without a region that exists, the account `system` no more
/// than others; the refusal says why, and leaves nothing.
#[test]
fn reg_09_a_user_needs_a_region_that_exists() {
    let world = World::new();
    let settings = world.app.settings();
    for name in ["1001", "system"] {
        let new = NewUser {
            name: name.parse().unwrap(),
            display_name: Label::EMPTY,
            region: RegionId::from_bytes([9; 16]),
            password: Some("system".into()),
        };
        let refused = block_on(world.admin().create_user(new)).unwrap_err();
        assert_eq!(refused.kind(), AppErrorKind::Conflict);
        assert!(refused.to_string().contains("region does not exist"), "{refused}");
    }
    assert_eq!(block_on(world.store.users(&UserFilter::default(), Page::first(9))).unwrap(), []);
    assert_eq!(world.app.settings(), settings);
}

/// SYU-10: the account `system` is nobody with a phone: no device is counted or listed for it.
#[test]
fn syu_10_the_system_user_counts_as_no_phone() {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.system_user(&region);
    let counted = block_on(world.store.device_counts()).unwrap();
    assert_eq!(counted.iter().map(|(_, count)| count).sum::<u64>(), 0, "{counted:?}");
    assert_eq!(block_on(world.store.devices(&DeviceFilter::all(), Page::first(9))).unwrap(), []);
}

/// REG-10: a region that is used stays, and the refusal says by what.
#[test]
fn reg_10_the_refusal_lists_what_refers_to_the_region() {
    let world = World::new();
    let region = world.region("Used", |_| {});
    let user = world.user("2001", &region, None);
    world.user("2002", &region, None);
    world.device(common::mac(1), "430HD", &user);
    world.set(ipp_core::catalog::SharedScope::Region(region.id), "Foo", Some("1"));
    let refused = block_on(world.admin().delete_region(region.id)).unwrap_err();
    assert_eq!(refused.kind(), AppErrorKind::Conflict);
    assert_eq!(refused.to_string(), "the region is still in use by 2 users, 1 device, 1 placeholder");
    let free = world.region("Free", |_| {});
    block_on(world.admin().delete_region(free.id)).unwrap();
}
