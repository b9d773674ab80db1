//! Two nodes over one store: what one changes the other sees after `refresh`, and nothing that is
//! cached outlives its change.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{Handset, Shared, World, block_on, mac, template_xml, value};
use ipp_core::{
    app::App,
    catalog::SharedScope,
    device::{Admission, BoundBy},
    entropy::{Entropy, SeededEntropy, random},
    id::DeviceId,
    status::Registration,
    store::{Batch, CatalogChange, Change, DeviceFilter, PinChange, Store},
};

fn text(world: &World, app: &App<Shared>, phone: &Handset) -> Option<String> {
    let file = block_on(app.configuration_file(phone.mac, phone.request())).unwrap()?;
    let text = world.text(&file);
    Some(text)
}

/// A first contact without its token, which is fresh in each answer.
fn contact(world: &World, app: &App<Shared>) -> String {
    let mut phone = Handset::new(99).in_region("R");
    phone.token = Some(common::token(99));
    text(world, app, &phone).unwrap()
}

/// A change of the catalogue reaches the other node with its next refresh, and not before it.
#[test]
fn the_other_node_sees_catalogue_changes_after_a_refresh() {
    let world = World::new();
    world.region("R", |_| {});
    let other = world.open();
    world.system_user(world.app.snapshot().catalog.region_called("R").unwrap());
    let phone = Handset::new(1).in_region("New");
    world.region("New", |_| {});
    assert!(text(&world, &other, &phone).is_none(), "not refreshed yet");
    block_on(other.refresh()).unwrap();
    assert_eq!(other.snapshot().catalog, world.app.snapshot().catalog);
    assert_eq!(value(&text(&world, &other, &phone).unwrap(), "ems_server/user_name"), Some("system"));
}

/// Each change of a phone reaches the other node, whose copy is at hand: publication, revert, new
/// token, shut out, deleted.
#[test]
fn the_other_node_forgets_a_phone_that_changed() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let (phone, id) = world.enrol(1, "R");
    let other = world.open();
    let seen = |phone: &Handset| {
        block_on(other.refresh()).unwrap();
        let reads = world.store.reads();
        let first = text(&world, &other, phone);
        let loaded = world.store.reads() - reads;
        assert_eq!(text(&world, &other, phone), first);
        (first, loaded > 0)
    };
    let (first, loaded) = seen(&phone);
    assert!(loaded && first.is_some());
    assert_eq!(seen(&phone), (first.clone(), false), "at hand");

    world.edit_device(id, |device| device.vlan.id = Some(7));
    assert_eq!(seen(&phone).0, first, "stale, but not published");
    block_on(world.admin().generate(DeviceFilter::all())).unwrap();
    let second = seen(&phone).0.unwrap();
    assert!(second.contains("network/lan/vlan/id=7\n"));
    let revert = PinChange::Revert { device: id, number: 1 };
    block_on(world.store.commit(Batch::of(Change::Pin(revert)))).unwrap();
    assert_eq!(seen(&phone).0, first);

    let (new, _) = world.enrol(1, "R");
    assert!(!seen(&phone).0.unwrap().contains("user_name=00908f"), "the replaced token");
    assert!(seen(&new).0.unwrap().contains("user_name=00908f"));
    world.edit_device(id, |device| device.admission = Admission::Disabled);
    assert_eq!(seen(&new).0, None);
    block_on(world.admin().delete_device(id)).unwrap();
    assert!(!seen(&new).0.unwrap().contains("user_name=00908f"));
    assert!(world.app.snapshot().catalog.region(region.id).is_some());
}

/// Reports arrive at either node; a phone that one of them enrols is known to the other at once,
/// because what is not at hand is read.
#[test]
fn a_phone_enrolled_at_one_node_is_known_at_the_other() {
    let world = World::new();
    world.region("R", |_| {});
    let other = world.open();
    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    assert!(!text(&world, &other, &phone).unwrap().contains("user_name=00908f"), "asked before");
    phone.started(&world);
    assert!(text(&world, &other, &phone).unwrap().contains("user_name=00908f"));
    block_on(other.report(&phone.status(Registration::Registered))).unwrap();
    assert_eq!(world.by_mac(mac(1)).unwrap().status.unwrap().registration, Registration::Registered);
}

/// The law of every cache here: after any history of edits at one node, what both nodes answer is
/// what a node that has just started answers.
#[test]
fn nothing_that_is_cached_outlives_its_change() {
    let random_edits = SeededEntropy::new(42);
    let roll = |sides: u64| u64::from_le_bytes(random(&random_edits as &dyn Entropy)) % sides;
    let world = World::new();
    let region = world.region("R", |_| {});
    world.region("S", |_| {});
    let template = world.import(
        &template_xml(
            "430HD",
            "T",
            "g=%ITCS_Version%\n",
            "a=%ITCS_Version%\nvlan=%ITCS_VLANID%\nu=http://%ITCS_ServerIP%/\nzzz1_tenant_cfg=ENABLE",
        ),
        Some(&region),
        true,
    );
    let users = ["u1", "u2"].map(|name| world.user(name, &region, Some("1234")));
    // Each node reads all templates again with each change; the others are of no use here.
    let unused = world
        .app
        .snapshot()
        .catalog
        .templates()
        .filter(|of| of.model != template.model)
        .map(|of| of.id)
        .collect::<Vec<_>>();
    let changes = unused.into_iter().map(|id| CatalogChange::DeleteTemplate(id).into()).collect();
    block_on(world.store.commit(Batch { changes, ..Batch::default() })).unwrap();
    world.refresh();
    let other = world.open();
    let mut phones: Vec<(Handset, DeviceId)> = (1..=4).map(|number| enrol_as(&world, number)).collect();

    for round in 0..200_u64 {
        let at = usize::try_from(roll(4)).unwrap();
        let (phone, id) = phones[at].clone();
        let text_of_round = round.to_string();
        match roll(13) {
            0 => world.set(SharedScope::System, "Version", Some(&text_of_round)),
            1 => world.set(
                SharedScope::Region(region.id),
                "Version",
                (round % 3 > 0).then_some(&*text_of_round),
            ),
            2 => world
                .edit_region(region.id, |region| region.lines = vec![format!("r={round}").parse().unwrap()]),
            3 => world.edit_settings(|settings| {
                settings.phones.server.fqdn = Some(format!("h{round}.example").parse().unwrap());
            }),
            4 => world.edit_device(id, |device| device.vlan.id = Some(u16::try_from(round).unwrap())),
            5 => drop(block_on(world.admin().generate(DeviceFilter::all())).unwrap()),
            6 => world.publish_templates(&[template.id]),
            7 => {
                let number = world.record(id).pin.map_or(1, |pin| pin.number.saturating_sub(1));
                let revert = Change::Pin(PinChange::Revert { device: id, number });
                block_on(world.store.commit(Batch::of(revert))).unwrap();
                world.refresh();
            }
            8 => phones[at] = enrol_as(&world, u32::try_from(at).unwrap() + 1),
            9 => world.edit_device(id, |device| {
                let off = device.admission == Admission::Enrolled;
                device.admission = if off { Admission::Disabled } else { Admission::Enrolled };
            }),
            10 => {
                let owner = roll(3);
                world.edit_device(id, |device| {
                    let user = users.get(usize::try_from(owner).unwrap()).map(|user| user.id);
                    device.owner =
                        user.map(|user| ipp_core::device::Owner { user, bound_by: BoundBy::Administrator });
                });
            }
            11 => {
                phone.signed_in(["u1", "u2", "new"][usize::try_from(roll(3)).unwrap()]).registered(&world);
            }
            _ => {
                block_on(world.admin().delete_device(id)).unwrap();
                phones[at] = enrol_as(&world, u32::try_from(at).unwrap() + 1);
            }
        }
        let fresh = world.open();
        block_on(other.refresh()).unwrap();
        for app in [&world.app, &other] {
            assert_eq!(contact(&world, app), contact(&world, &fresh), "round {round}");
            assert_eq!(block_on(app.stale()).unwrap(), block_on(fresh.stale()).unwrap(), "round {round}");
            for (phone, _) in &phones {
                assert_eq!(answers(&world, app, phone), answers(&world, &fresh, phone), "round {round}");
            }
        }
    }
}

/// What a phone is answered: its own file and the global one, with their entity tags.
fn answers(world: &World, app: &App<Shared>, phone: &Handset) -> [Option<(String, String)>; 2] {
    let own = block_on(app.configuration_file(phone.mac, phone.request())).unwrap();
    let global = block_on(app.named_file("T_global.cfg", phone.request())).unwrap();
    // A first contact is answered under the token that the phone presents, so it is stable too.
    [own, global].map(|file| file.map(|file| (file.etag.to_string(), world.text(&file))))
}

/// Enrols the phone, by an administrator where it is shut out, and keeps the token alone: the
/// region is left out of its requests, as its private file's URLs do.
fn enrol_as(world: &World, number: u32) -> (Handset, DeviceId) {
    let mut phone = Handset::new(number).in_region("R");
    phone.boot(world);
    phone.started(world);
    let device = world.by_mac(phone.mac).unwrap().device.value;
    if device.admission == Admission::Disabled {
        // It stays shut out: its reports do nothing until somebody lets it in.
        world.edit_device(device.id, |device| device.admission = Admission::Enrolled);
        phone.started(world);
    }
    (phone, device.id)
}
