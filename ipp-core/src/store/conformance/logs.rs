//! The activity log, events of phones, and hourly figures.

use super::{commit, put, put_all, samples::*, skipped};
use crate::{
    device::{Admission, Device},
    log::{
        DeviceEvent, EventKind, Figures, Hour, LogLevel, Reported, activity::ActivityRecord,
        event::KEPT_EVENTS,
    },
    status::{Connectivity, Registration},
    store::{
        ActivityFilter, Batch, Change, DeviceChange, LogChange, Order, Page, SampleFilter, StatusChange,
        Store,
    },
};

async fn lines(store: &impl Store) -> Vec<ActivityRecord> {
    store.activity(ActivityFilter::all(), Order::Ascending, Page::first(1_000)).await.unwrap()
}

async fn numbers(store: &impl Store, level: LogLevel, order: Order, page: Page<u64>) -> Vec<u64> {
    let records = store.activity(ActivityFilter::of(level), order, page).await.unwrap();
    records.into_iter().map(|record| record.number).collect()
}

async fn events(store: &impl Store, device: u8) -> Vec<DeviceEvent> {
    store.device_events(device_id(device)).await.unwrap()
}

/// Odd texts, every level, with and without region and phone.
pub async fn every_field_of_a_line_round_trips(store: &impl Store) {
    let entries = [full_line(LogLevel::Error), full_line(LogLevel::Debugging), line(LogLevel::Verbose, 3)];
    put(store, LogChange::Activity(entries.to_vec())).await;
    let expected = (1..).zip(entries).map(|(number, entry)| ActivityRecord { number, entry });
    assert_eq!(lines(store).await, expected.collect::<Vec<_>>());
}

/// LOG-07, LOG-09: a level shows itself and what is more severe; a page begins behind a number, whichever
/// way it is read.
pub async fn lines_are_read_by_level_in_pieces(store: &impl Store) {
    let levels = [
        LogLevel::Verbose,
        LogLevel::Warn,
        LogLevel::Info,
        LogLevel::Error,
        LogLevel::Debugging,
        LogLevel::Verbose,
        LogLevel::Warn,
    ];
    put(store, LogChange::Activity(levels.map(|level| line(level, 1)).to_vec())).await;
    let up = Order::Ascending;
    let down = Order::Descending;
    for (level, expected) in [
        (LogLevel::Error, vec![4]),
        (LogLevel::Warn, vec![2, 4, 7]),
        (LogLevel::Info, vec![2, 3, 4, 7]),
        (LogLevel::Debugging, vec![2, 3, 4, 5, 7]),
        (LogLevel::Verbose, vec![1, 2, 3, 4, 5, 6, 7]),
    ] {
        assert_eq!(numbers(store, level, up, Page::first(9)).await, expected, "{level}");
        let newest_first: Vec<u64> = expected.into_iter().rev().collect();
        assert_eq!(numbers(store, level, down, Page::first(9)).await, newest_first, "{level}");
    }
    assert_eq!(numbers(store, LogLevel::Info, down, Page::first(2)).await, [7, 4]);
    assert_eq!(numbers(store, LogLevel::Info, down, Page::after(4, 2)).await, [3, 2]);
    assert_eq!(numbers(store, LogLevel::Verbose, down, Page::after(2, 9)).await, [1]);
    assert_eq!(numbers(store, LogLevel::Warn, up, Page::after(2, 1)).await, [4]);
    assert_eq!(numbers(store, LogLevel::Verbose, up, Page::first(0)).await, [0_u64; 0]);
    assert_eq!(numbers(store, LogLevel::Warn, up, Page::after(u64::MAX, 9)).await, [0_u64; 0]);
}

/// Each kind, with all that it tells.
pub async fn every_kind_of_event_round_trips(store: &impl Store) {
    put(store, put_device(device(1))).await;
    let kinds = full_events();
    let mut expected = Vec::new();
    for (at_millis, kind) in (10..).zip(kinds) {
        let event =
            DeviceEvent { first_at: at(3), count: 9, ..DeviceEvent::once(device_id(1), kind, at(at_millis)) };
        put(store, LogChange::Events(vec![event.clone()])).await;
        expected.insert(0, event);
    }
    assert_eq!(events(store, 1).await, expected);
}

/// What a phone does again is counted with the last, and pushes nothing out.
pub async fn an_event_again_is_counted(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    for (device, name, millis) in
        [(1, "a", 1), (1, "a", 5), (1, "a", 3), (1, "b", 6), (2, "b", 7), (1, "a", 8)]
    {
        put(store, fetch(device, name, millis)).await;
    }
    let told = |events: Vec<DeviceEvent>| -> Vec<_> {
        events
            .into_iter()
            .map(|event| (event.first_at.as_millis(), event.at.as_millis(), event.count))
            .collect()
    };
    assert_eq!(told(events(store, 1).await), [(8, 8, 1), (6, 6, 1), (1, 5, 3)]);
    assert_eq!(told(events(store, 2).await), [(7, 7, 1)]);
}

/// The last 200 of each phone stay.
pub async fn two_hundred_events_of_a_phone_are_kept(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    put(store, fetch(2, "other", 1)).await;
    let kept = i64::try_from(KEPT_EVENTS).unwrap();
    let all = (0..kept + 30).map(|number| fetch(1, &format!("{number}"), number));
    put_all(store, all).await;
    let times: Vec<i64> = events(store, 1).await.iter().map(|event| event.at.as_millis()).collect();
    assert_eq!(times, (30..kept + 30).rev().collect::<Vec<_>>());
    assert_eq!(events(store, 2).await.len(), 1);
}

/// Nothing is kept of what is not there, and its neighbours stay.
pub async fn events_of_an_unknown_phone_are_left_out(store: &impl Store) {
    put(store, put_device(device(1))).await;
    let kind = full_events()[3].clone();
    let both = [9, 1].map(|number| DeviceEvent::once(device_id(number), kind.clone(), at(1)));
    put(store, LogChange::Events(both.to_vec())).await;
    assert!(events(store, 9).await.is_empty());
    assert_eq!(events(store, 1).await, both[1..]);
}

/// Registration and connectivity, from what the row says in the same transaction; an older report, and one
/// like the one before, change nothing.
pub async fn changes_of_status_are_events(store: &impl Store) {
    use Connectivity::{Connected, Disconnected};
    put(store, put_device(device(1))).await;
    let mut offline = registered(1, 30);
    offline.registration = Registration::Offline;
    let offline = Change::Status(StatusChange::Report(Box::new(offline)));
    let gone =
        Change::Status(StatusChange::Disconnect { device: device_id(1), last_seen: at(30), at: at(99) });
    let all = [report(1, 10), report(1, 20), report(1, 5), offline, gone.clone(), gone, report(1, 120)];
    commit(store, Batch { changes: all.to_vec(), ..Batch::default() }).await;
    let said = |registration, connectivity| Reported { registration, connectivity };
    let steps = [
        (None, said(Registration::Registered, Connected), 10),
        (Some(said(Registration::Registered, Connected)), said(Registration::Offline, Connected), 30),
        (Some(said(Registration::Offline, Connected)), said(Registration::Offline, Disconnected), 99),
        (Some(said(Registration::Offline, Disconnected)), said(Registration::Registered, Connected), 120),
    ];
    let expected = steps.into_iter().rev().map(|(from, to, millis)| {
        DeviceEvent::once(device_id(1), EventKind::Status { from, to }, at(millis))
    });
    assert_eq!(events(store, 1).await, expected.collect::<Vec<_>>());
}

/// C28: a phone that comes again has no former life.
pub async fn events_go_with_their_phone(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 1), fetch(1, "a", 2)]).await;
    put(store, Change::Device(DeviceChange::Delete(device_id(1)))).await;
    assert!(events(store, 1).await.is_empty());
    put(store, put_device(device(1))).await;
    assert!(events(store, 1).await.is_empty());
    put_all(store, [report(1, 3)]).await;
    assert_eq!(events(store, 1).await.len(), 1);
}

/// The figures of an hour are those of the counters when it was sampled first.
pub async fn an_hour_is_sampled_once(store: &impl Store) {
    put_all(store, [put_region(1), put_region(2)]).await;
    let placed = |number, region: Option<u8>, admission| {
        put_device(Device { region: region.map(region_id), admission, ..device(number) })
    };
    put_all(
        store,
        [
            placed(1, Some(1), Admission::Enrolled),
            placed(2, Some(1), Admission::Enrolled),
            placed(3, None, Admission::Pending),
            report(1, 10),
            LogChange::Sample(Hour::from_number(7)).into(),
        ],
    )
    .await;
    put_all(store, [report(2, 20), placed(4, Some(2), Admission::Enrolled)]).await;
    skipped(store, LogChange::Sample(Hour::from_number(7))).await;
    put(store, LogChange::Sample(Hour::from_number(9))).await;
    let figures = |registered, non_registered, pending| Figures {
        registered,
        non_registered,
        disconnected: 0,
        pending,
    };
    let (seven, nine) = (Hour::from_number(7), Hour::from_number(9));
    let all = SampleFilter { since: Hour::from_number(0), regions: None };
    assert_eq!(
        store.samples(&all).await.unwrap(),
        [(seven, figures(1, 2, 1)), (nine, figures(2, 2, 1))],
        "the hour between is a gap"
    );
    let of = |since, regions: &[u8]| SampleFilter {
        since: Hour::from_number(since),
        regions: Some(regions.iter().map(|region| region_id(*region)).collect()),
    };
    assert_eq!(
        store.samples(&of(0, &[1, 1])).await.unwrap(),
        [(seven, figures(1, 1, 0)), (nine, figures(2, 0, 0))]
    );
    assert_eq!(
        store.samples(&of(0, &[2])).await.unwrap(),
        [(seven, Figures::default()), (nine, figures(0, 1, 0))],
        "no device is no gap"
    );
    assert_eq!(store.samples(&of(8, &[1, 2])).await.unwrap(), [(nine, figures(2, 1, 0))]);
    assert_eq!(store.samples(&of(0, &[])).await.unwrap().len(), 2);
}

/// What a phone that is there fetched.
fn fetch(device: u8, name: &str, millis: i64) -> Change {
    let kind = EventKind::Firmware { name: name.to_owned(), status: 200 };
    LogChange::Events(vec![DeviceEvent::once(device_id(device), kind, at(millis))]).into()
}
