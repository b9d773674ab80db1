//! Runs: what was published in one go is listed, and can be taken back.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;

use common::{
    Handset, block_on,
    fleet::put_bound,
    mac,
    scene::{MODEL, Scene, enrol},
    token,
};
use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    app::{
        AppErrorKind,
        admin::{
            device_bulk::{BulkResult, Selection},
            runs::{MOST_REVERTED, RunReverted},
        },
    },
    catalog::SharedScope,
    id::{DeviceId, RunId},
    store::{
        AuditFilter, AuditRecord, Batch, Change, DeviceChange, DeviceFilter, Order, Page, Run, Store as _,
    },
};

fn runs(scene: &Scene) -> Vec<Run> {
    block_on(scene.world.admin().runs(Page::first(100))).unwrap()
}

fn revert(scene: &Scene, run: RunId) -> RunReverted {
    block_on(scene.world.admin().revert_run(run, None)).unwrap()
}

fn audit(scene: &Scene, action: &str) -> Vec<AuditRecord> {
    let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::all() };
    block_on(scene.world.store.audit(&filter, Order::Ascending, Page::first(100))).unwrap()
}

fn set(scene: &Scene, value: &str) {
    scene.world.set(SharedScope::System, "Foo", Some(value));
}

fn own(phone: &Handset, scene: &Scene) -> String {
    common::value(&phone.text(&scene.world).unwrap(), "own").unwrap().to_owned()
}

/// MDV-19, A32, C8: a run is listed with who began it and how it went, and taken back as a whole: each
/// phone goes to the file that it had before, and the audit log tells which. A phone that got another
/// file since is left alone, and a second call finds nothing to do.
#[test]
fn a32_a_run_is_listed_and_taken_back() {
    let scene = Scene::new();
    let (second, second_id) = enrol(&scene.world, 2);
    let (third, third_id) = enrol(&scene.world, 3);
    scene.generate();
    let before = (scene.file(), second.text(&scene.world), third.text(&scene.world));
    let former = runs(&scene).len();
    set(&scene, "2");
    let selection = Selection::Ids(vec![scene.id, second_id, third_id]);
    let generated = block_on(scene.world.admin().generate_devices(&selection)).unwrap();
    let run = generated.run.unwrap();
    let listed = runs(&scene);
    assert_eq!(listed.len(), former + 1);
    assert_eq!((listed[0].id, listed[0].actor.as_str()), (run, "root"));
    assert_eq!((listed[0].published, listed[0].failed, listed[0].began_at), (3, 0, common::START));
    assert_eq!(block_on(scene.world.admin().run(run)).unwrap(), listed[0]);

    set(&scene, "3");
    let one = Selection::Ids(vec![third_id]);
    let later = block_on(scene.world.admin().generate_devices(&one)).unwrap().run.unwrap();
    let reverted = revert(&scene, run);
    let results: BTreeMap<_, _> =
        reverted.items.iter().map(|item| (item.mac.unwrap(), &item.result)).collect();
    assert_eq!(results, [(mac(1), &BulkResult::Done), (mac(2), &BulkResult::Done)].into());
    assert_eq!(reverted.next, None);
    assert_eq!((scene.file(), second.text(&scene.world)), (before.0, before.1));
    assert_eq!(own(&third, &scene), "3");
    let entries = audit(&scene, "run.revert");
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.entry.phones, entry.entry.subject.as_str()), (Some(2), &*format!("run {run}")));
    let of = |number: u64| format!("{{\"{}\":{number},\"{}\":{number}}}", mac(1), mac(2));
    assert_eq!((entry.entry.before.clone(), entry.entry.after.clone()), (Some(of(2)), Some(of(1))));
    assert_eq!(revert(&scene, run), RunReverted::default());
    assert_eq!(audit(&scene, "run.revert").len(), 1);

    // The later one goes back to the file of the former run.
    revert(&scene, later);
    assert_eq!(own(&third, &scene), "2");
    assert_eq!(revert(&scene, run).items.len(), 1, "which is there to be taken back now");
    assert_eq!(third.text(&scene.world), before.2);
}

/// PLH-33, A32: a run that fails for some phones says for how many; one that has nothing to do is none.
#[test]
fn a_run_tells_how_many_files_could_not_be_made() {
    let scene = Scene::new();
    let (_, other) = enrol(&scene.world, 2);
    let none = runs(&scene).len();
    scene.generate();
    let idle = block_on(scene.world.admin().generate_devices(&Selection::Ids(vec![other]))).unwrap();
    assert_eq!((idle.run, runs(&scene).len()), (None, none));
    scene.world.set_own(other, "OnlyOne", Some("here"));
    scene.rewrite("", "own=%ITCS_Foo%\nb=%ITCS_OnlyOne%");
    let failing = Selection::Ids(vec![scene.id, other]);
    let generated = block_on(scene.world.admin().generate_devices(&failing)).unwrap();
    let run = block_on(scene.world.admin().run(generated.run.unwrap())).unwrap();
    assert_eq!((run.published, run.failed), (1, 1));
    // The same by the run that takes windows; a second one publishes nothing and fails all the same.
    set(&scene, "2");
    for published in [1, 0] {
        let mut generate = scene.world.admin().begin_generate(DeviceFilter::all()).unwrap();
        while block_on(scene.world.app.generate_step(&mut generate)).unwrap() {}
        let run = block_on(scene.world.admin().run(generate.id())).unwrap();
        assert_eq!((run.published, run.failed), (published, 1));
    }
}

/// A5, C8: a file from before a phone was bound anew, or that it never had, is not gone back to; the others
/// are.
#[test]
fn a_former_file_that_is_not_the_phones_own_is_refused() {
    let scene = Scene::new();
    let (mut second, second_id) = enrol(&scene.world, 2);
    set(&scene, "2");
    scene.generate();
    let (_, third_id) = enrol(&scene.world, 3);
    second.token = Some(token(99));
    second.started(&scene.world);
    set(&scene, "3");
    let selection = Selection::Ids(vec![scene.id, second_id, third_id]);
    let run = block_on(scene.world.admin().generate_devices(&selection)).unwrap().run.unwrap();
    // The phone that came in last had one file before; the rebound one had one with its new token.
    let reverted = revert(&scene, run);
    assert!(reverted.items.iter().all(|item| item.result == BulkResult::Done), "{reverted:?}");
    let only = block_on(scene.world.store.pins(second_id)).unwrap();
    assert!(only.iter().find(|pin| pin.current).unwrap().number > 1);

    // Once more: now the file before is the one with the former token.
    let generated = block_on(scene.world.admin().generate_devices(&selection)).unwrap().run.unwrap();
    second.token = Some(token(98));
    second.started(&scene.world);
    let reverted = revert(&scene, generated);
    let of =
        |id: DeviceId| reverted.items.iter().find(|item| item.device == id).map(|item| item.result.clone());
    assert_eq!((of(scene.id), of(third_id)), (Some(BulkResult::Done), Some(BulkResult::Done)));
    assert_eq!(of(second_id), None, "the phone has a file that the new token brought");
    let mut device = scene.world.record(scene.id).device.value;
    device.token = None;
    let put = Change::Device(DeviceChange::Put(Box::new(device)));
    set(&scene, "4");
    let last = block_on(scene.world.admin().generate_devices(&selection)).unwrap().run.unwrap();
    block_on(scene.world.store.commit(Batch::of(put))).unwrap();
    let reverted = revert(&scene, last);
    let refused = reverted.items.iter().find(|item| item.device == scene.id).unwrap();
    assert!(matches!(&refused.result, BulkResult::Failed(why) if why.contains("token")), "{refused:?}");
    assert!(reverted.items.iter().filter(|item| item.result == BulkResult::Done).count() == 2);
}

/// A phone that changes while its batch is on the way is looked at again, and the others of the batch go
/// back all the same.
#[test]
fn one_that_changed_meanwhile_fails_no_other() {
    let scene = Scene::new();
    let (second, second_id) = enrol(&scene.world, 2);
    set(&scene, "2");
    let selection = Selection::Ids(vec![scene.id, second_id]);
    let run = block_on(scene.world.admin().generate_devices(&selection)).unwrap().run.unwrap();
    let mut device = scene.world.record(scene.id).device.value;
    device.created_at = common::START;
    scene.world.store.intrude(Batch::of(Change::Device(DeviceChange::Put(Box::new(device)))));
    let reverted = revert(&scene, run);
    assert!(reverted.items.iter().all(|item| item.result == BulkResult::Done), "{reverted:?}");
    assert_eq!((own(&scene.phone, &scene), own(&second, &scene)), ("1".to_owned(), "1".to_owned()));
    assert_eq!(audit(&scene, "run.revert").len(), 2, "each alone");
}

/// Large runs are taken back in bounded steps; one that the store interrupts tells what was done, and goes
/// on where it stood.
#[test]
fn a_large_run_is_taken_back_in_steps() {
    let scene = Scene::new();
    let count = MOST_REVERTED as u64 + 250;
    put_bound(&scene.world, &scene.region, MODEL, count);
    scene.generate();
    set(&scene, "2");
    let mut generate = scene.world.admin().begin_generate(DeviceFilter::all()).unwrap();
    while block_on(scene.world.app.generate_step(&mut generate)).unwrap() {}
    let run = block_on(scene.world.admin().run(generate.id())).unwrap();
    assert_eq!((run.published, run.failed), (count + 1, 0));

    scene.world.store.fail_after(2);
    let first = revert(&scene, run.id);
    let done =
        |reverted: &RunReverted| reverted.items.iter().filter(|item| item.result == BulkResult::Done).count();
    let not_done = first.items.iter().filter(|item| matches!(item.result, BulkResult::NotDone(_))).count();
    assert_eq!((done(&first), not_done), (200, 100));
    assert_eq!(first.next, Some(first.items[199].device));
    let admin = scene.world.admin();
    let second = block_on(admin.revert_run(run.id, first.next)).unwrap();
    assert_eq!((done(&second), second.next), (MOST_REVERTED, second.items.last().map(|item| item.device)));
    let third = block_on(admin.revert_run(run.id, second.next)).unwrap();
    assert_eq!((done(&third) as u64, third.next), (count + 1 - 1_200, None));
    assert_eq!(revert(&scene, run.id), RunReverted::default());
    assert_eq!(scene.stale().stale, count + 1);
    let sizes: Vec<_> = audit(&scene, "run.revert").iter().map(|entry| entry.entry.phones.unwrap()).collect();
    assert!(sizes.iter().all(|size| *size <= 100) && sizes.iter().sum::<u64>() == count + 1, "{sizes:?}");
}

/// SEC-13, SEC-20: whoever sees some regions knows of its own runs alone, and takes back what it sees.
#[test]
fn sec_13_a_run_of_somebody_else_is_not_there() {
    let scene = Scene::new();
    let south = scene.world.region("South", |_| {});
    let hidden = scene.world.let_in(&mut Handset::new(2).in_region("South"));
    scene.world.edit_device(hidden, |device| device.template = Some(scene.template.id));
    scene.generate();
    set(&scene, "2");
    let caller = |name: &str, level| {
        let regions = Regions::Only([scene.region.id].into());
        Caller::new(name, None, Role::Regional { level, regions }, false)
    };
    let selection = Selection::Ids(vec![scene.id, hidden]);
    let of_root = block_on(scene.world.admin().generate_devices(&selection)).unwrap().run.unwrap();
    let nora = scene.world.app.admin(caller("nora", RegionalLevel::Operator));
    let absent = Some(AppErrorKind::NotFound);
    assert_eq!(block_on(nora.runs(Page::first(9))).unwrap(), []);
    assert_eq!(block_on(nora.run(of_root)).err().map(|error| error.kind()), absent);
    assert_eq!(block_on(nora.revert_run(of_root, None)).err().map(|error| error.kind()), absent);

    set(&scene, "3");
    let own_run = block_on(nora.generate_devices(&selection)).unwrap().run.unwrap();
    assert_eq!(block_on(nora.runs(Page::first(9))).unwrap().len(), 1);
    let mona = scene.world.app.admin(caller("nora", RegionalLevel::Monitoring));
    let forbidden = block_on(mona.revert_run(own_run, None)).err().map(|error| error.kind());
    assert_eq!(forbidden, Some(AppErrorKind::Forbidden));
    // Its phone is in another region by now: it is not there any more.
    scene.world.edit_device(scene.id, |device| device.region = Some(south.id));
    assert_eq!(block_on(nora.revert_run(own_run, None)).unwrap(), RunReverted::default());
    assert_eq!(own(&scene.phone, &scene), "3");
    assert_eq!(revert(&scene, own_run).items.len(), 1);
}
