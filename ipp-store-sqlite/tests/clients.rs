//! Many clients at once.
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

use std::thread;

use ipp_core::{
    device::Device,
    id::DeviceId,
    mac::Mac,
    status::{StatusClass, StatusReport},
    store::{
        Batch, Change, CountKey, DeviceFilter, Page, StatusChange, Store as _,
        conformance::{block_on, samples::*},
    },
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};

const CLIENTS: u16 = 64;
const REPORTS: u16 = 10_000;
const PHONES: u16 = 500;

fn phone(number: u16) -> Device {
    let [high, low] = number.to_be_bytes();
    let mut id = [1; 16];
    (id[14], id[15]) = (high, low);
    let mac = Mac::new([0, 0x90, 0x8f, 0, high, low]).unwrap();
    Device { id: DeviceId::from_bytes(id), mac, ..device(1) }
}

/// Report `number` of all: the phones take turns, and their versions differ.
fn report_of(number: u16) -> Change {
    let phone_number = number % PHONES;
    let mut report = StatusReport { device: phone(phone_number).id, ..registered(1, i64::from(number)) };
    report.details.firmware_version = format!("2.{}", phone_number % 7);
    Change::Status(StatusChange::Report(Box::new(report)))
}

/// Ten thousand reports of sixty-four clients, each acknowledged, and all counted right.
#[test]
fn reports_of_many_clients_are_all_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&SqliteOptions::at(folder.path().join("ipp.db"))).unwrap();
    let phones = (0..PHONES).map(|number| put_device(phone(number)));
    block_on(store.commit(Batch { changes: phones.collect(), ..Batch::default() })).unwrap();
    let skipped: usize = thread::scope(|scope| {
        let client = |client: u16| {
            let store = &store;
            scope.spawn(move || {
                let own = (0..REPORTS).filter(|number| number % CLIENTS == client);
                own.map(|number| block_on(store.commit(Batch::of(report_of(number)))).unwrap().skipped.len())
                    .sum::<usize>()
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert!(skipped < usize::from(REPORTS - PHONES));
    let expected = (0..7_u16).map(|version| {
        let phones = (0..PHONES).filter(|number| number % 7 == version).count() as u64;
        let key = CountKey {
            region: None,
            model: None,
            version: format!("2.{version}"),
            admission: device(1).admission,
            class: StatusClass::Registered,
        };
        (key, phones)
    });
    assert_eq!(block_on(store.device_counts()).unwrap(), expected.collect::<Vec<_>>());
    // Whatever the order of arrival, each phone ends at its latest report.
    for record in block_on(store.devices(&DeviceFilter::all(), Page::first(1_000))).unwrap() {
        let [.., high, low] = *record.device.value.id.as_bytes();
        let number = u16::from_be_bytes([high, low]);
        let latest = i64::from(REPORTS - PHONES + number);
        assert_eq!(record.status.unwrap().last_seen, at(latest));
    }
}
