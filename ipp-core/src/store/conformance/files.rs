//! Configuration files that people wrote.

use super::{commit, devices::read, put, put_all, refused, samples::*, skipped};
use crate::{
    catalog::{RowRevision, Stored},
    cfg::{FileInfo, FileKey, FileUsage},
    store::{
        Batch, CatalogChange, Change, DeviceChange, DeviceFilter, Expected, FileState, Page, PinChange, Row,
        Store, StoreErrorKind,
    },
};

fn info(revision: u64, number: u8) -> Stored<FileInfo> {
    Stored { revision: RowRevision(revision), value: file_info(number) }
}

/// The name is found in any case and keeps its spelling; the text is read apart.
pub async fn a_shared_file_round_trips(store: &impl Store) {
    put(store, put_file("Lobby_directory.cfg", 1)).await;
    let catalog = store.catalog(None).await.unwrap().unwrap();
    let row = catalog.file_called("LOBBY_directory.cfg").unwrap();
    assert_eq!((row.revision, &*row.value), (RowRevision(1), &shared_file("Lobby_directory.cfg", 1)));
    let key = |name: &str| FileKey::Shared(name.parse().unwrap());
    let read = store.file(&key("lobby_DIRECTORY.cfg")).await.unwrap();
    assert_eq!(read, Some((info(1, 1), sealed(1).sealed)));
    assert_eq!(store.file(&key("other.cfg")).await.unwrap(), None);
    put(store, put_file("lobby_directory.cfg", 2)).await;
    let catalog = store.catalog(None).await.unwrap().unwrap();
    assert_eq!(catalog.files.len(), 1);
    assert_eq!(store.file(&key("lobby_directory.cfg")).await.unwrap(), Some((info(2, 2), sealed(2).sealed)));
    put_all(store, [CatalogChange::DeleteFile("LOBBY_directory.cfg".parse().unwrap())]).await;
    assert_eq!(store.file(&key("lobby_directory.cfg")).await.unwrap(), None);
    assert!(store.catalog(None).await.unwrap().unwrap().files.is_empty());
}

/// It is read with the device, its text apart; publishing goes on behind it.
pub async fn a_stand_in_round_trips(store: &impl Store) {
    put_all(store, [put_device(device(1)), stand_in(1, 1)]).await;
    assert_eq!(read(store, 1).await.unwrap().stand_in, Some(info(1, 1)));
    put_all(store, [publish(pin(1, 1)), stand_in(1, 2)]).await;
    let record = read(store, 1).await.unwrap();
    assert_eq!((record.stand_in, record.pin.unwrap().number), (Some(info(2, 2)), 1));
    let text = store.file(&FileKey::Device(device_id(1))).await.unwrap();
    assert_eq!(text, Some((info(2, 2), sealed(2).sealed)));
    put(store, Change::Pin(PinChange::Resume(device_id(1)))).await;
    assert_eq!(read(store, 1).await.unwrap().stand_in, None);
    assert_eq!(store.file(&FileKey::Device(device_id(1))).await.unwrap(), None);
}

/// No device has one to lose, or none to get one.
pub async fn a_stand_in_needs_its_device(store: &impl Store) {
    skipped(store, stand_in(1, 1)).await;
    put(store, put_device(device(1))).await;
    skipped(store, Change::Pin(PinChange::Resume(device_id(1)))).await;
    put_all(store, [stand_in(1, 1), Change::Device(DeviceChange::Delete(device_id(1)))]).await;
    assert_eq!(store.file(&FileKey::Device(device_id(1))).await.unwrap(), None);
    put(store, put_device(device(1))).await;
    assert_eq!(read(store, 1).await.unwrap().stand_in, None);
}

/// A file that was deleted and written again is not the one that somebody has seen.
pub async fn a_file_written_again_has_a_later_revision(store: &impl Store) {
    put_all(store, [put_device(device(1)), stand_in(1, 1), stand_in(1, 7)]).await;
    assert_eq!(read(store, 1).await.unwrap().stand_in, Some(info(7, 7)));
    put_all(store, [Change::Pin(PinChange::Resume(device_id(1))), stand_in(1, 8)]).await;
    assert_eq!(read(store, 1).await.unwrap().stand_in, Some(info(8, 8)));
    put_all(store, [put_file("a.cfg", 7), CatalogChange::DeleteFile("a.cfg".parse().unwrap()).into()]).await;
    put_all(store, [put_file("a.cfg", 8), put_file("a.cfg", 2)]).await;
    let key = FileKey::Shared("a.cfg".parse().unwrap());
    assert_eq!(store.file(&key).await.unwrap().unwrap().0, info(9, 2));
}

/// C38: whoever edits what somebody else has changed is told.
pub async fn files_are_edited_by_revision(store: &impl Store) {
    let own = Row::File(FileKey::Device(device_id(1)));
    let shared = Row::File(FileKey::Shared("a.cfg".parse().unwrap()));
    put(store, put_device(device(1))).await;
    for (row, change) in [(own, stand_in(1, 1)), (shared, put_file("A.cfg", 1))] {
        let expecting = |state| Batch::of(change.clone()).expecting(row.clone(), state);
        let second = Expected::Revision(RowRevision(2));
        refused(store, expecting(Expected::Revision(RowRevision(1))), StoreErrorKind::Stale, "file").await;
        commit(store, expecting(Expected::Absent)).await;
        refused(store, expecting(Expected::Absent), StoreErrorKind::Stale, "file").await;
        commit(store, expecting(Expected::Revision(RowRevision(1)))).await;
        commit(store, expecting(second)).await;
        refused(store, expecting(second), StoreErrorKind::Stale, "file").await;
    }
}

/// Nothing is published then, nor was; numbers begin anew.
pub async fn what_is_published_is_withdrawn(store: &impl Store) {
    put_all(store, [put_device(device(1)), publish(pin(1, 1)), publish(pin(1, 2)), stand_in(1, 1)]).await;
    put(store, Change::Pin(PinChange::Withdraw(device_id(1)))).await;
    let record = read(store, 1).await.unwrap();
    assert_eq!((record.pin, record.stand_in), (None, Some(info(1, 1))));
    assert!(store.pins(device_id(1)).await.unwrap().is_empty());
    assert!(store.pin_counts().await.unwrap().is_empty());
    skipped(store, Change::Pin(PinChange::Withdraw(device_id(1)))).await;
    put(store, publish(pin(1, 1))).await;
    assert_eq!(read(store, 1).await.unwrap().pin.unwrap().number, 1);
}

/// CFG-05: devices by what they get; and how much it takes.
pub async fn devices_are_found_by_their_files(store: &impl Store) {
    put_all(store, (1..=4).map(|number| put_device(device(number)))).await;
    put_all(store, [publish(pin(1, 1)), publish(pin(2, 1)), stand_in(2, 1), stand_in(3, 2)]).await;
    for (state, expected) in [(FileState::Any, &[1, 2, 3][..]), (FileState::StandIn, &[2, 3])] {
        let filter = DeviceFilter { file: Some(state), ..DeviceFilter::all() };
        let found = store.devices(&filter, Page::first(9)).await.unwrap();
        let ids: Vec<_> = found.iter().map(|record| record.device.value.id).collect();
        assert_eq!(ids, expected.iter().map(|number| device_id(*number)).collect::<Vec<_>>());
    }
    let bytes = u64::from(file_info(1).length) + u64::from(file_info(2).length);
    assert_eq!(store.stand_ins().await.unwrap(), FileUsage { files: 2, bytes });
}
