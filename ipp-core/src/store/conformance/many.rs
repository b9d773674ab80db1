//! Many changes of one kind in a batch, which a store may apply together: the outcome is that of one after
//! the other.

use super::{commit, put, put_all, refused, samples::*};
use crate::{
    catalog::RowRevision,
    device::{BoundBy, Device, Owner},
    id::{DeviceId, UserId},
    mac::Mac,
    store::{
        Batch, Change, CountKey, DeviceFilter, DeviceKey, DeviceSequence, Expected, Page, Row, Store,
        StoreErrorKind, UserFilter, UserKey,
    },
    user::User,
};

const MANY: u8 = 150;

fn owner(number: u8) -> User {
    User { name: format!("{number}").parse().unwrap(), ..user(number) }
}

fn owned(number: u8) -> Device {
    let owner = Some(Owner { user: user_id(number), bound_by: BoundBy::Administrator });
    Device { owner, region: Some(region_id(1)), ..device(number) }
}

fn moved(number: u8) -> Device {
    Device { region: Some(region_id(2)), ..owned(number) }
}

fn put_owner(user: User) -> Change {
    Change::PutUser(Box::new(user))
}

fn all() -> Batch {
    let users = (1..=MANY).map(|number| put_owner(owner(number)));
    let devices = (1..=MANY).map(|number| put_device(owned(number)));
    Batch { changes: users.chain(devices).collect(), ..Batch::default() }
}

async fn order(store: &impl Store) -> Vec<DeviceId> {
    let changed = store.changed_devices(DeviceSequence(0), 1_000).await.unwrap();
    changed.into_iter().map(|(_, id)| id).collect()
}

async fn counts(store: &impl Store) -> Vec<(CountKey, u64)> {
    store.device_counts().await.unwrap()
}

/// CSV-14: users and their devices, new and changed, in one write.
pub async fn many_rows_are_put_like_one_after_the_other(store: &impl Store) {
    put_all(store, [put_region(1), put_region(2)]).await;
    let expecting = (1..=MANY).fold(all(), |batch, number| {
        let batch = batch.expecting(Row::User(user_id(number)), Expected::Absent);
        batch.expecting(Row::Device(device_id(number)), Expected::Absent)
    });
    assert!(commit(store, expecting).await.skipped.is_empty());
    assert_eq!(order(store).await, (1..=MANY).map(device_id).collect::<Vec<_>>());
    assert_eq!(counts(store).await, [(CountKey::of(&owned(1), None), u64::from(MANY))]);
    put_all(store, [report(7, 1), report(8, 1)]).await;
    // Every second one moves, one of them there and back, and the last user and device are new.
    let again =
        (1..=MANY).map(|number| put_device(if number % 2 == 0 { moved(number) } else { owned(number) }));
    let last = [put_owner(owner(200)), put_device(owned(200)), put_device(moved(8)), put_device(owned(8))];
    commit(store, Batch { changes: again.chain(last).collect(), ..Batch::default() }).await;
    let devices = store.devices(&DeviceFilter::all(), Page::first(1_000)).await.unwrap();
    assert_eq!(devices.len(), usize::from(MANY) + 1);
    for record in devices {
        let Device { id, region, .. } = record.device.value;
        let here = id.as_bytes()[15];
        let (moves, revision) = match here {
            8 => (false, 4),
            200 => (false, 1),
            _ => (here % 2 == 0, 2),
        };
        assert_eq!(region, Some(region_id(if moves { 2 } else { 1 })), "{here}");
        assert_eq!(record.device.revision, RowRevision(revision), "{here}");
        assert_eq!(record.owner.map(|user| user.id), Some(user_id(here)), "{here}");
    }
    let in_region = |found: &[(CountKey, u64)], number| {
        let here = found.iter().filter(|(key, _)| key.region == Some(region_id(number)));
        here.map(|(_, devices)| devices).sum::<u64>()
    };
    let found = counts(store).await;
    assert_eq!((in_region(&found, 1), in_region(&found, 2)), (77, 74));
    assert_eq!(order(store).await.last(), Some(&device_id(8)));
    assert_eq!(order(store).await.len(), usize::from(MANY) + 1);
}

/// Of many that are good, the one that is not is named, and nothing of the others is left.
pub async fn the_bad_one_of_many_is_named(store: &impl Store) {
    put_all(store, [put_region(1), put_user(240)]).await;
    let with = |at: usize, change: Change| {
        let mut batch = all();
        *batch.changes.get_mut(at).unwrap() = change;
        batch
    };
    let clash = Device { mac: mac(3), ..owned(40) };
    refused(store, with(189, put_device(clash)), StoreErrorKind::Taken, &mac(3).to_string()).await;
    let homeless = Device { region: Some(region_id(9)), ..owned(40) };
    refused(store, with(189, put_device(homeless)), StoreErrorKind::Referenced, "region").await;
    let taken = User { name: "uSer240".parse().unwrap(), ..owner(40) };
    refused(store, with(39, put_owner(taken)), StoreErrorKind::Taken, "uSer240").await;
    let homeless = User { region: region_id(9), ..owner(40) };
    refused(store, with(39, put_owner(homeless)), StoreErrorKind::Referenced, "region").await;
    // The owner of device 40 is not there any more.
    let early = with(39, put_owner(owner(41)));
    refused(store, early, StoreErrorKind::Referenced, "user").await;
    assert!(counts(store).await.is_empty() && order(store).await.is_empty());
    assert_eq!(store.users(&UserFilter::default(), Page::first(1_000)).await.unwrap().len(), 1);
    commit(store, all()).await;
    assert!(store.device(DeviceKey::Mac(mac(40))).await.unwrap().is_some());
}

/// A name or an address may pass from one to another within a batch.
pub async fn what_one_of_many_gives_up_another_takes(store: &impl Store) {
    put_all(store, [put_region(1)]).await;
    commit(store, all()).await;
    let free = Mac::new([0, 0x90, 0x8f, 9, 9, 9]).unwrap();
    let users = (1..=MANY).map(|number| match number {
        20 => put_owner(User { name: "gone".parse().unwrap(), ..owner(20) }),
        30 => put_owner(User { name: "20".parse().unwrap(), ..owner(30) }),
        _ => put_owner(owner(number)),
    });
    let devices = (1..=MANY).map(|number| match number {
        20 => put_device(Device { mac: free, ..owned(20) }),
        30 => put_device(Device { mac: mac(20), ..owned(30) }),
        _ => put_device(owned(number)),
    });
    commit(store, Batch { changes: users.chain(devices).collect(), ..Batch::default() }).await;
    let named = store.user(UserKey::Name("20".parse().unwrap())).await.unwrap();
    assert_eq!(named.map(|user| user.value.id), Some::<UserId>(user_id(30)));
    let found = store.device(DeviceKey::Mac(mac(20))).await.unwrap();
    assert_eq!(found.map(|record| record.device.value.id), Some(device_id(30)));
}

/// Of many expectations, the first that does not hold is named.
pub async fn the_first_of_many_that_is_stale_is_named(store: &impl Store) {
    put_all(store, [put_region(1)]).await;
    commit(store, all()).await;
    put(store, put_device(owned(91))).await;
    put(store, put_owner(owner(90))).await;
    let expecting = |stale: &[u8]| {
        (1..=MANY).fold(Batch::of(put_region(3)), |batch, number| {
            let revision = |stale| Expected::Revision(RowRevision(if stale { 2 } else { 1 }));
            let (user, device) = (revision(number == 90), revision(number == 91));
            let (user, device) =
                if stale.contains(&number) { (Expected::Absent, Expected::Absent) } else { (user, device) };
            let batch = batch.expecting(Row::User(user_id(number)), user);
            batch.expecting(Row::Device(device_id(number)), device)
        })
    };
    commit(store, expecting(&[])).await;
    let first = Row::User(user_id(100)).to_string();
    refused(store, expecting(&[100, 120]), StoreErrorKind::Stale, &first).await;
    let absent = expecting(&[]).expecting(Row::Device(device_id(201)), Expected::Revision(RowRevision(1)));
    refused(store, absent, StoreErrorKind::Stale, &Row::Device(device_id(201)).to_string()).await;
}
