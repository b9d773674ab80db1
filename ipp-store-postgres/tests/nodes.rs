//! Several nodes on one database (T5, T12).
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

mod common;

use std::{collections::BTreeMap, sync::Arc};

use ipp_core::{
    access::Caller,
    app::{App, AppOptions, Ports, admin::logs::Verdict},
    blob::MemoryBlobs,
    catalog::RowRevision,
    clock::ManualClock,
    device::{Admission, Device},
    entropy::SeededEntropy,
    host::Host,
    id::DeviceId,
    mac::Mac,
    outbound::MemoryPhoneClient,
    passwords::PlainPasswords,
    status::{StatusClass, StatusReport},
    store::{
        AuditFilter, Batch, Change, CountKey, DeviceFilter, DeviceSequence, Expected, Order, Page, Row,
        StatusChange, Store as _, StoreError, conformance::samples::*,
    },
    time::Timestamp,
    vault::MemoryVault,
};
use ipp_store_postgres::{PostgresOptions, PostgresStore};
use tokio::task::JoinSet;

const PHONES: u16 = 200;
const CLIENTS: u16 = 32;
const ROUNDS: u16 = 30;

fn nodes() -> (Arc<PostgresStore>, Arc<PostgresStore>, PostgresOptions) {
    let options = common::options();
    (Arc::new(common::open(&options)), Arc::new(common::open(&options)), options)
}

fn phone(number: u16) -> Device {
    let [high, low] = number.to_be_bytes();
    let mut id = [1; 16];
    (id[14], id[15]) = (high, low);
    let mac = Mac::new([0, 0x90, 0x8f, 0, high, low]).unwrap();
    Device { id: DeviceId::from_bytes(id), mac, ..device(1) }
}

fn report_of(number: u16, round: u16) -> Change {
    let mut report = StatusReport { device: phone(number).id, ..registered(1, i64::from(round)) };
    report.details.firmware_version = format!("2.{}", (number + round) % 3);
    Change::Status(StatusChange::Report(Box::new(report)))
}

/// Both nodes are told of the same phones at the same time, while devices are edited, and silent phones
/// disconnected: every phone is counted once, as what it is.
#[test]
fn reports_of_the_same_phones_are_all_counted() {
    let (one, other, _) = nodes();
    let phones = (0..PHONES).map(|number| put_device(phone(number)));
    common::wait(one.commit(Batch { changes: phones.collect(), ..Batch::default() })).unwrap();
    common::wait(one.commit(Batch::of(put_region(1)).and(put_model(1)))).unwrap();
    common::wait(async {
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let store = Arc::clone(if client % 2 == 0 { &one } else { &other });
            clients.spawn(async move {
                for round in 1..=ROUNDS {
                    let changes = match client {
                        0 | 1 => (0..PHONES).step_by(3).map(|number| edited(number, round, client)).collect(),
                        2 => (0..PHONES).step_by(5).map(|number| silent(number, round)).collect(),
                        _ => (client..PHONES).step_by(7).map(|number| report_of(number, round)).collect(),
                    };
                    store.commit(Batch { changes, ..Batch::default() }).await.unwrap();
                }
            });
        }
        clients.join_all().await;
    });
    let mut expected = BTreeMap::<CountKey, u64>::new();
    let devices = common::wait(other.devices(&DeviceFilter::all(), Page::first(1_000))).unwrap();
    assert_eq!(devices.len(), usize::from(PHONES));
    for record in &devices {
        *expected.entry(CountKey::of(&record.device.value, record.status.as_ref())).or_default() += 1;
    }
    assert!(expected.len() > 3, "{expected:?}");
    for store in [&one, &other] {
        assert_eq!(
            common::wait(store.device_counts()).unwrap(),
            expected.clone().into_iter().collect::<Vec<_>>()
        );
        for (class, seen) in [(StatusClass::Registered, true), (StatusClass::Disconnected, true)] {
            let filter = DeviceFilter::all().of_class(class);
            let listed = common::wait(store.devices(&filter, Page::first(1_000))).unwrap();
            assert!(listed.iter().all(|record| record.status.is_some() == seen));
        }
    }
}

fn edited(number: u16, round: u16, client: u16) -> Change {
    let mut device = phone(number);
    device.region = (round + client).is_multiple_of(2).then(|| region_id(1));
    device.model = round.is_multiple_of(3).then(|| model_id(1));
    device.admission = if round.is_multiple_of(4) { Admission::Disabled } else { Admission::Enrolled };
    put_device(device)
}

fn silent(number: u16, round: u16) -> Change {
    Change::Status(StatusChange::Disconnect {
        device: phone(number).id,
        last_seen: at(i64::from(round)),
        at: at(1_000),
    })
}

/// C38: of writers on two nodes who decided on the same revision, one wins; the audit chain is one.
#[test]
fn one_of_many_wins_and_the_audit_chain_is_one() {
    let (one, other, options) = nodes();
    common::wait(one.commit(Batch::of(put_region(1)))).unwrap();
    let lost: usize = common::wait(async {
        let mut clients = JoinSet::new();
        for client in 0..40_u16 {
            let store = Arc::clone(if client % 2 == 0 { &one } else { &other });
            clients.spawn(async move {
                let expected = Expected::Revision(RowRevision(1));
                let batch = Batch::of(put_region(1)).expecting(Row::Region(region_id(1)), expected);
                let lost = store.commit(batch.noting(entry("once"))).await;
                for number in 0..10 {
                    let note = format!("{client}/{number}");
                    let batch = Batch::of(put_device(phone(client))).noting(entry(&note));
                    store.commit(batch).await.unwrap();
                }
                assert!(lost.as_ref().err().is_none_or(StoreError::is_stale), "{lost:?}");
                usize::from(lost.is_err())
            });
        }
        clients.join_all().await.into_iter().sum()
    });
    assert_eq!(lost, 39);
    let read = |store: &PostgresStore| {
        common::wait(store.audit(&AuditFilter::all(), Order::Ascending, Page::first(1_000))).unwrap()
    };
    let records = read(&one);
    assert_eq!((records.len(), &records), (401, &read(&other)));
    assert_eq!(records.iter().filter(|record| record.entry.subject == "once").count(), 1);
    let app = common::wait(App::open(common::open(&options), ports(), AppOptions::default())).unwrap();
    let verdict = common::wait(app.admin(Caller::host("auditor")).verify_audit_log()).unwrap();
    assert!(matches!(verdict, Verdict::Unbroken(401, Some(_))), "{verdict:?}");
    // Whoever follows the changes of devices in pieces misses none of them.
    let changed = common::wait(one.changed_devices(DeviceSequence(0), 1_000)).unwrap();
    assert_eq!((changed.len(), changed.last().unwrap().0), (40, DeviceSequence(400)));
}

/// Another node's catalogue and the phones that it keeps in memory follow; it need not even look to know
/// that there is something.
#[test]
fn what_one_node_changes_the_other_hears_of() {
    let (one, other, options) = nodes();
    let app = common::wait(App::open(common::open(&options), ports(), AppOptions::default())).unwrap();
    // The first answer says that listening began.
    common::wait(other.heard()).unwrap();
    common::wait(app.store().heard()).unwrap();
    let written = common::wait(one.commit(Batch::of(put_region(1)).and(put_device(phone(1))))).unwrap();
    common::wait(other.heard()).unwrap();
    common::wait(app.store().heard()).unwrap();
    common::wait(app.refresh()).unwrap();
    assert_eq!(app.snapshot().catalog.revision, written.catalog);
    assert!(common::wait(other.catalog(Some(written.catalog))).unwrap().is_none());
}

/// Writers that leave give their lane back, and those beside each other have lanes of their own: reading
/// adds up what there is.
#[test]
fn counters_outlive_their_writers() {
    let options = common::options();
    for number in 1..=6 {
        let (store, beside) = (common::open(&options), common::open(&options));
        common::wait(store.commit(Batch::of(put_device(device(number))))).unwrap();
        common::wait(beside.commit(Batch::of(report(number, 1)))).unwrap();
    }
    let store = common::open(&options);
    let counts = common::wait(store.device_counts()).unwrap();
    assert_eq!(
        counts.iter().map(|(key, devices)| (key.class, *devices)).collect::<Vec<_>>(),
        [(StatusClass::Registered, 6)]
    );
}

fn ports() -> Ports {
    Ports {
        clock: Arc::new(ManualClock::at(Timestamp::from_millis(1))),
        entropy: Arc::new(SeededEntropy::new(1)),
        vault: Arc::new(MemoryVault::default()),
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(PlainPasswords),
        phones: Arc::new(MemoryPhoneClient::default()),
        host: Host::default(),
    }
}
