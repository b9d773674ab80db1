//! Alarms: one for each device, name and qualifier.

use super::{put, put_all, samples::*, skipped};
use crate::{
    alarm::{
        Alarm, AlarmDetails, AlarmKey, AlarmMessage, Severity,
        event::{AlarmEvent, AlarmStep},
    },
    device::Device,
    store::{AlarmFilter, AlarmPlace, AlarmSearch, Change, DeviceChange, Page, StatusChange, Store},
};

async fn read(store: &impl Store) -> Vec<Alarm> {
    let records = store.alarms(&AlarmFilter::default(), Page::first(100)).await.unwrap();
    records.into_iter().map(|record| record.alarm).collect()
}

async fn listed(store: &impl Store, filter: AlarmFilter, limit: u32) -> Vec<(u8, String, String)> {
    let alarms = store.alarms(&filter, Page::first(limit)).await.unwrap();
    let short = |key: AlarmKey| (key.device.as_bytes()[15], key.name, key.qualifier);
    alarms.into_iter().map(|record| short(record.alarm.key)).collect()
}

fn short(device: u8, name: &str, qualifier: &str) -> (u8, String, String) {
    (device, name.to_owned(), qualifier.to_owned())
}

/// Every field, as sent.
pub async fn every_field_round_trips(store: &impl Store) {
    let details = AlarmDetails {
        unique_id: "1".to_owned(),
        alarm_type: Some(i64::MIN),
        probable_cause: Some(i64::MAX),
        additional_info1: "ü".to_owned(),
        additional_info2: "\"".to_owned(),
        phone_time: "never".to_owned(),
    };
    let key =
        AlarmKey { device: device_id(1), name: "Registration Failure".to_owned(), qualifier: "Q".to_owned() };
    let (severity, received_at) = (Severity::Critical, at(5));
    put(store, put_device(device(1))).await;
    let raise = AlarmMessage::Raise { key: key.clone(), severity, received_at, details: details.clone() };
    put(store, Change::Alarm(raise)).await;
    let expected = Alarm { key, severity, raised_at: at(5), last_action_at: at(5), count: 1, details };
    assert_eq!(read(store).await, [expected]);
}

/// ALM-48, C11: one active row, the first and the last time, and how often.
pub async fn a_repeat_updates_the_alarm(store: &impl Store) {
    put_all(
        store,
        [put_device(device(1)), raise(1, "A", "Q", 50), raise(1, "A", "Q", 90), raise(1, "A", "Q", 10)],
    )
    .await;
    let alarms = read(store).await;
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].raised_at, alarms[0].last_action_at, alarms[0].count), (at(10), at(90), 3));
}

/// C12: clearing is idempotent, and takes one qualifier or all of a name.
pub async fn a_clear_takes_one_or_all_of_a_name(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    put_all(
        store,
        [raise(1, "A", "x", 1), raise(1, "A", "y", 1), raise(1, "B", "x", 1), raise(2, "A", "x", 1)],
    )
    .await;
    put(store, clear(1, "A", Some("x"))).await;
    put(store, clear(1, "A", Some("x"))).await;
    let all = AlarmFilter::default;
    assert_eq!(listed(store, all(), 9).await, [short(1, "A", "y"), short(1, "B", "x"), short(2, "A", "x")]);
    put_all(store, [raise(1, "A", "z", 1), clear(1, "A", None), clear(1, "C", None)]).await;
    assert_eq!(listed(store, all(), 9).await, [short(1, "B", "x"), short(2, "A", "x")]);
}

/// The phone was deleted meanwhile.
pub async fn alarms_of_unknown_phones_are_skipped(store: &impl Store) {
    skipped(store, raise(1, "A", "Q", 1)).await;
    skipped(store, clear(1, "A", None)).await;
    skipped(store, clear(1, "A", Some("Q"))).await;
    assert!(read(store).await.is_empty());
}

/// AMB-67: by the time of the last action; then by what they are.
pub async fn the_latest_action_comes_first(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    put_all(store, [raise(1, "a", "", 5), raise(2, "B", "", 7), raise(1, "B", "", 5), raise(1, "B", "a", 5)])
        .await;
    let expected = [short(2, "B", ""), short(1, "B", ""), short(1, "B", "a"), short(1, "a", "")];
    assert_eq!(listed(store, AlarmFilter::default(), 9).await, expected);
    assert_eq!(listed(store, AlarmFilter::default(), 2).await, expected[..2]);
}

/// By device, by region, by both. A device without a region is in none.
pub async fn each_filter_selects(store: &impl Store) {
    put_all(store, [put_region(1), put_region(2)]).await;
    let placed = |number, region| put_device(Device { region: Some(region_id(region)), ..device(number) });
    put_all(store, [placed(1, 1), placed(2, 2), put_device(device(3))]).await;
    put_all(store, (1..=3).map(|number| raise(number, "A", "Q", 1))).await;
    let filter = |device: Option<u8>, regions: Option<&[u8]>| AlarmFilter {
        device: device.map(device_id),
        regions: regions.map(|regions| regions.iter().copied().map(region_id).collect()),
        ..AlarmFilter::default()
    };
    let numbers = async |filter| {
        listed(store, filter, 9).await.into_iter().map(|(device, ..)| device).collect::<Vec<_>>()
    };
    assert_eq!(numbers(filter(None, None)).await, [1, 2, 3]);
    assert_eq!(numbers(filter(Some(3), None)).await, [3]);
    assert_eq!(numbers(filter(None, Some(&[2, 1]))).await, [1, 2]);
    assert_eq!(numbers(filter(Some(1), Some(&[1]))).await, [1]);
    assert!(numbers(filter(Some(1), Some(&[2]))).await.is_empty());
    assert!(numbers(filter(None, Some(&[]))).await.is_empty());
}

/// ALM-45 to ALM-47: by a part of name or description in any ASCII case, by MAC address, by the
/// address of the last report; and by how bad they are.
pub async fn a_search_finds(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    put(store, Change::Status(StatusChange::Report(Box::new(registered(2, 5))))).await;
    put_all(store, [raise(1, "REGISTER Ä%", "no answer", 1), raise(2, "Login", "Register_x", 2)]).await;
    let peer = registered(2, 5).peer.to_string();
    let mac_2 = mac(2).to_string();
    for (text, found) in [
        ("register", &[2, 1][..]),
        ("REGISTER Ä", &[1]),
        ("register ä", &[]),
        ("%", &[1]),
        ("_", &[2]),
        ("answer", &[1]),
        (mac_2.as_str(), &[2]),
        (peer.as_str(), &[2]),
        ("nothing", &[]),
    ] {
        let filter = AlarmFilter { search: Some(AlarmSearch::of(text)), ..AlarmFilter::default() };
        let devices: Vec<u8> =
            listed(store, filter, 9).await.into_iter().map(|(device, ..)| device).collect();
        assert_eq!(devices, found, "{text}");
    }
    let filter = |least| AlarmFilter { at_least: Some(least), ..AlarmFilter::default() };
    assert_eq!(listed(store, filter(Severity::Major), 9).await.len(), 2);
    assert!(listed(store, filter(Severity::Critical), 9).await.is_empty());
}

/// Pages follow each other, also where several alarms moved at one moment.
pub async fn pages_follow_each_other(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    let raised = [(1, "A", "x", 5), (1, "A", "y", 5), (1, "B", "", 5), (2, "A", "", 5), (2, "C", "", 9)];
    put_all(store, raised.map(|(device, name, qualifier, at)| raise(device, name, qualifier, at))).await;
    let all = store.alarms(&AlarmFilter::default(), Page::first(9)).await.unwrap();
    for size in 1..=5 {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = store.alarms(&AlarmFilter::default(), Page { after, limit: size }).await.unwrap();
            let Some(last) = page.last().map(|record| record.alarm.clone()) else { break };
            read.extend(page);
            after = Some(AlarmPlace { last_action_at: last.last_action_at, key: last.key });
        }
        assert_eq!(read, all, "pages of {size}");
    }
}

/// Names and descriptions are told apart to the last character, however long.
pub async fn odd_texts_are_kept_apart(store: &impl Store) {
    let long = "ü東'\"\\%_".repeat(700);
    let texts = ["", " ", "A", "a", "Ä", "A\u{308}", "%", &long, &format!("{long} ")];
    put(store, put_device(device(1))).await;
    put_all(store, texts.iter().flat_map(|name| texts.iter().map(|text| raise(1, name, text, 1)))).await;
    assert_eq!(read(store).await.len(), texts.len() * texts.len());
    put(store, clear(1, "A", None)).await;
    put(store, clear(1, &long, Some("%"))).await;
    assert_eq!(read(store).await.len(), texts.len() * texts.len() - texts.len() - 1);
}

fn raised(severity: Severity) -> AlarmStep {
    AlarmStep::Raised { severity, details: AlarmDetails::default() }
}

fn events_of(events: &[AlarmEvent]) -> Vec<(u64, i64, String, AlarmStep)> {
    let short = |event: &AlarmEvent| {
        let AlarmKey { name, qualifier, .. } = &event.key;
        (event.number, event.at.as_millis(), format!("{name} {qualifier}"), event.step.clone())
    };
    events.iter().map(short).collect()
}

/// C11: what is new of an alarm is an event, and what is known already is none.
pub async fn what_becomes_of_alarms_is_kept_in_order(store: &impl Store) {
    put_all(store, referred_to()).await;
    put(store, put_device(full_device(1))).await;
    let worse = |received_at| AlarmMessage::Raise {
        key: AlarmKey { device: device_id(1), name: "A".to_owned(), qualifier: "Q".to_owned() },
        severity: Severity::Critical,
        received_at: at(received_at),
        details: AlarmDetails { phone_time: "ü".to_owned(), ..AlarmDetails::default() },
    };
    let changes = [
        raise(1, "A", "Q", 10),
        raise(1, "A", "Q", 20),
        Change::Alarm(worse(30)),
        Change::Alarm(worse(40)),
        raise(1, "A", "R", 50),
        clear(1, "B", None),
        clear(1, "A", None),
        clear(1, "A", None),
        raise(1, "A", "Q", 60),
    ];
    put_all(store, changes).await;
    skipped(store, raise(9, "A", "Q", 70)).await;
    let events = store.alarm_events(0, 100).await.unwrap();
    let details = AlarmDetails { phone_time: "ü".to_owned(), ..AlarmDetails::default() };
    let worsened = AlarmStep::Changed { from: Severity::Major, severity: Severity::Critical, details };
    assert_eq!(
        events_of(&events),
        [
            (1, 10, "A Q".to_owned(), raised(Severity::Major)),
            (2, 30, "A Q".to_owned(), worsened),
            (3, 50, "A R".to_owned(), raised(Severity::Major)),
            (4, 9_999, "A Q".to_owned(), AlarmStep::Cleared),
            (5, 9_999, "A R".to_owned(), AlarmStep::Cleared),
            (6, 60, "A Q".to_owned(), raised(Severity::Major)),
        ]
    );
    let device = full_device(1);
    assert!(events.iter().all(|event| (event.mac, event.region) == (device.mac, device.region)));
    assert!(events.iter().all(|event| event.key.device == device.id));
}

/// Whoever was told that an alarm is there is told that it went with its phone.
pub async fn events_of_alarms_outlive_their_phone(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2))]).await;
    let alarms = [raise(1, "B", "Q", 5), raise(1, "A", "R", 4), raise(2, "A", "Q", 6), raise(1, "A", "Q", 3)];
    put_all(store, alarms).await;
    put(store, Change::Device(DeviceChange::Delete(device_id(1)))).await;
    let events = store.alarm_events(4, 100).await.unwrap();
    let gone = AlarmStep::PhoneDeleted;
    let expected = [(5, 3, "A Q"), (6, 4, "A R"), (7, 5, "B Q")];
    let expected = expected.map(|(number, at, key)| (number, at, key.to_owned(), gone.clone()));
    assert_eq!(events_of(&events), expected);
    assert!(events.iter().all(|event| event.mac == mac(1)));
    put(store, put_device(device(1))).await;
    put(store, raise(1, "A", "Q", 9)).await;
    assert_eq!(store.alarm_events(7, 100).await.unwrap()[0].number, 8);
}

/// Behind any number, in any number.
pub async fn events_of_alarms_come_in_pieces(store: &impl Store) {
    put(store, put_device(device(1))).await;
    put_all(store, (1..=7).map(|number| raise(1, "A", &number.to_string(), number))).await;
    let mut read = Vec::new();
    while let Some(piece) = Some(store.alarm_events(read.last().copied().unwrap_or(0), 3).await.unwrap())
        .filter(|all| !all.is_empty())
    {
        read.extend(piece.iter().map(|event| event.number));
    }
    assert_eq!(read, [1, 2, 3, 4, 5, 6, 7]);
    assert!(store.alarm_events(u64::MAX, 9).await.unwrap().is_empty());
    assert!(store.alarm_events(0, 0).await.unwrap().is_empty());
}

/// C13: several nodes tell, and none takes back what another has noted.
pub async fn a_target_is_told_forwards(store: &impl Store) {
    let tell = |target: &str, number| Change::Told(target.to_owned(), number);
    assert_eq!(store.told("host").await.unwrap(), 0);
    skipped(store, tell("host", 0)).await;
    put_all(store, [tell("host", 5), tell("h\u{f6}st", 1)]).await;
    skipped(store, tell("host", 5)).await;
    skipped(store, tell("host", 4)).await;
    put(store, tell("host", 6)).await;
    let told = async |target| store.told(target).await.unwrap();
    assert_eq!((told("host").await, told("h\u{f6}st").await, told("HOST").await), (6, 1, 0));
}
