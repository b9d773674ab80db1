//! What is particular to a store in a file: opening, closing, locks, damage, a full disk.
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

use std::{fs, path::Path, time::Duration};

use ipp_core::store::{
    AuditFilter, Batch, Change, DeviceChange, DeviceFilter, DeviceKey, Order, Page, Store as _,
    StoreErrorKind,
    conformance::{block_on, dumps, samples::*, together},
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&at_file(folder)).unwrap()
}

fn at_file(folder: &TempDir) -> SqliteOptions {
    SqliteOptions::at(file(folder)).readers(1)
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("ipp.db")
}

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let folder = folder();
    let store = open(&folder);
    let written: Vec<_> = (1..=200).map(|number| Batch::of(put_device(device(number)))).collect();
    let answers = block_on(together(written.into_iter().map(|batch| store.commit(batch))));
    assert!(answers.iter().all(Result::is_ok));
    drop(store);
    let store = open(&folder);
    let devices = block_on(store.devices(&DeviceFilter::all(), Page::first(500))).unwrap();
    assert_eq!(devices.len(), 200);
    assert_eq!(devices[6].device.value, device(7));
}

#[test]
fn closing_leaves_one_file() {
    let folder = folder();
    let store = open(&folder);
    block_on(store.commit(Batch::of(put_device(device(1))))).unwrap();
    drop(store);
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["ipp.db"]);
}

#[test]
fn two_stores_in_one_process_are_two() {
    let (one, other) = (folder(), folder());
    let (one, other) = (open(&one), open(&other));
    block_on(one.commit(Batch::of(put_device(device(1))))).unwrap();
    block_on(other.commit(Batch::of(put_device(device(2))))).unwrap();
    let found = |store: &SqliteStore, number| {
        block_on(store.device(DeviceKey::Id(device_id(number)))).unwrap().is_some()
    };
    assert!(found(&one, 1) && !found(&one, 2) && found(&other, 2) && !found(&other, 1));
}

#[test]
fn a_second_store_on_the_same_file_sees_and_adds() {
    let folder = folder();
    let (one, other) = (open(&folder), open(&folder));
    for number in 1..=20 {
        let store = if number % 2 == 0 { &one } else { &other };
        let batch = Batch { audit: vec![entry("x")], ..Batch::of(put_region(number)) };
        let revision = block_on(store.commit(batch)).unwrap().catalog;
        assert_eq!(revision.0, u64::from(number));
    }
    let read = |store: &SqliteStore| block_on(store.catalog(None)).unwrap().unwrap();
    assert_eq!(read(&one), read(&other));
    assert_eq!(
        block_on(one.audit(&AuditFilter::all(), Order::Ascending, Page::first(99))).unwrap().len(),
        20
    );
}

#[test]
fn a_file_locked_by_another_process_is_busy_and_comes_back() {
    let folder = folder();
    let store = SqliteStore::open(&at_file(&folder).busy_timeout(Duration::from_millis(10))).unwrap();
    let other = Connection::open(file(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = block_on(store.commit(Batch::of(put_device(device(1))))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.retry_after().is_some());
    // Reading never waits for a writer.
    assert!(block_on(store.device(DeviceKey::Id(device_id(1)))).unwrap().is_none());
    other.execute_batch("ROLLBACK").unwrap();
    block_on(store.commit(Batch::of(put_device(device(1))))).unwrap();
}

#[test]
fn a_full_queue_is_busy() {
    let folder = folder();
    let store = SqliteStore::open(&at_file(&folder).queue(3)).unwrap();
    let other = Connection::open(file(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // At most one group of 256 is with the writer, which waits for the lock, and three are queued:
    // of 300 some find no place. The first of them lets the lock go.
    let note = || Batch { audit: vec![entry("x")], ..Batch::default() };
    let answers = block_on(together((0..300).map(|_| async {
        let answer = store.commit(note()).await;
        if answer.is_err() && !other.is_autocommit() {
            other.execute_batch("ROLLBACK").unwrap();
        }
        answer
    })));
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|error| error.kind() == StoreErrorKind::Busy), "{refused:?}");
    assert_eq!(
        block_on(store.audit(&AuditFilter::all(), Order::Ascending, Page::first(999))).unwrap().len()
            + refused.len(),
        300
    );
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = folder();
    let fails = |path: &Path| {
        let error = SqliteStore::open(&SqliteOptions::at(path)).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    };
    fails(&folder.path().join("no such folder").join("ipp.db"));
    fails(folder.path());
    let text = folder.path().join("text");
    fs::write(&text, "not a folder").unwrap();
    fails(&text.join("ipp.db"));
}

#[test]
fn a_folder_without_the_right_to_write_is_unavailable() {
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let mut permissions = fs::metadata(&closed).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&closed, permissions).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        return; // Whoever may write everywhere is not refused.
    }
    let error = SqliteStore::open(&SqliteOptions::at(closed.join("ipp.db"))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("closed"), "{error}");
}

#[test]
fn a_file_of_something_else_is_damaged() {
    let folder = folder();
    fs::write(file(&folder), "not a database ".repeat(1_000)).unwrap();
    let error = SqliteStore::open(&at_file(&folder)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("ipp.db"), "{error}");
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let folder = folder();
    drop(open(&folder));
    let raw = Connection::open(file(&folder)).unwrap();
    raw.execute("INSERT INTO schema_version (number, name) VALUES (99, 'later')", []).unwrap();
    let error = SqliteStore::open(&at_file(&folder)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("schema 99") && cause.contains("newer version"), "{cause}");
    raw.execute("DELETE FROM schema_version WHERE number = 99", []).unwrap();
    open(&folder);
}

#[test]
fn a_contradiction_names_table_column_and_row() {
    let folder = folder();
    let store = open(&folder);
    block_on(store.commit(Batch::of(put_device(device(1))).and(report(1, 5)))).unwrap();
    let raw = Connection::open(file(&folder)).unwrap();
    let good = raw.prepare("SELECT mac FROM device").unwrap().query_row([], |row| row.get(0));
    assert_eq!(good, Ok(mac(1).bytes()));
    for (damage, repair, place) in [
        ("device SET mac = x'01005e000001'", "device SET mac = x'00908f000001'", "device.mac"),
        ("device SET mac = x'00'", "device SET mac = x'00908f000001'", "device.mac"),
        ("device SET admission = 'perhaps'", "device SET admission = 'enrolled'", "device.admission"),
        ("device SET overrides = '{'", "device SET overrides = '{}'", "device.overrides"),
        ("status SET peer = x'0102'", "status SET peer = x'0a000001'", "status.peer"),
        ("status_details SET details = '7'", "status_details SET details = '{}'", "status_details.details"),
    ] {
        raw.execute_batch(&format!("UPDATE {damage}")).unwrap();
        let error = block_on(store.device(DeviceKey::Id(device_id(1)))).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        let place = format!("{place} of row 00000000000000000000000000000001");
        assert!(error.to_string().contains(&place), "{error}");
        raw.execute_batch(&format!("UPDATE {repair}")).unwrap();
        block_on(store.device(DeviceKey::Id(device_id(1)))).unwrap();
    }
}

#[test]
fn a_report_for_a_damaged_row_fails_alone() {
    let folder = folder();
    let store = open(&folder);
    for number in 1..=9 {
        block_on(store.commit(Batch::of(put_device(device(number))).and(report(number, 1)))).unwrap();
    }
    let raw = Connection::open(file(&folder)).unwrap();
    // A report like the one before would be written over the damage without a look at it.
    let damage = "UPDATE status SET peer = x'01', details_hash = 0 WHERE device = ?1";
    raw.execute(damage, [device_id(5).as_bytes()]).unwrap();
    let answers = block_on(together((1..=9).map(|number| store.commit(Batch::of(report(number, 2))))));
    for (answer, number) in answers.into_iter().zip(1..) {
        let kind = answer.err().map(|error| error.kind());
        assert_eq!(kind, (number == 5).then_some(StoreErrorKind::Corrupt), "{number}");
    }
}

#[test]
fn a_full_disk_is_unavailable_until_there_is_room() {
    let folder = folder();
    drop(open(&folder));
    let size = fs::metadata(file(&folder)).unwrap().len();
    let store = SqliteStore::open(&at_file(&folder).max_bytes(size + 400_000)).unwrap();
    block_on(store.commit(Batch::of(put_device(device(1))).and(put_device(device(2))))).unwrap();
    // Five files of a device are kept; five of each device are more than there is room for.
    let fill = |device: u8| {
        (1..=5).try_for_each(|cohort| {
            let mut large = pin(device, cohort);
            large.inputs.values.insert(placeholder("Large"), "x".repeat(50_000));
            block_on(store.commit(Batch::of(publish(large)))).map(drop)
        })
    };
    fill(1).unwrap();
    let error = fill(2).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.retry_after().is_some());
    let before = block_on(store.pins(device_id(2))).unwrap().len();
    assert!(before < 5);
    // Small writes, and those that make room, go on without a restart.
    let deletion = Change::Device(DeviceChange::Delete(device_id(1)));
    block_on(store.commit(Batch::of(deletion))).unwrap();
    block_on(store.commit(Batch::of(report(2, 1)))).unwrap();
    fill(2).unwrap();
}

/// T30: a backup reads beside a server that works, and changes nothing where it does not understand.
#[test]
fn a_file_is_dumped_without_writing_to_it() {
    let folder = folder();
    let dump = || block_on(SqliteStore::dump_file(&at_file(&folder)));
    let error = dump().unwrap_err();
    assert!(error.to_string().contains("ipp.db") && !file(&folder).exists(), "{error}");
    let store = open(&folder);
    block_on(store.commit(Batch::of(put_device(device(1))))).unwrap();
    let rows = block_on(dump().unwrap().next()).unwrap();
    assert_eq!(rows, block_on(dumps::dumped(&store)));
    drop(store);
    assert_eq!(block_on(dump().unwrap().next()).unwrap(), rows, "nobody has it open");
    let before = fs::read(file(&folder)).unwrap();
    dump().unwrap();
    assert_eq!(fs::read(file(&folder)).unwrap(), before);
    let raw = Connection::open(file(&folder)).unwrap();
    for (change, words) in [
        (
            "DELETE FROM schema_version WHERE number = (SELECT max(number) FROM schema_version)",
            "start the server",
        ),
        ("INSERT INTO schema_version VALUES (999, 'later')", "schema 999"),
    ] {
        raw.execute_batch(change).unwrap();
        let error = dump().unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.to_string().contains(words), "{error}");
    }
}
