//! What is out of date goes, in pieces, and nothing else.

use super::{commit, devices::read, put, put_all, samples::*, skipped};
use crate::{
    device::Device,
    log::{DeviceEvent, EventKind, Hour, LogLevel},
    operator::ApiToken,
    status::silence::Uptime,
    store::{
        AccountChange, ActivityFilter, Batch, CatalogChange, Change, DeviceChange, DeviceSequence, LogChange,
        Order, Page, Prune, SampleFilter, Store,
    },
    template::Published,
};

/// LOG-17: by age and by number, the oldest first.
pub async fn lines_are_pruned_by_age_and_number(store: &impl Store) {
    let left = async || -> Vec<u64> {
        let all = store.activity(ActivityFilter::all(), Order::Ascending, Page::first(99)).await.unwrap();
        all.into_iter().map(|record| record.number).collect()
    };
    let lines = (1..=20).map(|number| line(LogLevel::Info, number));
    put(store, LogChange::Activity(lines.collect())).await;
    let prune = |before, keep, limit| Prune::Activity { before: at(before), keep, limit };
    skipped(store, prune(1, 20, 100)).await;
    put(store, prune(4, 20, 2)).await;
    assert_eq!(left().await, (3..=20).collect::<Vec<_>>(), "in pieces");
    put(store, prune(4, 20, 2)).await;
    skipped(store, prune(4, 20, 2)).await;
    assert_eq!(left().await, (4..=20).collect::<Vec<_>>());
    put(store, prune(0, 5, 100)).await;
    assert_eq!(left().await, [16, 17, 18, 19, 20]);
    skipped(store, prune(0, 5, 100)).await;
    put(store, prune(99, 5, 100)).await;
    skipped(store, prune(99, 0, 100)).await;
    put(store, LogChange::Activity(vec![line(LogLevel::Info, 21)])).await;
    assert_eq!(left().await, [21], "a number is never given twice");
}

/// Those that happened last before the time go, the oldest first.
pub async fn events_are_pruned_by_age(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    for (device, millis) in [(1, 10), (2, 20), (1, 30), (2, 5)] {
        let kind = EventKind::Firmware { name: format!("{millis}"), status: 200 };
        let event = DeviceEvent::once(device_id(device), kind, at(millis));
        put(store, LogChange::Events(vec![event])).await;
    }
    let left = async |device| -> Vec<i64> {
        let events = store.device_events(device_id(device)).await.unwrap();
        events.iter().map(|event| event.at.as_millis()).collect()
    };
    put(store, Prune::Events(at(11), 1)).await;
    assert_eq!((left(1).await, left(2).await), (vec![30, 10], vec![20]));
    put(store, Prune::Events(at(11), 9)).await;
    assert_eq!((left(1).await, left(2).await), (vec![30], vec![20]));
    skipped(store, Prune::Events(at(20), 9)).await;
}

/// Hours before the given one go whole, the oldest first.
pub async fn samples_are_pruned(store: &impl Store) {
    put_all(store, [put_region(1), put_device(Device { region: Some(region_id(1)), ..device(1) })]).await;
    put_all(store, [3, 4, 5].map(|hour| LogChange::Sample(Hour::from_number(hour)))).await;
    let prune = |limit| Prune::Samples(Hour::from_number(5), limit);
    put(store, prune(1)).await;
    let all = SampleFilter { since: Hour::from_number(0), regions: None };
    assert_eq!(store.samples(&all).await.unwrap()[0].0, Hour::from_number(4));
    put(store, prune(9)).await;
    skipped(store, prune(9)).await;
    for regions in [None, Some(vec![region_id(1)])] {
        let all = SampleFilter { since: Hour::from_number(0), regions };
        let left = store.samples(&all).await.unwrap();
        assert_eq!((left.len(), left[0].0, left[0].1.devices()), (1, Hour::from_number(5), 1));
    }
    put(store, LogChange::Sample(Hour::from_number(4))).await;
}

/// What ended long ago says nothing of anybody's silence any more.
pub async fn uptimes_are_pruned(store: &impl Store) {
    for (node, from, until) in [(1, 1, 5), (2, 2, 9), (1, 7, 20)] {
        put(store, Change::Heartbeat(node_id(node), Uptime { from: at(from), until: at(until) })).await;
    }
    put(store, Prune::Uptimes(at(20), 1)).await;
    let left = store.uptimes(at(0)).await.unwrap();
    assert_eq!(left, [Uptime { from: at(2), until: at(9) }, Uptime { from: at(7), until: at(20) }]);
    put(store, Prune::Uptimes(at(20), 9)).await;
    skipped(store, Prune::Uptimes(at(20), 9)).await;
    assert_eq!(store.uptimes(at(0)).await.unwrap().len(), 1);
}

/// Devices that are there stay in the sequence of changes, and those that went after the point.
pub async fn gone_devices_are_pruned(store: &impl Store) {
    let delete = |number| Change::Device(DeviceChange::Delete(device_id(number)));
    put_all(store, (1..=5).map(|number| put_device(device(number)))).await;
    put_all(store, [delete(2), delete(4)]).await;
    let changed = async || store.changed_devices(DeviceSequence(0), 99).await.unwrap();
    let point = changed().await.last().unwrap().0;
    put_all(store, [delete(5), put_device(device(4))]).await;
    put(store, Prune::GoneDevices(point, 9)).await;
    let left: Vec<_> = changed().await.into_iter().map(|(_, id)| id).collect();
    assert_eq!(left, [1, 3, 5, 4].map(device_id), "2 is gone, 4 came back, 5 went later");
    skipped(store, Prune::GoneDevices(point, 9)).await;
    put_all(store, [delete(1), delete(3), delete(4)]).await;
    let end = DeviceSequence(u64::MAX);
    put(store, Prune::GoneDevices(end, 3)).await;
    assert_eq!(changed().await.len(), 1);
    put(store, Prune::GoneDevices(end, 3)).await;
    put(store, put_device(device(1))).await;
    assert!(changed().await[0].0 > point, "the sequence never goes back");
}

/// A token that ended is kept until then, so that people see that it did.
pub async fn tokens_that_ended_are_pruned(store: &impl Store) {
    put(store, put_operator(operator(2))).await;
    for (number, end) in [(1, 10), (2, 20)] {
        let token = ApiToken { expires_at: at(end), ..api_token(number, 2) };
        put(store, Change::Account(AccountChange::PutToken(Box::new(token)))).await;
    }
    skipped(store, Prune::Tokens(at(10))).await;
    put(store, Prune::Tokens(at(20))).await;
    let left = store.api_tokens(operator_id(2)).await.unwrap();
    assert_eq!(left.iter().map(|token| token.id).collect::<Vec<_>>(), [api_token_id(2)]);
}

/// C8: a generation goes when nothing has pointed to it for as long as is asked, from when that was seen
/// first; parts that another has stay.
pub async fn generations_without_use_are_pruned(store: &impl Store) {
    for number in 1..=3 {
        let (id, parts) = generation(number);
        put(store, Change::PutGeneration(id, parts)).await;
    }
    let there = async || -> Vec<u8> {
        let mut there = Vec::new();
        for number in 1..=3 {
            if let Some(parts) = store.generation(generation(number).0).await.unwrap() {
                assert_eq!(parts, *generation(number).1);
                there.push(number);
            }
        }
        there
    };
    let look = |now: i64, limit| Prune::Generations {
        live: generation(3).0,
        at: at(now),
        before: at(now - 24),
        limit,
    };
    skipped(store, look(100, 9)).await;
    skipped(store, look(124, 9)).await;
    assert_eq!(there().await, [1, 2, 3]);
    put(store, look(125, 1)).await;
    assert_eq!(there().await, [2, 3], "one at a time");
    put(store, look(125, 1)).await;
    assert_eq!(there().await, [3], "what is live stays");
    skipped(store, look(999, 9)).await;
    let (id, parts) = generation(1);
    put(store, Change::PutGeneration(id, parts)).await;
    assert_eq!(there().await, [1, 3], "it may come again");
}

/// C8: whatever points to a generation keeps it: any of the five files of a phone, or a template.
pub async fn generations_in_use_stay(store: &impl Store) {
    put_all(store, [put_model(1), put_template(1), put_device(device(1)), put_device(device(2))]).await;
    for number in 1..=4 {
        let (id, parts) = generation(number);
        put(store, Change::PutGeneration(id, parts)).await;
    }
    let pinned =
        |device, number| publish(crate::store::Pin { generation: generation(number).0, ..pin(device, 1) });
    put_all(store, [pinned(1, 1), pinned(1, 2), pinned(2, 1)]).await;
    let published = Published { generation: generation(3).0, at: at(1) };
    put(store, CatalogChange::PublishTemplate(template_id(1), published)).await;
    let mut now = 0;
    let mut pass = || {
        now += 100;
        let live = generation(9).0;
        Prune::Generations { live, at: at(now), before: at(now - 50), limit: 9 }
    };
    let there = async |number| store.generation(generation(number).0).await.unwrap().is_some();
    commit(store, Batch::of(pass())).await;
    commit(store, Batch::of(pass())).await;
    assert!(there(1).await && there(2).await && there(3).await && !there(4).await);
    // The first file of device 1 is written over by its sixth.
    put_all(store, (0..4).map(|_| pinned(1, 2))).await;
    commit(store, Batch::of(pass())).await;
    commit(store, Batch::of(pass())).await;
    assert!(there(1).await && there(2).await, "device 2 has it still");
    put(store, Change::Device(DeviceChange::Delete(device_id(2)))).await;
    commit(store, Batch::of(pass())).await;
    assert!(there(1).await, "that is the first look without");
    commit(store, Batch::of(pass())).await;
    assert!(!there(1).await && there(2).await);
    assert!(read(store, 1).await.unwrap().pin.is_some());
}

/// Who stores a generation again is about to point to it: it begins its time anew.
pub async fn a_generation_that_is_wanted_again_stays(store: &impl Store) {
    let (id, parts) = generation(1);
    let wanted = Change::PutGeneration(id, parts);
    put(store, wanted.clone()).await;
    let look =
        |now: i64| Prune::Generations { live: generation(9).0, at: at(now), before: at(now - 24), limit: 9 };
    skipped(store, look(100)).await;
    put(store, wanted).await;
    skipped(store, look(150)).await;
    skipped(store, look(170)).await;
    put(store, look(175)).await;
    assert!(store.generation(id).await.unwrap().is_none());
}

/// What became of alarms goes by its age; of the oldest so many are looked at.
pub async fn events_of_alarms_are_pruned_by_age(store: &impl Store) {
    put(store, put_device(device(1))).await;
    put_all(store, [30, 10, 20, 40].map(|millis| raise(1, "A", &millis.to_string(), millis))).await;
    let left = async || -> Vec<u64> {
        let events = store.alarm_events(0, 99).await.unwrap();
        events.iter().map(|event| event.number).collect()
    };
    skipped(store, Prune::AlarmEvents(at(30), 1)).await;
    put(store, Prune::AlarmEvents(at(30), 2)).await;
    assert_eq!(left().await, [1, 3, 4]);
    put(store, Prune::AlarmEvents(at(99), 9)).await;
    skipped(store, Prune::AlarmEvents(at(99), 9)).await;
    put(store, raise(1, "A", "again", 50)).await;
    assert_eq!(left().await, [5], "a number is never given twice");
}
