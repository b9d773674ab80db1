//! One action for many devices, where the server itself fails in the middle.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{
    block_on, mac,
    scene::{Scene, enrol},
};
use ipp_core::{
    app::{
        AppErrorKind,
        admin::device_bulk::{BulkItem, BulkResult, Selection},
    },
    catalog::SharedScope,
    device::BoundToken,
    id::DeviceId,
    store::{Batch, Change, DeviceChange, Store as _},
    vault::SealFor,
};

/// Three phones that are stale.
fn three() -> (Scene, Vec<DeviceId>) {
    let scene = Scene::new();
    let ids = vec![scene.id, enrol(&scene.world, 2).1, enrol(&scene.world, 3).1];
    scene.world.set(SharedScope::System, "Foo", Some("2"));
    (scene, ids)
}

fn generate(scene: &Scene, ids: &[DeviceId]) -> Result<Vec<BulkItem>, AppErrorKind> {
    let selection = Selection::Ids(ids.to_vec());
    let generated = block_on(scene.world.admin().generate_devices(&selection));
    generated.map(|generated| generated.items).map_err(|error| error.kind())
}

/// MDV-02, A32: a fault inside stops the action. What was done before it is reported as done, the rest
/// as not done with the cause; what was done stays.
#[test]
fn a_fault_in_the_middle_tells_what_was_done() {
    let (scene, ids) = three();
    damage(&scene, ids[1]);

    let items = generate(&scene, &ids).unwrap();

    let [first, second, third] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((first.mac, &first.result), (Some(mac(1)), &BulkResult::Done));
    let BulkResult::NotDone(cause) = &second.result else { panic!("{second:?}") };
    assert!(second.mac == Some(mac(2)) && !cause.is_empty());
    assert_eq!((third.device, &third.result), (ids[2], &second.result));
    assert!(scene.file().contains("own=2\n"));
    assert_eq!(scene.stale().stale, 2);

    // Without the damaged one the rest is done.
    let rest = generate(&scene, &[ids[0], ids[2]]).unwrap();
    assert!(matches!(rest[0].result, BulkResult::Skipped(_)), "{rest:?}");
    assert_eq!(rest[1].result, BulkResult::Done);
}

/// A fault at the first one is the answer itself: there is nothing to report.
#[test]
fn a_fault_at_the_first_is_an_error() {
    let (scene, ids) = three();
    damage(&scene, ids[0]);
    assert_eq!(generate(&scene, &ids), Err(AppErrorKind::Internal));
    assert_eq!(scene.stale().stale, 3);
}

/// A disk that is full in the middle does not fail the rest one by one.
#[test]
fn a_store_that_fails_stops_the_action() {
    let (scene, ids) = three();
    scene.world.store.fail_after(1);
    let items = generate(&scene, &ids).unwrap();
    assert_eq!(items[0].result, BulkResult::Done);
    let not_done = |item: &BulkItem| matches!(&item.result, BulkResult::NotDone(why) if why.contains("full"));
    assert!(items[1..].iter().all(not_done), "{items:?}");
    scene.world.store.fail_after(0);
    assert_eq!(generate(&scene, &ids[1..]), Err(AppErrorKind::Busy));
    assert_eq!(generate(&scene, &ids[1..]).unwrap().len(), 2);
}

/// What is stored of a phone's token cannot be opened any more.
fn damage(scene: &Scene, id: DeviceId) {
    let mut device = scene.world.record(id).device.value;
    let sealed = scene.world.ports.vault.seal(SealFor::Named("other"), b"token").unwrap();
    device.token = device.token.map(|token| BoundToken { sealed, ..token });
    block_on(scene.world.store.commit(Batch::of(Change::Device(DeviceChange::Put(Box::new(device))))))
        .unwrap();
}
