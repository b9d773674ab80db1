//! *Publishing pins inputs, not bytes*: an edit makes phones stale, *Generate*
//! publishes.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::{
    Handset, World, block_on,
    fleet::put_bound,
    mac,
    scene::{MODEL, Scene, enrol},
    template_xml,
};
use ipp_core::{
    app::publish::{GenerateReport, Stale, WINDOW},
    catalog::SharedScope,
    device::Owner,
    region::Identity,
    store::{Batch, Change, DeviceFilter, Expected, Page, PinChange, Row, Store},
};

/// TPL-41, TPL-47, PLH-30, MUL-11, C7: after an edit of any scope the served file is the same until
/// *Generate*, and the phone counts as stale; afterwards it shows the edit and is current. GEN-14: a
/// server that is given a name stands in the URLs by that name.
#[test]
fn plh_30_an_edit_makes_stale_and_generate_publishes() {
    type Edit = (&'static str, fn(&Scene), &'static str);
    let edits: [Edit; 9] = [
        ("system placeholder", |s| s.world.set(SharedScope::System, "Foo", Some("2")), "own=2\n"),
        (
            "model placeholder",
            |s| s.world.set(SharedScope::Model(MODEL.parse().unwrap()), "Foo", Some("2")),
            "own=2\n",
        ),
        (
            "region placeholder",
            |s| s.world.set(SharedScope::Region(s.region.id), "Foo", Some("2")),
            "own=2\n",
        ),
        (
            "setting",
            |s| {
                s.world.edit_settings(|settings| {
                    settings.phones.server.fqdn = Some("x.example".parse().unwrap());
                });
            },
            "http://x.example/",
        ),
        (
            "region lines",
            |s| s.world.edit_region(s.region.id, |region| region.lines = vec!["r=2".parse().unwrap()]),
            "r=2\n",
        ),
        ("template", |s| s.rewrite("", "new=line"), "new=line\n"),
        ("device", |s| s.world.edit_device(s.id, |device| device.vlan.id = Some(2)), "vlan=2\n"),
        (
            "device lines",
            |s| s.world.edit_device(s.id, |device| device.lines = vec!["d=2".parse().unwrap()]),
            "d=2\n",
        ),
        (
            "chosen template",
            |s| {
                let other = s.world.import(&template_xml(MODEL, "Other", "", "other=1"), None, false);
                s.world.edit_device(s.id, |device| device.template = Some(other.id));
            },
            "other=1\n",
        ),
    ];
    for (what, edit, expected) in edits {
        let scene = Scene::new();
        let before = scene.file();
        assert_eq!(scene.stale(), Stale { published: 1, stale: 0 }, "{what}");
        assert_eq!(scene.generate(), GenerateReport { unchanged: 1, ..GenerateReport::default() }, "{what}");

        edit(&scene);

        assert_eq!(scene.file(), before, "{what}: the served file is unchanged");
        assert_eq!(scene.stale(), Stale { published: 1, stale: 1 }, "{what}");
        assert_eq!(scene.generate(), GenerateReport { published: 1, ..GenerateReport::default() }, "{what}");
        assert!(scene.file().contains(expected), "{what}: {}", scene.file());
        assert_eq!(scene.stale(), Stale { published: 1, stale: 0 }, "{what}");
    }
}

/// Stale also covers where a phone belongs: another region, model or user, and a template that
/// becomes the region's default.
#[test]
fn a_phone_that_is_moved_or_given_away_is_stale() {
    type Edit = (&'static str, fn(&Scene));
    let edits: [Edit; 4] = [
        ("region", |s| {
            let other = s.world.region("Other", |_| {});
            s.world.edit_device(s.id, |device| {
                (device.region, device.template) = (Some(other.id), Some(s.template.id));
            });
            // The template was chosen as well, so that only the region decides below.
            s.generate();
            s.world.edit_device(s.id, |device| device.region = Some(s.region.id));
        }),
        ("model", |s| s.world.edit_device(s.id, |device| device.model = Some("420HD".parse().unwrap()))),
        ("user", |s| {
            let user = s.world.user("2001", &s.region, None);
            s.world.edit_device(s.id, |device| {
                device.owner =
                    Some(Owner { user: user.id, bound_by: ipp_core::device::BoundBy::Administrator });
            });
        }),
        ("default template", |s| {
            s.world.import(&template_xml(MODEL, "Newer", "", "newer=1"), Some(&s.region), true);
        }),
    ];
    for (what, edit) in edits {
        let scene = Scene::new();
        edit(&scene);
        assert_eq!(scene.stale(), Stale { published: 1, stale: 1 }, "{what}");
        assert_eq!(scene.generate().published, 1, "{what}");
        assert_eq!(scene.stale(), Stale { published: 1, stale: 0 }, "{what}");
    }
}

/// PLH-33, AMB-08, C4: a phone whose file cannot be made keeps the former one, and the report names the
/// phone, the template and the line; the others are published.
#[test]
fn amb_08_a_failing_phone_keeps_its_file() {
    let scene = Scene::new();
    let (other, other_id) = enrol(&scene.world, 2);
    let former = (scene.file(), scene.world.record(scene.id).pin);
    scene.world.set_own(other_id, "OnlyOne", Some("here"));
    scene.rewrite("", "a=1\nb=%ITCS_OnlyOne%");

    let report = scene.generate();

    assert_eq!((report.published, report.failed.len()), (1, 1));
    assert_eq!(report.failed[0].mac, mac(1));
    let reason = &report.failed[0].reason;
    assert!(
        reason.contains("template `T`") && reason.contains("line 15") && reason.contains("%ITCS_OnlyOne%"),
        "{reason}"
    );
    assert_eq!((scene.file(), scene.world.record(scene.id).pin), former);
    assert!(other.text(&scene.world).unwrap().contains("b=here\n"));
}

/// A run publishes windows of at most 1,000 in one batch each, and one that was dropped after any
/// step is taken up where it stood.
#[test]
fn a_run_is_resumable_after_each_window() {
    let scene = Scene::new();
    let count = u64::from(WINDOW) * 2 + 300;
    put_bound(&scene.world, &scene.region, MODEL, count);
    let batches = scene.world.store.batches().len();

    let mut dropped = scene.world.admin().begin_generate(DeviceFilter::all()).unwrap();
    assert!(block_on(scene.world.app.generate_step(&mut dropped)).unwrap());
    let first = dropped.report().published;
    drop(dropped);
    let report = scene.generate();

    assert_eq!(first + report.published, count, "none is published twice");
    assert_eq!((report.unchanged, report.failed.len()), (first + 1, 0));
    let sizes = scene.world.store.batches().split_off(batches);
    assert_eq!(sizes.len(), 3, "{sizes:?}: the window that was published already commits nothing");
    assert!(
        sizes.iter().all(|size| *size <= WINDOW as usize + 2),
        "{sizes:?}: the run, and the generation once at most"
    );
    assert_eq!(scene.stale(), Stale { published: count + 1, stale: 0 });
    let runs: BTreeSet<_> =
        records(&scene.world).into_iter().filter_map(|record| record.pin.unwrap().pin.run).collect();
    assert_eq!(runs.len(), 2);
}

/// A window that could not be committed is made again, and counted once.
#[test]
fn a_run_goes_on_after_a_window_that_failed() {
    let scene = Scene::new();
    let count = u64::from(WINDOW) + 300;
    put_bound(&scene.world, &scene.region, MODEL, count);

    let mut run = scene.world.admin().begin_generate(DeviceFilter::all()).unwrap();
    for _ in 0..2 {
        let refused = Batch::default().expecting(Row::Settings, Expected::Absent);
        scene.world.store.intrude(refused);
        block_on(scene.world.app.generate_step(&mut run)).unwrap_err();
    }
    assert_eq!(run.report(), &GenerateReport::default());
    while block_on(scene.world.app.generate_step(&mut run)).unwrap() {}
    let report = run.report();
    assert_eq!((report.published, report.unchanged, report.failed.len()), (count, 1, 0));
    assert_eq!(scene.stale(), Stale { published: count + 1, stale: 0 });
}

/// A run takes its inputs from the catalogue as it was when it began (an immutable generation).
#[test]
fn a_run_publishes_one_generation() {
    let scene = Scene::new();
    scene.world.set(SharedScope::System, "Foo", Some("2"));
    let mut run = scene.world.admin().begin_generate(DeviceFilter::all()).unwrap();
    scene.world.set(SharedScope::System, "Foo", Some("3"));
    while block_on(scene.world.app.generate_step(&mut run)).unwrap() {}
    assert!(scene.file().contains("own=2\n"));
    assert_eq!(scene.stale().stale, 1);
}

/// The last five files are kept, and going back moves a pointer: the former bytes under the former
/// entity tag.
#[test]
fn the_last_five_files_are_kept_and_revert_goes_back() {
    let scene = Scene::new();
    let mut files = Vec::new();
    for number in 2..=8 {
        scene.world.clock.advance(Duration::from_mins(1));
        scene.world.set(SharedScope::System, "Foo", Some(&number.to_string()));
        scene.generate();
        let file = scene.phone.file(&scene.world).unwrap();
        files.push((file.etag, scene.world.text(&file)));
    }
    let pins = block_on(scene.world.store.pins(scene.id)).unwrap();
    assert_eq!(pins.iter().map(|pin| pin.number).collect::<Vec<_>>(), [8, 7, 6, 5, 4]);
    assert_eq!(pins.iter().filter(|pin| pin.current).count(), 1);
    for (pin, (etag, text)) in pins.iter().zip(files.iter().rev()) {
        let revert = PinChange::Revert { device: scene.id, number: pin.number };
        block_on(scene.world.store.commit(Batch::of(Change::Pin(revert)))).unwrap();
        scene.world.refresh();
        let served = scene.phone.file(&scene.world).unwrap();
        assert_eq!((served.etag, &scene.world.text(&served)), (*etag, text));
    }
    assert_eq!(scene.stale().stale, 1, "an old file is stale");
    assert_eq!(scene.generate().published, 1);
    assert_eq!(&scene.file(), &files.last().unwrap().1);
}

/// A region may opt in to publishing on save; the others wait.
#[test]
fn a_region_may_publish_on_save() {
    let scene = Scene::new();
    let slow = scene.world.region("Slow", |_| {});
    let template = scene.template.id;
    let mut waiting = Handset::new(2).in_region("Slow");
    waiting.boot(&scene.world);
    waiting.started(&scene.world);
    let waiting_id = scene.world.by_mac(mac(2)).unwrap().device.value.id;
    scene.world.edit_device(waiting_id, |device| device.template = Some(template));
    scene.generate();
    scene.world.edit_region(scene.region.id, |region| region.publish_on_save = true);
    let before = waiting.text(&scene.world);

    scene.world.set(SharedScope::System, "Foo", Some("2"));
    assert!(scene.file().contains("own=2\n"), "system placeholder");
    scene.world.set(SharedScope::Region(scene.region.id), "Foo", Some("3"));
    assert!(scene.file().contains("own=3\n"), "region placeholder");
    scene.world.edit_settings(|settings| settings.phones.server.fqdn = Some("x.example".parse().unwrap()));
    assert!(scene.file().contains("http://x.example/"), "setting");
    scene.world.edit_region(scene.region.id, |region| region.lines = vec!["r=4".parse().unwrap()]);
    assert!(scene.file().contains("r=4\n"), "region");
    scene.world.edit_device(scene.id, |device| device.vlan.id = Some(5));
    assert!(scene.file().contains("vlan=5\n"), "device");
    assert_eq!(waiting.text(&scene.world), before);
    assert_eq!(scene.world.record(waiting_id).device.value.region, Some(slow.id));

    // A phone that waits has no file to publish and can be edited all the same.
    let mut strange = Handset::new(3).in_region("R");
    strange.agent = common::handset::agent("999HD", mac(3));
    strange.boot(&scene.world);
    strange.started(&scene.world);
    let id = scene.world.by_mac(mac(3)).unwrap().device.value.id;
    scene.world.edit_device(id, |device| device.display_name = "Lobby".parse().unwrap());
}

/// A GET never writes, and reads no database where the phone is known.
#[test]
fn a_known_phones_file_is_served_without_a_read() {
    let scene = Scene::new();
    let first = scene.phone.file(&scene.world).unwrap();
    let before = (scene.world.store.reads(), scene.world.store.writes());
    let again = scene.phone.file(&scene.world).unwrap();
    assert_eq!((scene.world.text(&again), again.etag), (scene.world.text(&first), first.etag));
    scene.global();
    assert_eq!((scene.world.store.reads(), scene.world.store.writes()), before);
}

/// A token is a device's own input: a file published before it was replaced is never served after.
#[test]
fn a_rebound_phone_gets_its_new_token_at_once() {
    let scene = Scene::new();
    let (phone, _) = enrol(&scene.world, 1);
    assert_ne!(phone.token, scene.phone.token);
    let text = phone.text(&scene.world).unwrap();
    assert!(text.contains(&phone.token.as_ref().unwrap().prefix()));
    assert_eq!(scene.stale(), Stale { published: 1, stale: 0 });
}

/// An address that a template spells out carries the token as soon as it is this server's name.
#[test]
fn a_name_that_becomes_this_servers_makes_its_urls_lead_back() {
    let scene = Scene::of("", "x=http://phones.example.com/x");
    let token = scene.phone.token.as_ref().unwrap().prefix();
    assert!(scene.file().contains("x=http://phones.example.com/x\n"));
    let other =
        scene.world.import(&template_xml(MODEL, "Literal", "", "x=http://phones.example.com/x"), None, false);
    scene.world.edit_device(scene.id, |device| device.template = Some(other.id));
    scene.generate();
    scene
        .world
        .edit_settings(|settings| settings.phones.server.fqdn = Some("phones.example.com".parse().unwrap()));
    assert_eq!(scene.stale().stale, 1);
    scene.generate();
    assert!(scene.file().contains(&format!("x=http://phones.example.com{token}/x\n")), "{}", scene.file());
}

/// In an open region the files carry no token, and switching makes the region's phones stale.
#[test]
fn opening_a_region_makes_its_phones_stale() {
    let scene = Scene::new();
    scene.world.edit_region(scene.region.id, |region| {
        (region.identity, region.networks) = (Identity::Open, vec!["10.0.0.0/8".parse().unwrap()]);
    });
    assert_eq!(scene.stale().stale, 1);
    scene.generate();
    assert!(!scene.file().contains("/t/"));
    assert!(scene.file().contains("url=http://10.0.0.30/configfiles/\n"));
}

fn records(world: &World) -> Vec<ipp_core::store::DeviceRecord> {
    block_on(world.store.devices(&DeviceFilter::all(), Page::first(10_000))).unwrap()
}

/// A phone whose token was replaced while a run was on its way keeps the file with its new token.
#[test]
fn a_run_does_not_undo_a_new_token() {
    let scene = Scene::new();
    scene.world.set(SharedScope::System, "Foo", Some("2"));
    let mut phone = scene.phone;
    let record = scene.world.record(scene.id);
    let mut run = scene.world.admin().begin_generate(DeviceFilter::all()).unwrap();
    // The other node's window was read before; it commits after the phone's new token is bound.
    let stale = record.pin.unwrap().pin;
    phone.token = Some(common::token(99));
    phone.started(&scene.world);
    let fresh = scene.world.record(scene.id).pin.unwrap();
    let late = Batch::of(Change::Pin(PinChange::Publish(Box::new(stale))));
    assert_eq!(block_on(scene.world.store.commit(late)).unwrap().skipped, [0]);
    while block_on(scene.world.app.generate_step(&mut run)).unwrap() {}
    assert_eq!(scene.world.record(scene.id).pin.unwrap().number, fresh.number, "current already");
    assert!(phone.text(&scene.world).unwrap().contains(&common::token(99).to_text()));
}
