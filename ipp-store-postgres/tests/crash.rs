//! The database is stopped in the middle, under load (T2): what was acknowledged is there, nothing is
//! there twice, and the store goes on by itself.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has found a fault")]

#[expect(dead_code, reason = "not every test needs all of it")]
mod common;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use ipp_core::store::{
    AuditFilter, AuditRecord, Batch, DeviceKey, Order, Page, Store as _, StoreErrorKind,
    conformance::samples::*,
};
use ipp_store_postgres::{
    PostgresStore,
    cluster::{Cluster, Durable},
};
use tokio::task::JoinSet;

/// How many write at once, half of them reports.
const CLIENTS: u8 = 16;

/// How many writes are acknowledged between two crashes.
const BETWEEN: u64 = 400;

/// How often the database is stopped; `make endurance` says more.
#[expect(clippy::disallowed_methods, reason = "a test that takes its length from outside")]
fn rounds() -> u32 {
    std::env::var("IPP_CRASHES").map_or(3, |rounds| rounds.parse().expect("a number"))
}

#[test]
fn what_was_acknowledged_survives_and_is_there_once() {
    let cluster = Cluster::start(Durable::Yes).unwrap_or_else(|error| panic!("{error}"));
    let store = Arc::new(common::open(&cluster.options()));
    let devices = (1..=CLIENTS).map(|number| put_device(device(number))).collect();
    common::wait(store.commit(Batch { changes: devices, ..Batch::default() })).unwrap();

    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients = common::wait(async {
        let mut clients = JoinSet::new();
        for client in 1..=CLIENTS {
            clients.spawn(write(Arc::clone(&store), client, Arc::clone(&stop), Arc::clone(&acknowledged)));
        }
        for _ in 0..rounds() {
            enough(&mut clients, &acknowledged).await;
            cluster.crash().unwrap();
            cluster.go().unwrap();
        }
        enough(&mut clients, &acknowledged).await;
        stop.store(true, SeqCst);
        clients.join_all().await
    });

    let noted = notes(&store);
    for (client, done, refused) in clients {
        assert!(!done.is_empty(), "client {client} was never answered");
        for number in &done {
            if client % 2 == 0 {
                let subject = format!("{client}/{number}");
                assert_eq!(
                    noted.get(&subject),
                    Some(&1),
                    "{subject} was acknowledged, and {refused} were not"
                );
            }
        }
        if client % 2 == 1 {
            let record = common::wait(store.device(DeviceKey::Id(device_id(client)))).unwrap().unwrap();
            let latest = at(*done.last().unwrap());
            assert!(record.status.unwrap().last_seen >= latest, "the report of {latest:?} was acknowledged");
        }
    }
    assert_eq!(noted.values().max(), Some(&1), "a batch was applied twice");
    let counted: u64 = common::wait(store.device_counts()).unwrap().iter().map(|(_, devices)| devices).sum();
    assert_eq!(counted, u64::from(CLIENTS));
}

/// Waits until so many more writes are acknowledged.
async fn enough(clients: &mut JoinSet<(u8, Vec<i64>, usize)>, acknowledged: &AtomicU64) {
    let wanted = acknowledged.load(SeqCst) + BETWEEN;
    while acknowledged.load(SeqCst) < wanted {
        assert!(clients.try_join_next().is_none(), "a client has ended");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Writes one thing after the other, and goes on to the next whatever the answer is; what was
/// acknowledged, and how many were not.
async fn write(
    store: Arc<PostgresStore>,
    client: u8,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
) -> (u8, Vec<i64>, usize) {
    let (mut done, mut refused) = (Vec::new(), 0);
    for number in 1_i64.. {
        if stop.load(SeqCst) {
            break;
        }
        let batch = if client.is_multiple_of(2) {
            Batch::default().noting(entry(&format!("{client}/{number}")))
        } else {
            Batch::of(report(client, number))
        };
        match store.commit(batch).await {
            Ok(_) => {
                done.push(number);
                acknowledged.fetch_add(1, SeqCst);
            }
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
                assert!(error.retry_after().is_some());
                refused += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    (client, done, refused)
}

/// How often each subject stands in the audit log, whose chain is whole.
fn notes(store: &PostgresStore) -> HashMap<String, u32> {
    let (mut noted, mut last) = (HashMap::new(), None);
    loop {
        let page = Page { after: last.map(|(number, _)| number), limit: 1_000 };
        let records = common::wait(store.audit(&AuditFilter::all(), Order::Ascending, page)).unwrap();
        if records.is_empty() {
            return noted;
        }
        for record in records {
            assert_eq!(record, AuditRecord::following(last, record.entry.clone()));
            last = Some((record.number, record.hash));
            *noted.entry(record.entry.subject).or_default() += 1;
        }
    }
}
