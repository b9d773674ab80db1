//! What an unknown phone gets.

mod common;

use common::{Handset, SERVER, World, block_on, mac, token, value};
use ipp_core::{
    device::Admission,
    store::{DeviceSequence, Store},
};

/// First contact answers the same for every MAC address and writes nothing, neither to the
/// catalogue nor to any device.
#[test]
fn first_contact_is_the_same_for_every_mac_and_writes_nothing() {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.publish_templates(&[world.builtin("430HD").id]);
    let (_, known) = world.enrol(1, "R");
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
    world.enrol(1, "R");
    let (_, disabled) = world.enrol(2, "R");
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
