//! Several nodes that write into the same logs, and prune them (T5, T12).
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ipp_core::{
    log::{DeviceEvent, EventKind, Hour, LogLevel},
    status::{Registration, StatusReport, silence::Uptime},
    store::{
        ActivityFilter, AlarmFilter, Batch, Change, DeviceChange, DeviceKey, LogChange, Order, Page, Pin,
        Prune, SampleFilter, StatusChange, Store as _, conformance::samples::*,
    },
};
use ipp_store_postgres::PostgresStore;
use tokio::task::JoinSet;

const CLIENTS: u8 = 16;
const ROUNDS: i64 = 25;

type Node = Arc<PostgresStore>;

fn nodes() -> (Node, Node) {
    let options = common::options();
    (Arc::new(common::open(&options)), Arc::new(common::open(&options)))
}

/// Runs something at once for each client, every other one at the other node.
fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    (one, other): &(Node, Node),
    client: impl Fn(Node, u8) -> F,
) -> JoinSet<T> {
    let mut clients = JoinSet::new();
    for number in 1..=CLIENTS {
        clients.spawn(client(Arc::clone(if number % 2 == 0 { one } else { other }), number));
    }
    clients
}

async fn done(store: &PostgresStore, change: impl Into<Change>) -> bool {
    store.commit(Batch::of(change)).await.unwrap().skipped.is_empty()
}

fn fetch(device: u8, name: &str, millis: i64) -> Change {
    let kind = EventKind::Firmware { name: name.to_owned(), status: 200 };
    LogChange::Events(vec![DeviceEvent::once(device_id(device), kind, at(millis))]).into()
}

/// Changes that take a moment, so that a transaction goes on after what it wrote before.
fn a_moment(client: u8) -> Vec<Change> {
    let beat = |until| Change::Heartbeat(node_id(client), Uptime { from: at(1), until: at(until) });
    (2..12).map(beat).collect()
}

/// Whoever follows the lines of the log in pieces misses none: no number appears behind a higher one, and none is
/// left out.
#[test]
fn lines_are_seen_in_their_order() {
    let nodes = nodes();
    common::wait(async {
        let mut clients = at_once(&nodes, |store, client| async move {
            for round in 0..ROUNDS {
                let lines = LogChange::Activity(vec![line(LogLevel::Info, round); 3]);
                let changes = [Change::Log(lines)].into_iter().chain(a_moment(client));
                store.commit(Batch { changes: changes.collect(), ..Batch::default() }).await.unwrap();
            }
        });
        let mut last = 0;
        let mut over = false;
        while !over {
            // Asked before the look, so that the last look sees everything.
            over = ended(&mut clients);
            let page = Page::after(last, 50);
            let lines = nodes.0.activity(ActivityFilter::all(), Order::Ascending, page).await.unwrap();
            over &= lines.is_empty();
            for record in lines {
                assert_eq!(record.number, last + 1);
                last = record.number;
            }
        }
        assert_eq!(last, 3 * u64::from(CLIENTS) * ROUNDS.unsigned_abs());
    });
}

/// The same of the events of alarms, whatever becomes of the alarms and their phones.
#[test]
fn events_of_alarms_are_seen_in_their_order() {
    let nodes = nodes();
    common::wait(async {
        let phones = (1..=CLIENTS).map(|number| put_device(device(number))).collect();
        nodes.0.commit(Batch { changes: phones, ..Batch::default() }).await.unwrap();
        let mut clients = at_once(&nodes, |store, client| async move {
            for round in 0..ROUNDS {
                done(&store, raise(client, "A", &format!("{}", round % 5), round)).await;
                if round % 10 == 9 {
                    done(&store, clear(client, "A", (round == 9).then_some("1"))).await;
                }
            }
            done(&store, Change::Device(DeviceChange::Delete(device_id(client)))).await;
        });
        let mut last = 0;
        let mut over = false;
        while !over {
            over = ended(&mut clients);
            let events = nodes.1.alarm_events(last, 7).await.unwrap();
            over &= events.is_empty();
            for event in events {
                assert_eq!(event.number, last + 1);
                last = event.number;
            }
        }
        // Of each: five are raised, one cleared and raised again, five cleared, five raised and deleted.
        assert_eq!(last, 22 * u64::from(CLIENTS));
        assert!(nodes.0.alarms(&AlarmFilter::default(), Page::first(9)).await.unwrap().is_empty());
    });
}

/// Whether all of them have ended, and none in vain.
fn ended(clients: &mut JoinSet<()>) -> bool {
    while let Some(ended) = clients.try_join_next() {
        ended.unwrap();
    }
    clients.is_empty()
}

/// Both nodes are told of the same phones: each change of status follows from the one before, and each fetch
/// is counted.
#[test]
fn events_of_a_phone_are_one_history() {
    let nodes = nodes();
    common::wait(async {
        let phones = (1..=2).map(|number| put_device(device(number))).collect();
        nodes.0.commit(Batch { changes: phones, ..Batch::default() }).await.unwrap();
        let mut clients = at_once(&nodes, |store, client| async move {
            for round in 1..=ROUNDS {
                // Most are counted with the one before, some are new: no more than 200 in all.
                let fetched = fetch(2, if round % 5 == 0 { "a" } else { "b" }, round);
                let [report, silent] = said(1, client, round);
                let mut changes = if client % 4 < 2 { vec![fetched] } else { vec![report, silent] };
                changes.extend(a_moment(client));
                store.commit(Batch { changes, ..Batch::default() }).await.unwrap();
            }
        });
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
        let events = nodes.1.device_events(device_id(2)).await.unwrap();
        let fetched: u32 = events.iter().map(|event| event.count).sum();
        assert_eq!(i64::from(fetched), i64::from(CLIENTS / 2) * ROUNDS);
        assert!(events.windows(2).all(|two| two[0].kind != two[1].kind), "{events:?}");

        let mut changes = nodes.1.device_events(device_id(1)).await.unwrap();
        changes.reverse();
        let mut last = None;
        for event in &changes {
            let EventKind::Status { from, to } = &event.kind else { panic!("{event:?}") };
            assert!(last.is_none() || last == from.as_ref(), "{last:?}: {event:?}");
            last = Some(to);
        }
        let record = nodes.0.device(DeviceKey::Id(device_id(1))).await.unwrap().unwrap();
        let (status, last) = (record.status.unwrap(), last.unwrap());
        assert_eq!((&last.registration, last.connectivity), (&status.registration, status.connectivity));
    });
}

/// A report that says something else each time, and a sweep that finds the phone silent.
fn said(phone: u8, client: u8, round: i64) -> [Change; 2] {
    let registration = match (i64::from(client) + round) % 3 {
        0 => Registration::Registered,
        1 => Registration::Offline,
        _ => Registration::Unregistered,
    };
    let report = StatusReport { registration, ..registered(phone, round) };
    let silent =
        StatusChange::Disconnect { device: device_id(phone), last_seen: at(round), at: at(round + 1_000) };
    [Change::Status(StatusChange::Report(Box::new(report))), Change::Status(silent)]
}

/// DASH-15: an hour is sampled by one node, and no number is told twice to a target.
#[test]
fn what_is_done_once_is_done_by_one_node() {
    let nodes = nodes();
    common::wait(async {
        nodes.0.commit(Batch::of(put_device(device(1)))).await.unwrap();
        let clients = at_once(&nodes, |store, _| async move {
            let mut mine = Vec::new();
            for round in 1..=ROUNDS {
                let told = Change::Told("nms".to_owned(), round.unsigned_abs());
                if done(&store, told).await {
                    mine.push((0, round));
                }
                if done(&store, LogChange::Sample(Hour::from_number(round))).await {
                    mine.push((1, round));
                }
            }
            mine
        });
        let mut all: Vec<(i32, i64)> = clients.join_all().await.into_iter().flatten().collect();
        all.sort_unstable();
        let told = all.iter().filter(|(what, _)| *what == 0).count();
        let once: BTreeSet<_> = all.iter().collect();
        let hours = u64::try_from(all.len() - told).unwrap();
        assert_eq!(once.len(), all.len());
        assert_eq!(hours, ROUNDS.unsigned_abs());
        assert_eq!(nodes.1.told("nms").await.unwrap(), ROUNDS.unsigned_abs());
        let filter = SampleFilter { since: Hour::from_number(0), regions: None };
        let samples = nodes.1.samples(&filter).await.unwrap();
        assert!(samples.iter().all(|(_, figures)| figures.devices() == 1), "{samples:?}");
    });
}

/// Both nodes prune while both write: what is out of date goes, once, and nothing else does. C8: files that
/// either node published keep their generations.
#[test]
fn nodes_may_prune_at_once() {
    let nodes = nodes();
    common::wait(async {
        let phones = (1..=CLIENTS).map(|number| put_device(device(number))).collect();
        nodes.0.commit(Batch { changes: phones, ..Batch::default() }).await.unwrap();
        let clients = at_once(&nodes, |store, client| async move {
            for round in 1..=ROUNDS {
                let (id, parts) = generation(client);
                let pin = Pin { generation: id, ..pin(client, 1) };
                let old = [line(LogLevel::Info, 1), line(LogLevel::Verbose, 2_000)];
                let batch = Batch::of(Change::PutGeneration(id, parts)).and(publish(pin));
                store.commit(batch.and(LogChange::Activity(old.to_vec()))).await.unwrap();
                store
                    .commit(Batch::of(fetch(client, "a", round)).and(raise(client, "A", "", round)))
                    .await
                    .unwrap();
                store.commit(prunes(round)).await.unwrap();
            }
        });
        clients.join_all().await;
        let used = |number| {
            let store = Arc::clone(&nodes.1);
            async move { store.generation(generation(number).0).await.unwrap().is_some() }
        };
        // The files of every other phone come from another generation now.
        let (id, parts) = generation(200);
        nodes.0.commit(Batch::of(Change::PutGeneration(id, parts))).await.unwrap();
        for client in (1..=CLIENTS).step_by(2) {
            for round in 0..5_u8 {
                let node = if round % 2 == 0 { &nodes.0 } else { &nodes.1 };
                let file = publish(Pin { generation: id, ..pin(client, 1) });
                assert!(done(node, file).await);
            }
        }
        for now in [10_000, 20_000] {
            nodes.1.commit(prunes(now)).await.unwrap();
            while nodes.0.commit(prunes(now)).await.unwrap().skipped.len() < PRUNES {}
        }
        let mut there = BTreeMap::new();
        for client in 1..=CLIENTS {
            there.insert(client, used(client).await);
        }
        let expected: BTreeMap<u8, bool> = (1..=CLIENTS).map(|client| (client, client % 2 == 0)).collect();
        assert_eq!(there, expected);
        assert!(used(200).await);
        let lines =
            nodes.0.activity(ActivityFilter::all(), Order::Ascending, Page::first(9_999)).await.unwrap();
        assert_eq!(lines.len(), 0, "{lines:?}");
        assert!(nodes.1.device_events(device_id(1)).await.unwrap().is_empty());
        assert!(nodes.1.alarm_events(0, 9).await.unwrap().is_empty());
        let add = LogChange::Activity(vec![line(LogLevel::Info, 1)]);
        assert!(done(&nodes.1, add).await);
        let lines = nodes.0.activity(ActivityFilter::all(), Order::Ascending, Page::first(9)).await.unwrap();
        let given = 2 * u64::from(CLIENTS) * ROUNDS.unsigned_abs();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [given + 1]);
    });
}

const PRUNES: usize = 5;

/// What was written before a moment goes, a few at a time.
fn prunes(now: i64) -> Batch {
    let before = at(now - 1_000);
    let all: [Prune; PRUNES] = [
        Prune::Activity { before, keep: 1_000_000, limit: 20 },
        Prune::Events(before, 20),
        Prune::AlarmEvents(before, 20),
        Prune::Uptimes(before, 20),
        Prune::Generations { live: generation(250).0, at: at(now), before, limit: 4 },
    ];
    Batch { changes: all.map(Change::Prune).to_vec(), ..Batch::default() }
}
