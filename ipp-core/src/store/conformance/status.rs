//! Status: what phones report, and what follows from their silence.

use std::time::Duration;

use super::{commit, devices::read, put, put_all, samples::*, skipped};
use crate::{
    status::{Connectivity, Registration, ReportDetails, Status, StatusReport, silence::Uptime},
    store::{Batch, Change, Page, StatusChange, Store, SweepRow},
};

fn receive(report: StatusReport) -> Change {
    Change::Status(StatusChange::Report(Box::new(report)))
}

fn disconnect(device: u8, last_seen: i64, now: i64) -> Change {
    Change::Status(StatusChange::Disconnect {
        device: device_id(device),
        last_seen: at(last_seen),
        at: at(now),
    })
}

async fn status(store: &impl Store, device: u8) -> Option<Status> {
    read(store, device).await.unwrap().status
}

/// Every member of a report, and the status that it makes.
pub async fn every_field_round_trips(store: &impl Store) {
    put_all(store, [put_device(device(1)), receive(full_report(1, 5))]).await;
    let StatusReport { device: _, received_at, registration, timeout, peer, proxied, details } =
        full_report(1, 5);
    let expected = Status {
        registration,
        connectivity: Connectivity::Connected,
        last_seen: received_at,
        changed_at: received_at,
        timeout,
        peer,
        proxied,
        details,
    };
    assert_eq!(status(store, 1).await, Some(expected));
}

/// C14: reports that overtake each other leave the newest.
pub async fn an_older_report_is_skipped(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 2_000)]).await;
    skipped(store, receive(full_report(1, 1_999))).await;
    let status = status(store, 1).await.unwrap();
    assert_eq!((status.last_seen, status.registration), (at(2_000), Registration::Registered));
}

/// C14: not older is new enough.
pub async fn a_report_of_the_same_moment_counts(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 2_000)]).await;
    put(store, receive(full_report(1, 2_000))).await;
    assert_eq!(status(store, 1).await.unwrap().registration, Registration::Unregistered);
}

/// DEV-20: a keep-alive is no change.
pub async fn the_time_of_change_moves_only_with_a_change(store: &impl Store) {
    put(store, put_device(device(1))).await;
    let mut moments = Vec::new();
    for (received_at, registration) in [
        (1_000, Registration::Started),
        (2_000, Registration::Started),
        (3_000, Registration::Registered),
        (4_000, Registration::Registered),
    ] {
        put(store, receive(StatusReport { registration, ..registered(1, received_at) })).await;
        moments.push(status(store, 1).await.unwrap().changed_at);
    }
    assert_eq!(moments, [1_000, 1_000, 3_000, 3_000].map(at));
}

/// What a phone says besides is replaced whole, back and forth.
pub async fn details_follow_each_report(store: &impl Store) {
    put(store, put_device(device(1))).await;
    for (received_at, location) in [(1, "a"), (2, "a"), (3, "b"), (4, ""), (5, "a")] {
        let details = ReportDetails { location: location.to_owned(), ..ReportDetails::default() };
        put(store, receive(StatusReport { details: details.clone(), ..registered(1, received_at) })).await;
        assert_eq!(status(store, 1).await.unwrap().details, details);
    }
}

/// A phone that was deleted meanwhile; its next announcement makes a new row (C28).
pub async fn a_report_of_an_unknown_phone_is_skipped(store: &impl Store) {
    skipped(store, report(1, 1)).await;
    skipped(store, disconnect(1, 1, 2)).await;
    skipped(store, Change::Status(StatusChange::Forget(device_id(1)))).await;
    assert_eq!(read(store, 1).await, None);
}

/// SYS-10, SYS-12: gone, and back with the next report.
pub async fn a_silent_phone_is_disconnected_and_comes_back(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 1_000), disconnect(1, 1_000, 9_000)]).await;
    let gone = status(store, 1).await.unwrap();
    assert_eq!((gone.connectivity, gone.changed_at), (Connectivity::Disconnected, at(9_000)));
    assert_eq!((gone.last_seen, gone.registration), (at(1_000), Registration::Registered));
    put(store, report(1, 9_500)).await;
    let back = status(store, 1).await.unwrap();
    assert_eq!((back.connectivity, back.changed_at), (Connectivity::Connected, at(9_500)));
}

/// One phone that reported in between fails none of the others.
pub async fn a_sweep_skips_phones_that_have_moved(store: &impl Store) {
    put_all(store, (1..=4).flat_map(|number| [put_device(device(number)), report(number, 1_000)])).await;
    put_all(store, [report(2, 1_001), disconnect(4, 1_000, 2_000)]).await;
    let batch = Batch::of(disconnect(1, 1_000, 3_000))
        .and(disconnect(2, 1_000, 3_000))
        .and(disconnect(3, 1_000, 3_000))
        .and(disconnect(4, 1_000, 3_000))
        .and(disconnect(5, 1_000, 3_000));
    assert_eq!(commit(store, batch).await.skipped, [1, 3, 4]);
    for (number, connectivity, changed_at) in [
        (1, Connectivity::Disconnected, 3_000),
        (2, Connectivity::Connected, 1_000),
        (3, Connectivity::Disconnected, 3_000),
        (4, Connectivity::Disconnected, 2_000),
    ] {
        let status = status(store, number).await.unwrap();
        assert_eq!((status.connectivity, status.changed_at), (connectivity, at(changed_at)), "{number}");
    }
}

/// AMB-18, DEV-35: only the status goes.
pub async fn a_forgotten_phone_comes_back_with_its_next_report(store: &impl Store) {
    let forget = || Change::Status(StatusChange::Forget(device_id(1)));
    put_all(store, [put_device(device(1)), receive(full_report(1, 5_000)), forget(), forget()]).await;
    let record = read(store, 1).await.unwrap();
    assert_eq!((record.device.value, record.status), (device(1), None));
    put(store, report(1, 1_000)).await;
    assert_eq!(status(store, 1).await.unwrap().details, registered(1, 1_000).details);
}

/// What the disconnect rule looks at: connected phones, silent since before a moment.
pub async fn silent_phones_are_listed_in_pages(store: &impl Store) {
    put_all(store, (1..=6).map(|number| put_device(device(number)))).await;
    put_all(store, (1..=5).map(|number| report(number, i64::from(number) * 100))).await;
    put(store, disconnect(2, 200, 900)).await;
    let listed = async |before, page| store.silent_since(at(before), page).await.unwrap();
    let row = |number: u8| SweepRow {
        device: device_id(number),
        last_seen: at(i64::from(number) * 100),
        timeout: Duration::from_hours(2),
    };
    assert_eq!(listed(400, Page::first(9)).await, [row(1), row(3)]);
    assert_eq!(listed(9_999, Page::first(2)).await, [row(1), row(3)]);
    assert_eq!(listed(9_999, Page::after(device_id(3), 9)).await, [row(4), row(5)]);
    assert!(listed(100, Page::first(9)).await.is_empty());
}

/// C17: heartbeats of several nodes, and of several runs of one.
pub async fn times_of_being_able_to_receive_are_kept(store: &impl Store) {
    let beat =
        |node, from, until| Change::Heartbeat(node_id(node), Uptime { from: at(from), until: at(until) });
    put_all(store, [beat(1, 0, 10), beat(2, 5, 8), beat(1, 0, 20), beat(1, 50, 60), beat(2, 0, 20)]).await;
    let known = async |since| {
        let uptimes = store.uptimes(at(since)).await.unwrap();
        uptimes.iter().map(|uptime| (uptime.from.as_millis(), uptime.until.as_millis())).collect::<Vec<_>>()
    };
    assert_eq!(known(0).await, [(0, 20), (0, 20), (5, 8), (50, 60)]);
    assert_eq!(known(20).await, [(0, 20), (0, 20), (50, 60)]);
    assert!(known(61).await.is_empty());
}

/// Phones say what they like; it is kept as sent, and counts as not registered (AMB-48).
pub async fn unknown_words_and_odd_texts_are_kept(store: &impl Store) {
    put(store, put_device(device(1))).await;
    for (received_at, text) in [(1, "Do Not Disturb"), (2, ""), (3, "Registered "), (4, "東\u{1f4de}'\"\\\n")]
    {
        let mut sent = registered(1, received_at);
        sent.registration = Registration::from(text.to_owned());
        sent.details.location = text.repeat(500);
        sent.details.extra.insert(text.to_owned(), text.to_owned());
        put(store, receive(sent.clone())).await;
        let status = status(store, 1).await.unwrap();
        assert_eq!((status.registration, status.details), (sent.registration, sent.details), "{text:?}");
    }
}
