//! Counters: kept by deltas, and always what counting would give.

use super::{put, put_all, samples::*};
use crate::{
    device::{Admission, Device},
    status::{Registration, StatusClass, StatusReport},
    store::{Change, CountKey, DeviceChange, PinChange, PinCountKey, StatusChange, Store},
};

async fn devices(store: &impl Store) -> Vec<(CountKey, u64)> {
    store.device_counts().await.unwrap()
}

fn key(version: &str, class: StatusClass) -> CountKey {
    CountKey { region: None, model: None, version: version.to_owned(), admission: Admission::Enrolled, class }
}

/// AMB-49: three disjoint classes that together are all phones; in the order of their keys.
pub async fn every_device_is_counted_once(store: &impl Store) {
    put_all(store, [put_model(1), put_region(1)]).await;
    let placed = Device { region: Some(region_id(1)), model: Some(model_id(1)), ..device(4) };
    let pending = Device { admission: Admission::Pending, ..device(5) };
    put_all(store, [device(1), device(2), device(3), placed, pending].map(put_device)).await;
    put_all(store, [report(1, 1), report(2, 1), report(4, 1)]).await;
    let (seen, unseen) = (StatusClass::Registered, StatusClass::NonRegistered);
    let expected = [
        (CountKey { admission: Admission::Pending, ..key("", unseen) }, 1),
        (key("", unseen), 1),
        (key("2.2.8", seen), 2),
        (CountKey { region: Some(region_id(1)), model: Some(model_id(1)), ..key("2.2.8", seen) }, 1),
    ];
    assert_eq!(devices(store).await, expected);
}

/// Every change that a key looks at moves the device.
pub async fn a_device_moves_between_counters(store: &impl Store) {
    use StatusClass::{Disconnected, NonRegistered, Registered};
    let only = async |key| assert_eq!(devices(store).await, [(key, 1)]);
    put_all(store, [put_model(1), put_region(1), put_device(device(1))]).await;
    only(key("", NonRegistered)).await;
    put(store, report(1, 1)).await;
    only(key("2.2.8", Registered)).await;
    let gone = StatusChange::Disconnect { device: device_id(1), last_seen: at(1), at: at(2) };
    put(store, Change::Status(gone)).await;
    only(key("2.2.8", Disconnected)).await;
    put(store, put_device(Device { region: Some(region_id(1)), ..device(1) })).await;
    only(CountKey { region: Some(region_id(1)), ..key("2.2.8", Disconnected) }).await;
    put(store, put_device(Device { model: Some(model_id(1)), admission: Admission::Disabled, ..device(1) }))
        .await;
    let elsewhere =
        CountKey { model: Some(model_id(1)), admission: Admission::Disabled, ..key("", NonRegistered) };
    only(CountKey { version: "2.2.8".to_owned(), class: Disconnected, ..elsewhere.clone() }).await;
    put(store, Change::Status(StatusChange::Forget(device_id(1)))).await;
    only(elsewhere).await;
}

/// Repeats, skipped reports and reports of nothing new count nobody twice.
pub async fn reports_move_counters_only_where_something_differs(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 5), report(1, 6), report(1, 6)]).await;
    let old = Change::Status(StatusChange::Report(Box::new(full_report(1, 1))));
    super::skipped(store, old).await;
    assert_eq!(devices(store).await, [(key("2.2.8", StatusClass::Registered), 1)]);
    let mut newer = StatusReport { registration: Registration::Other("dnd".to_owned()), ..registered(1, 7) };
    put(store, Change::Status(StatusChange::Report(Box::new(newer.clone())))).await;
    assert_eq!(devices(store).await, [(key("2.2.8", StatusClass::NonRegistered), 1)]);
    "3.0".clone_into(&mut newer.details.firmware_version);
    put(store, Change::Status(StatusChange::Report(Box::new(newer)))).await;
    assert_eq!(devices(store).await, [(key("3.0", StatusClass::NonRegistered), 1)]);
}

fn pinned(cohort: u8) -> PinCountKey {
    PinCountKey {
        template: template_id(1),
        chosen: false,
        region: None,
        model: model_id(1),
        cohort: print(cohort),
        own_changed: false,
    }
}

/// Only what is current counts, wherever the pointer moves.
pub async fn published_files_are_counted_by_what_they_are_made_of(store: &impl Store) {
    put_all(store, (1..=3).map(|number| put_device(device(number)))).await;
    assert!(store.pin_counts().await.unwrap().is_empty());
    put_all(store, [publish(pin(1, 1)), publish(pin(2, 1)), publish(pin(3, 2))]).await;
    put_all(store, [put_device(Device { own: full_pin(3).own, ..device(3) }), publish(full_pin(3))]).await;
    let full = full_pin(3);
    let full = PinCountKey {
        template: full.template,
        chosen: false,
        region: full.region,
        model: full.model,
        cohort: full.cohort,
        own_changed: false,
    };
    assert_eq!(store.pin_counts().await.unwrap(), [(pinned(1), 2), (full, 1)]);
    put(store, Change::Pin(PinChange::Revert { device: device_id(3), number: 1 })).await;
    let former = PinCountKey { own_changed: true, ..pinned(2) };
    assert_eq!(store.pin_counts().await.unwrap(), [(pinned(1), 2), (former, 1)]);
}

/// C7: an edit of a device makes its file stale without a look at any file.
pub async fn a_changed_device_counts_as_stale(store: &impl Store) {
    put_all(store, [put_model(1), put_template(1), put_device(device(1)), publish(pin(1, 1))]).await;
    put(store, put_device(Device { own: print(9), template: Some(template_id(1)), ..device(1) })).await;
    let stale = PinCountKey { own_changed: true, chosen: true, ..pinned(1) };
    assert_eq!(store.pin_counts().await.unwrap(), [(stale, 1)]);
    put(store, put_device(device(1))).await;
    assert_eq!(store.pin_counts().await.unwrap(), [(pinned(1), 1)]);
}

/// What nobody is, is not listed.
pub async fn counters_at_zero_are_gone(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 1), publish(pin(1, 1))]).await;
    put(store, Change::Device(DeviceChange::Delete(device_id(1)))).await;
    assert!(devices(store).await.is_empty());
    assert!(store.pin_counts().await.unwrap().is_empty());
}
