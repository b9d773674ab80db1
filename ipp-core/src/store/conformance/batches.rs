//! Batches: whole or not at all, in order, each by itself.

use std::{
    future::Future as _,
    pin::pin,
    task::{Context, Waker},
};

use super::{catalog, commit, devices, put, put_all, refused, samples::*, together};
use crate::{
    catalog::{CatalogRevision, RowRevision, SharedScope},
    device::Device,
    id::DeviceId,
    mac::Mac,
    store::{
        AuditFilter, Batch, CatalogChange, Change, Committed, DeviceFilter, DeviceKey, DeviceSequence,
        Expected, Order, Page, Pin, PinChange, Row, Store, StoreError, StoreErrorKind, batch::MAX_CHANGES,
    },
};

/// Nothing asked, nothing done.
pub async fn an_empty_batch_does_nothing(store: &impl Store) {
    assert_eq!(commit(store, Batch::default()).await, Committed::default());
    put(store, put_region(1)).await;
    let after = commit(store, Batch::default()).await;
    assert_eq!(after, Committed { catalog: catalog::read(store).await.revision, skipped: Vec::new() });
}

/// One change of every kind before the one that fails; nothing of any of them is left.
pub async fn a_batch_that_fails_at_its_end_leaves_nothing(store: &impl Store) {
    put_all(store, [put_region(5), put_device(device(5))]).await;
    let before = everything(store).await;
    let mut batch = Batch { changes: referred_to().to_vec(), ..Batch::default() };
    batch.changes.push(put_device(full_device(1)));
    let kept = |change: &Change| {
        !matches!(
            change,
            Change::DeleteUser(_)
                | Change::Catalog(
                    CatalogChange::DeleteRegion(_)
                        | CatalogChange::DeleteModel(_)
                        | CatalogChange::DeleteTemplate(_)
                        | CatalogChange::DeleteFirmware(_)
                )
        )
    };
    batch.changes.extend(every_change().into_iter().filter(kept));
    batch.audit.push(entry("nothing"));
    let whole = batch.clone();
    batch = batch.and(Change::PutUser(Box::new(crate::user::User { region: region_id(9), ..user(9) })));
    refused(store, batch, StoreErrorKind::Referenced, "region").await;
    assert_eq!(everything(store).await, before);
    // Without the last change it is a good batch.
    commit(store, whole).await;
    assert_ne!(everything(store).await, before);
}

async fn everything<S: Store>(store: &S) -> String {
    let devices = store.devices(&DeviceFilter::all(), Page::first(100)).await.unwrap();
    let users = store.users(&crate::store::UserFilter::default(), Page::first(100)).await.unwrap();
    let rest = (
        store.changed_devices(DeviceSequence(0), 100).await.unwrap(),
        store.device_counts().await.unwrap(),
        store.pin_counts().await.unwrap(),
        store.alarms(&crate::store::AlarmFilter::default(), Page::first(100)).await.unwrap(),
        store.audit(&AuditFilter::all(), Order::Ascending, Page::first(100)).await.unwrap(),
        store.uptimes(at(0)).await.unwrap(),
        store.generation(generation(1).0).await.unwrap(),
    );
    format!("{:?} {devices:?} {users:?} {rest:?}", catalog::read(store).await)
}

fn rows() -> [Row; 7] {
    [
        Row::Region(region_id(1)),
        Row::Model(model_id(1)),
        Row::Template(template_id(1)),
        Row::Firmware(firmware_id(1)),
        Row::Placeholder(SharedScope::Region(region_id(1)), placeholder("A")),
        Row::User(user_id(1)),
        Row::Device(device_id(1)),
    ]
}

async fn put_rows(store: &impl Store) {
    put_all(store, referred_to()).await;
    let set =
        CatalogChange::Placeholder(SharedScope::Region(region_id(1)), placeholder("A"), Some(plain("1")));
    put_all(store, [set.into(), put_device(device(1))]).await;
}

/// Optimistic locking (C38): the revision that was read must still be that of the row.
pub async fn every_row_can_be_expected_at_its_revision(store: &impl Store) {
    let expecting =
        |row, revision| Batch::default().expecting(row, Expected::Revision(RowRevision(revision)));
    commit(store, expecting(Row::Settings, 0)).await;
    put(store, CatalogChange::Settings(Box::default())).await;
    refused(store, expecting(Row::Settings, 0), StoreErrorKind::Stale, "settings").await;
    commit(store, expecting(Row::Settings, 1)).await;
    put_rows(store).await;
    // A placeholder begins with the revision of the catalogue; its own case is among those of that.
    let counted = || rows().into_iter().filter(|row| !matches!(row, Row::Placeholder(..)));
    for row in counted() {
        commit(store, expecting(row.clone(), 1)).await;
        refused(store, expecting(row.clone(), 0), StoreErrorKind::Stale, "changed meanwhile").await;
        refused(store, expecting(row, 2), StoreErrorKind::Stale, "changed meanwhile").await;
    }
    put_rows(store).await;
    for row in counted() {
        commit(store, expecting(row.clone(), 2)).await;
        refused(store, expecting(row, 1), StoreErrorKind::Stale, "changed meanwhile").await;
    }
}

/// Making something only where nobody made it meanwhile.
pub async fn every_row_can_be_expected_absent(store: &impl Store) {
    let absent = |row| Batch::default().expecting(row, Expected::Absent);
    refused(store, absent(Row::Settings), StoreErrorKind::Stale, "settings").await;
    for row in rows() {
        commit(store, absent(row)).await;
    }
    put_rows(store).await;
    for row in rows() {
        refused(store, absent(row), StoreErrorKind::Stale, "changed meanwhile").await;
    }
}

/// A batch does not stumble over its own changes.
pub async fn expectations_are_about_the_state_before_the_batch(store: &impl Store) {
    let batch =
        Batch::of(put_region(1)).expecting(Row::Region(region_id(1)), Expected::Absent).and(put_region(1));
    commit(store, batch).await;
    assert_eq!(catalog::read(store).await.regions[&region_id(1)].revision, RowRevision(2));
}

/// What a batch makes, its later changes may refer to.
pub async fn changes_see_those_before_them(store: &impl Store) {
    let mut changes = referred_to().to_vec();
    let file = |cohort| publish(Pin { own: full_device(1).own, ..pin(1, cohort) });
    changes.extend([put_device(full_device(1)), report(1, 1), file(1), file(2)]);
    changes.push(Change::Pin(PinChange::Revert { device: device_id(1), number: 1 }));
    let committed = commit(store, Batch { changes, ..Batch::default() }).await;
    assert!(committed.skipped.is_empty());
    assert_eq!(devices::read(store, 1).await.unwrap().pin.unwrap().number, 1);
}

/// One stale item never fails the others, and the caller learns which it was.
pub async fn skipped_changes_are_reported_by_position(store: &impl Store) {
    let batch = Batch::of(put_device(device(1)))
        .and(report(1, 10))
        .and(report(1, 9))
        .and(report(2, 1))
        .and(raise(2, "A", "Q", 1))
        .and(raise(1, "A", "Q", 1))
        .and(publish(pin(2, 1)));
    assert_eq!(commit(store, batch).await.skipped, [2, 3, 4, 6]);
}

/// The limit is the same everywhere, and is told before anything is done.
pub async fn a_batch_that_is_too_large_is_invalid(store: &impl Store) {
    let batch = Batch { changes: vec![put_region(1); MAX_CHANGES + 1], ..Batch::default() };
    refused(store, batch, StoreErrorKind::Invalid, "100001").await;
    assert_eq!(catalog::read(store).await.revision, CatalogRevision(0));
}

fn numbered(number: u16) -> Device {
    let [high, low] = number.to_be_bytes();
    let mut id = [0; 16];
    (id[14], id[15]) = (high, low);
    let mac = Mac::new([0, 0x90, 0x8f, 1, high, low]).unwrap();
    Device { id: DeviceId::from_bytes(id), mac, ..device(1) }
}

/// More than fits into a group (C30): all of it, or none.
pub async fn a_large_batch_is_applied_whole(store: &impl Store) {
    let batch =
        |to: u16| Batch { changes: (1..=to).map(|n| put_device(numbered(n))).collect(), ..Batch::default() };
    let clash = put_device(Device { id: numbered(5_000).id, ..numbered(7) });
    refused(store, batch(1_000).and(clash), StoreErrorKind::Taken, "MAC address").await;
    assert!(store.device_counts().await.unwrap().is_empty());
    commit(store, batch(1_000)).await;
    let count: u64 = store.device_counts().await.unwrap().iter().map(|(_, count)| count).sum();
    assert_eq!(count, 1_000);
    assert!(store.device(DeviceKey::Id(numbered(1_000).id)).await.unwrap().is_some());
}

/// Writes of many callers, which a store may group: each is there, later ones after earlier ones.
pub async fn batches_at_once_are_applied_each_and_in_order(store: &impl Store) {
    let all = |count: u16| (1..=count).map(|number| store.commit(Batch::of(put_device(numbered(number)))));
    for answer in together(all(400)).await {
        answer.unwrap();
    }
    let changed = store.changed_devices(DeviceSequence(0), 1_000).await.unwrap();
    let order: Vec<_> = changed.iter().map(|(_, id)| *id).collect();
    assert_eq!(order, (1..=400).map(|number| numbered(number).id).collect::<Vec<_>>());
}

/// Every third batch fails at its last change, and takes nothing of its neighbours with it.
pub async fn a_failing_batch_leaves_its_neighbours(store: &impl Store) {
    put(store, put_region(1)).await;
    let batch = |number: u16| {
        let batch =
            Batch { audit: vec![entry(&number.to_string())], ..Batch::of(put_device(numbered(number))) };
        let fails = number.is_multiple_of(3);
        batch.and(if fails { CatalogChange::DeleteRegion(region_id(1)).into() } else { put_region(1) })
    };
    let reports = (1..=60_u16).map(|number| {
        let device = crate::status::StatusReport { device: numbered(number).id, ..registered(1, 1) };
        Batch::of(Change::Status(crate::store::StatusChange::Report(Box::new(device))))
    });
    put_all(store, [put_user(1)]).await;
    let batches = (1..=60).map(batch).zip(reports).flat_map(|(batch, report)| [batch, report]);
    let answers = together(batches.map(|batch| store.commit(batch))).await;
    for (at, answer) in answers.into_iter().enumerate() {
        let fails = (at / 2 + 1).is_multiple_of(3);
        match answer {
            Ok(committed) => assert_eq!(committed.skipped, if fails { vec![0] } else { vec![] }, "{at}"),
            Err(error) => {
                assert!(at.is_multiple_of(2) && fails && error.kind() == StoreErrorKind::Referenced, "{at}");
            }
        }
    }
    let devices = store.devices(&DeviceFilter::all(), Page::first(100)).await.unwrap();
    assert_eq!(devices.len(), 40);
    assert!(devices.iter().all(|record| record.status.is_some()));
    let noted = store.audit(&AuditFilter::all(), Order::Ascending, Page::first(100)).await.unwrap();
    assert!(noted.len() == 40 && noted.iter().zip(1..).all(|(record, number)| record.number == number));
    assert_eq!(catalog::read(store).await.regions[&region_id(1)].revision, RowRevision(41));
}

/// C38: of those who decided on the same revision, one wins and the others are told.
pub async fn one_of_many_that_expect_the_same_wins(store: &impl Store) {
    put(store, put_region(1)).await;
    let batch =
        || Batch::of(put_region(1)).expecting(Row::Region(region_id(1)), Expected::Revision(RowRevision(1)));
    let answers = together((0..20).map(|_| store.commit(batch()))).await;
    let lost = |answer: &Result<Committed, StoreError>| answer.as_ref().is_err_and(StoreError::is_stale);
    assert_eq!(answers.iter().filter(|answer| lost(answer)).count(), 19);
    assert_eq!(catalog::read(store).await.regions[&region_id(1)].revision, RowRevision(2));
}

/// Whoever goes away without waiting leaves the store whole, whether or not the write took effect.
pub async fn a_dropped_write_does_no_harm(store: &impl Store) {
    for number in 1..=50 {
        let mut write = pin!(store.commit(Batch::of(put_device(numbered(number)))));
        let _ = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut read = pin!(store.device_counts());
        let _ = read.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    put(store, put_device(numbered(51))).await;
    let listed = store.devices(&DeviceFilter::all(), Page::first(100)).await.unwrap().len() as u64;
    let counted: u64 = store.device_counts().await.unwrap().iter().map(|(_, count)| count).sum();
    assert_eq!(listed, counted);
}
