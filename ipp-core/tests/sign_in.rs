//! Appendix G and ZT-08: somebody signs in on a phone.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{Handset, World, block_on, mac, value};
use ipp_core::{
    catalog::SharedScope,
    device::BoundBy,
    id::DeviceId,
    store::{DeviceFilter, Page, Store},
};

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
    let phones_of = |user| {
        block_on(world.store.devices(&DeviceFilter::all().of_user(user), Page::first(9))).unwrap().len()
    };
    let b = world.record(id).device.value.owner.unwrap().user;
    assert_ne!(a, b);
    assert_eq!((phones_of(a), phones_of(b)), (0, 1));
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
    block_on(world.admin().generate(DeviceFilter::all())).unwrap();
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
    block_on(world.admin().generate(DeviceFilter::all())).unwrap();
    let file = phone.boot(&world);
    assert_eq!(value(&file, "voip/line/0/auth_password"), Some(SECRETS[0]));
    assert_eq!(value(&file, "system/password"), Some(SECRETS[2]), "the phone's own hides the region's");
    assert_eq!(value(&file, "system/ldap/password"), Some(SECRETS[3]));
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
