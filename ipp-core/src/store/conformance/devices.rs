//! Devices: everything of them, how they are found, listed and cleared away.

use super::{commit, put, put_all, samples::*};
use crate::{
    catalog::RowRevision,
    device::{Admission, BoundBy, Device, Owner},
    digest::Fingerprint,
    id::DeviceId,
    status::{Registration, StatusClass, StatusReport},
    store::{
        AlarmFilter, Batch, Change, DeviceChange, DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence,
        DeviceSort, Order, Page, SearchField, Sorted, StatusChange, Store,
    },
    user::User,
};

pub(super) async fn read(store: &impl Store, number: u8) -> Option<DeviceRecord> {
    store.device(DeviceKey::Id(device_id(number))).await.unwrap()
}

async fn list(store: &impl Store, filter: &DeviceFilter, page: Page<DeviceId>) -> Vec<u8> {
    let records = store.devices(filter, page).await.unwrap();
    records.iter().map(|record| record.device.value.id.as_bytes()[15]).collect()
}

async fn all(store: &impl Store, filter: &DeviceFilter) -> Vec<u8> {
    list(store, filter, Page::first(100)).await
}

/// Every field of a device, among them the ones that are sealed.
pub async fn every_field_round_trips(store: &impl Store) {
    put_all(store, referred_to()).await;
    put(store, put_device(full_device(1))).await;
    let record = read(store, 1).await.unwrap();
    assert_eq!((record.device.value, record.status, record.pin), (full_device(1), None, None));
    assert_eq!(record.device.revision, RowRevision(1));
}

/// A device of which nothing is known yet, after one of which everything was.
pub async fn an_empty_device_round_trips(store: &impl Store) {
    put_all(store, referred_to()).await;
    put_all(store, [put_device(full_device(1)), put_device(device(1))]).await;
    let record = read(store, 1).await.unwrap();
    assert_eq!((record.device.value, record.device.revision), (device(1), RowRevision(2)));
}

/// A device comes with its user as the user is now, alone and in a page.
pub async fn a_device_is_read_with_its_user(store: &impl Store) {
    let owned = |number, user| Device {
        owner: Some(Owner { user: user_id(user), bound_by: BoundBy::Administrator }),
        ..device(number)
    };
    put_all(store, [put_region(1), put_user(1), Change::PutUser(Box::new(full_user(2)))]).await;
    put_all(store, [put_device(owned(1, 2)), put_device(device(2)), put_device(owned(3, 1))]).await;
    assert_eq!(read(store, 1).await.unwrap().owner, Some(full_user(2)));
    assert_eq!(read(store, 2).await.unwrap().owner, None);
    let renamed = User { display_name: "Renamed".parse().unwrap(), ..user(1) };
    put(store, Change::PutUser(Box::new(renamed.clone()))).await;
    let page = store.devices(&DeviceFilter::all(), Page::first(9)).await.unwrap();
    let owners: Vec<_> = page.into_iter().map(|record| record.owner).collect();
    assert_eq!(owners, [Some(full_user(2)), None, Some(renamed)]);
}

/// The bound token leads to the phone; one that was only presented, or was replaced, does not.
pub async fn a_device_is_found_by_id_address_and_token(store: &impl Store) {
    put_all(store, referred_to()).await;
    put_all(store, [put_device(full_device(1)), put_device(device(7))]).await;
    let find = async |key| store.device(key).await.unwrap().map(|record| record.device.value.id);
    assert_eq!(find(DeviceKey::Id(device_id(1))).await, Some(device_id(1)));
    assert_eq!(find(DeviceKey::Mac(mac(7))).await, Some(device_id(7)));
    assert_eq!(find(DeviceKey::Token(print(1))).await, Some(device_id(1)));
    for key in [
        DeviceKey::Id(device_id(9)),
        DeviceKey::Mac(mac(9)),
        DeviceKey::Token(print(2)),
        DeviceKey::Token(print(3)),
        DeviceKey::Token(Fingerprint::from_bytes([0; 16])),
    ] {
        assert_eq!(find(key).await, None, "{key:?}");
    }
}

/// An edit, even of the address, leaves alone what belongs to the phone.
pub async fn putting_again_keeps_status_alarms_and_files(store: &impl Store) {
    put_all(store, [put_device(device(1)), report(1, 5), raise(1, "A", "Q", 5), publish(pin(1, 1))]).await;
    let before = read(store, 1).await.unwrap();
    put(store, put_device(Device { mac: mac(2), ..device(1) })).await;
    let after = read(store, 1).await.unwrap();
    assert_eq!((after.device.value.mac, after.device.revision), (mac(2), RowRevision(2)));
    assert_eq!((&after.status, &after.pin), (&before.status, &before.pin));
    assert!(after.status.is_some() && after.pin.is_some());
    assert_eq!(store.alarms(&AlarmFilter::default(), Page::first(9)).await.unwrap().len(), 1);
}

/// C28: what comes back after a deletion is a new row, and nothing of the former is left over.
pub async fn deleting_takes_everything_with_it(store: &impl Store) {
    let mut bound = device(1);
    bound.token = Some(token(1));
    put_all(store, [put_device(bound), report(1, 5), raise(1, "A", "Q", 5), publish(pin(1, 1))]).await;
    put(store, Change::Device(DeviceChange::Delete(device_id(1)))).await;
    assert_eq!(read(store, 1).await, None);
    assert_eq!(store.device(DeviceKey::Token(print(1))).await.unwrap(), None);
    assert!(store.alarms(&AlarmFilter::default(), Page::first(9)).await.unwrap().is_empty());
    assert!(store.pins(device_id(1)).await.unwrap().is_empty());
    assert!(store.silent_since(at(99), Page::first(9)).await.unwrap().is_empty());
    put(store, put_device(device(1))).await;
    let record = read(store, 1).await.unwrap();
    assert_eq!((record.device.revision, record.status, record.pin), (RowRevision(1), None, None));
}

/// Caches of other nodes learn of each change once, and of deletions too. Status is none of theirs.
pub async fn changes_are_numbered_and_outlive_the_device(store: &impl Store) {
    let changed = async |after| store.changed_devices(after, 100).await.unwrap();
    put_all(store, [put_device(device(1)), put_device(device(2)), put_device(device(3))]).await;
    let first = changed(DeviceSequence(0)).await;
    assert_eq!(first.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [1, 2, 3].map(device_id));
    let seen = first[2].0;
    put_all(store, [report(1, 5)]).await;
    assert!(changed(seen).await.is_empty());
    put_all(store, [raise(3, "A", "Q", 5)]).await;
    let alarmed = changed(seen).await;
    assert_eq!(alarmed.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [device_id(3)]);
    let seen = alarmed[0].0;
    put_all(
        store,
        [
            publish(pin(2, 1)),
            Change::Device(DeviceChange::Delete(device_id(1))),
            Change::Device(DeviceChange::Delete(device_id(9))),
            put_device(device(2)),
        ],
    )
    .await;
    let later = changed(seen).await;
    assert_eq!(later.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [device_id(1), device_id(2)]);
    assert!(seen < later[0].0 && later[0].0 < later[1].0);
    assert_eq!(changed(DeviceSequence(0)).await.len(), 3);
}

/// A node that was away reads what it missed piece by piece.
pub async fn changes_are_read_in_pieces(store: &impl Store) {
    put_all(store, (1..=5).map(|number| put_device(device(number)))).await;
    let (mut after, mut seen) = (DeviceSequence(0), Vec::new());
    loop {
        let piece = store.changed_devices(after, 2).await.unwrap();
        let Some((last, _)) = piece.last() else { break };
        after = *last;
        seen.extend(piece.iter().map(|(_, id)| *id));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5].map(device_id));
    assert!(store.changed_devices(DeviceSequence(u64::MAX), 2).await.unwrap().is_empty());
}

/// Pages by key neither skip nor repeat.
pub async fn pages_follow_each_other(store: &impl Store) {
    put_all(store, (1..=5).rev().map(|number| put_device(device(number)))).await;
    let filter = DeviceFilter::all();
    assert_eq!(list(store, &filter, Page::first(2)).await, [1, 2]);
    assert_eq!(list(store, &filter, Page::after(device_id(2), 2)).await, [3, 4]);
    assert_eq!(list(store, &filter, Page::after(device_id(4), 2)).await, [5]);
    assert!(list(store, &filter, Page::after(device_id(5), 2)).await.is_empty());
    assert!(list(store, &filter, Page::first(0)).await.is_empty());
}

/// Nine devices, each of its own sort.
async fn fleet(store: &impl Store) {
    put_all(store, [put_model(1), put_model(2), put_region(1), put_region(2), put_user(1), put_user(2)])
        .await;
    let owned = |number, user| {
        let owner = full_device(1).owner.map(|owner| Owner { user: user_id(user), ..owner });
        Device { owner, region: Some(region_id(1)), ..device(number) }
    };
    let devices = [
        Device { region: Some(region_id(1)), model: Some(model_id(1)), ..device(1) },
        Device { region: Some(region_id(2)), model: Some(model_id(1)), ..device(2) },
        Device { region: Some(region_id(2)), model: Some(model_id(2)), ..device(3) },
        device(4),
        owned(5, 1),
        owned(6, 2),
        Device { admission: Admission::Pending, ..device(7) },
        Device { admission: Admission::Expected, region: Some(region_id(1)), ..device(8) },
        Device { admission: Admission::Disabled, ..device(9) },
    ];
    put_all(store, devices.map(put_device)).await;
    let unregistered = StatusReport { registration: Registration::Unregistered, ..registered(3, 10) };
    let gone = StatusChange::Disconnect { device: device_id(5), last_seen: at(10), at: at(11) };
    put_all(
        store,
        [
            report(1, 10),
            report(2, 10),
            Change::Status(StatusChange::Report(Box::new(unregistered))),
            report(5, 10),
            Change::Status(gone),
        ],
    )
    .await;
}

/// Each member of the filter by itself.
pub async fn each_filter_selects(store: &impl Store) {
    fleet(store).await;
    let filter = DeviceFilter::all;
    assert_eq!(all(store, &filter()).await, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(all(store, &filter().in_regions(vec![region_id(1)])).await, [1, 5, 6, 8]);
    assert!(all(store, &filter().in_regions(Vec::new())).await.is_empty());
    assert_eq!(all(store, &filter().admitted(Admission::Enrolled)).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(all(store, &filter().admitted(Admission::Pending)).await, [7]);
    assert_eq!(all(store, &filter().admitted(Admission::Expected)).await, [8]);
    assert_eq!(all(store, &filter().admitted(Admission::Disabled)).await, [9]);
    assert_eq!(all(store, &filter().of_class(StatusClass::Registered)).await, [1, 2]);
    assert_eq!(all(store, &filter().of_class(StatusClass::NonRegistered)).await, [3, 4, 6, 7, 8, 9]);
    assert_eq!(all(store, &filter().of_class(StatusClass::Disconnected)).await, [5]);
    assert_eq!(all(store, &filter().of_model(model_id(1))).await, [1, 2]);
    assert_eq!(all(store, &filter().of_user(user_id(2))).await, [6]);
    put_all(store, [put_firmware(1), put_firmware(2)]).await;
    for number in [2, 8] {
        let mut chosen = read(store, number).await.unwrap().device.value;
        chosen.firmware = Some(firmware_id(1));
        put(store, put_device(chosen)).await;
    }
    assert_eq!(all(store, &filter().of_firmware(firmware_id(1))).await, [2, 8]);
    assert_eq!(list(store, &filter().of_firmware(firmware_id(1)), Page::first(1)).await, [2]);
    assert!(all(store, &filter().of_firmware(firmware_id(2))).await.is_empty());
}

/// All members of a filter must fit.
pub async fn filters_combine(store: &impl Store) {
    fleet(store).await;
    let in_both = || DeviceFilter::all().in_regions(vec![region_id(2), region_id(1)]);
    let class = StatusClass::NonRegistered;
    assert_eq!(all(store, &in_both().of_class(class)).await, [3, 6, 8]);
    assert_eq!(all(store, &in_both().of_class(class).admitted(Admission::Enrolled)).await, [3, 6]);
    assert_eq!(all(store, &in_both().of_model(model_id(1)).of_class(StatusClass::Registered)).await, [1, 2]);
    let everything = in_both().of_class(class).of_user(user_id(2)).admitted(Admission::Enrolled);
    assert_eq!(all(store, &everything).await, [6]);
    assert!(all(store, &everything.of_model(model_id(2))).await.is_empty());
}

/// Regions in any order, some named twice or unknown: one list in one order.
pub async fn pages_of_several_regions_are_one_list(store: &impl Store) {
    fleet(store).await;
    let regions = vec![region_id(2), region_id(9), region_id(1), region_id(2)];
    let filter = DeviceFilter::all().in_regions(regions);
    assert_eq!(list(store, &filter, Page::first(3)).await, [1, 2, 3]);
    assert_eq!(list(store, &filter, Page::after(device_id(3), 2)).await, [5, 6]);
    assert_eq!(list(store, &filter, Page::after(device_id(6), 9)).await, [8]);
}

/// A phone that never reported counts from when its row was made; ties go by id; only pending ones.
pub async fn the_longest_silent_pending_are_evicted(store: &impl Store) {
    let pending = |number, created_at| {
        put_device(Device { admission: Admission::Pending, created_at: at(created_at), ..device(number) })
    };
    put_all(store, [pending(1, 40), pending(2, 10), pending(3, 20), pending(4, 20), put_device(device(5))])
        .await;
    put(store, report(2, 30)).await;
    let evict = |keep| Change::Device(DeviceChange::EvictPending(keep));
    put(store, evict(4)).await;
    assert_eq!(all(store, &DeviceFilter::all()).await, [1, 2, 3, 4, 5]);
    put(store, evict(3)).await;
    assert_eq!(all(store, &DeviceFilter::all()).await, [1, 2, 4, 5]);
    put(store, evict(1)).await;
    assert_eq!(all(store, &DeviceFilter::all()).await, [1, 5]);
    let gone: Vec<_> = store.changed_devices(DeviceSequence(5), 9).await.unwrap();
    assert_eq!(gone.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [3, 4, 2].map(device_id));
    // Announced and evicted in one batch, as the use case does it.
    commit(store, Batch::of(pending(6, 50)).and(evict(0))).await;
    assert_eq!(all(store, &DeviceFilter::all()).await, [5]);
}

/// DEV-43, DEV-11, DEV-23: each order, both ways, page by page; words are found ASCII case aside.
pub async fn lists_are_sorted_and_searched(store: &impl Store) {
    fleet(store).await;
    let list = async |by, order, filter: &DeviceFilter| -> Vec<u8> {
        let (mut numbers, mut after) = (Vec::new(), None);
        loop {
            let sorted = Sorted { by, order };
            let page = store.device_list(filter, sorted, Page { after, limit: 2 }).await.unwrap();
            let Some(last) = page.last() else { return numbers };
            after = Some(last.at.clone());
            numbers.extend(page.iter().map(|row| row.row.device.value.id.as_bytes()[15]));
        }
    };
    let all = DeviceFilter::all();
    for (by, ascending) in [
        (DeviceSort::Made, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (DeviceSort::Mac, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (DeviceSort::User, [1, 2, 3, 4, 7, 8, 9, 5, 6]),
        (DeviceSort::Region, [4, 7, 9, 1, 5, 6, 8, 2, 3]),
        (DeviceSort::Model, [4, 5, 6, 7, 8, 9, 1, 2, 3]),
        (DeviceSort::LastSeen, [4, 6, 7, 8, 9, 1, 2, 3, 5]),
        (DeviceSort::Status, [1, 2, 3, 4, 6, 7, 8, 9, 5]),
    ] {
        assert_eq!(list(by, Order::Ascending, &all).await, ascending, "{by:?}");
        let descending: Vec<u8> = ascending.into_iter().rev().collect();
        assert_eq!(list(by, Order::Descending, &all).await, descending, "{by:?}");
    }
    let filter = DeviceFilter { seen: Some(false), ..DeviceFilter::all() };
    assert_eq!(list(DeviceSort::Mac, Order::Descending, &filter).await, [9, 8, 7, 6, 4]);
    let found = DeviceFilter::all().with(SearchField::User, "uSER").with(SearchField::Mac, "8F:00-00.05");
    assert_eq!(list(DeviceSort::Mac, Order::Ascending, &found).await, [5]);
    let version = DeviceFilter::all().with(SearchField::Any, "2.2.8");
    assert_eq!(list(DeviceSort::Status, Order::Ascending, &version).await, [1, 2, 3, 5]);
    assert!(list(DeviceSort::Mac, Order::Ascending, &DeviceFilter { shared: true, ..all }).await.is_empty());
}

/// What is searched follows the device, its user and its reports, and goes with them.
pub async fn what_is_searched_is_present(store: &impl Store) {
    fleet(store).await;
    let found = async |text: &str| all(store, &DeviceFilter::all().with(SearchField::Any, text)).await;
    assert_eq!(found("user2").await, [6]);
    let renamed = User { display_name: "Two".parse().unwrap(), ..user(2) };
    put(store, Change::PutUser(Box::new(renamed))).await;
    assert_eq!(found("tWO").await, [6]);
    put(store, put_device(Device { display_name: "Lobby".parse().unwrap(), ..device(6) })).await;
    assert_eq!((found("two").await, found("lobby").await), (vec![], vec![6]));
    put(store, Change::Status(StatusChange::Forget(device_id(1)))).await;
    assert_eq!(found("2.2.8").await, [2, 3, 5]);
    put(store, Change::Device(DeviceChange::Delete(device_id(2)))).await;
    assert_eq!(found("2.2.8").await, [3, 5]);
}
