//! Users.

use super::{put, put_all, samples::*};
use crate::{
    catalog::RowRevision,
    device::{Device, Owner},
    id::UserId,
    store::{Change, Order, Page, Sorted, Store, UserFilter, UserKey, UserSort},
    user::User,
};

async fn list(store: &impl Store, regions: Option<Vec<u8>>, page: Page<UserId>) -> Vec<u8> {
    let regions = regions.map(|regions| regions.into_iter().map(region_id).collect());
    let filter = UserFilter { regions, ..UserFilter::default() };
    store.users(&filter, page).await.unwrap().iter().map(|user| user.value.id.as_bytes()[15]).collect()
}

/// USR-33: with and without a password.
pub async fn every_field_round_trips(store: &impl Store) {
    put(store, put_region(1)).await;
    for (user, revision) in [(full_user(1), 1), (user(1), 2)] {
        put(store, Change::PutUser(Box::new(user.clone()))).await;
        let stored = store.user(UserKey::Id(user_id(1))).await.unwrap().unwrap();
        assert_eq!((stored.value, stored.revision), (user, RowRevision(revision)));
    }
}

/// USR-28: the name in any ASCII case is the user.
pub async fn a_user_is_found_by_id_and_by_name_in_any_case(store: &impl Store) {
    put_all(store, [put_region(1), put_user(1), Change::PutUser(Box::new(full_user(2)))]).await;
    let find = async |key| store.user(key).await.unwrap().map(|user| user.value.id);
    let named = |name: &str| UserKey::Name(name.parse().unwrap());
    assert_eq!(find(UserKey::Id(user_id(1))).await, Some(user_id(1)));
    assert_eq!(find(named("uSER1")).await, Some(user_id(1)));
    assert_eq!(find(named("JöRG@EXAMPLE.COM")).await, Some(user_id(2)));
    assert_eq!(find(named("JÖRG@EXAMPLE.COM")).await, None);
    assert_eq!(find(UserKey::Id(user_id(9))).await, None);
}

/// USR-23.
pub async fn a_user_is_deleted(store: &impl Store) {
    put_all(store, [put_region(1), put_user(1), put_user(2)]).await;
    put(store, Change::DeleteUser(user_id(1))).await;
    assert_eq!(store.user(UserKey::Id(user_id(1))).await.unwrap(), None);
    assert_eq!(list(store, None, Page::first(9)).await, [2]);
}

/// USR-24, and pages by key.
pub async fn pages_and_regions_select(store: &impl Store) {
    put_all(store, [put_region(1), put_region(2), put_region(3)]).await;
    let in_region =
        |number, region| Change::PutUser(Box::new(User { region: region_id(region), ..user(number) }));
    put_all(store, [in_region(1, 1), in_region(2, 2), in_region(3, 3), in_region(4, 1), in_region(5, 2)])
        .await;
    assert_eq!(list(store, None, Page::first(2)).await, [1, 2]);
    assert_eq!(list(store, None, Page::after(user_id(2), 9)).await, [3, 4, 5]);
    assert_eq!(list(store, Some(vec![2, 1, 2]), Page::first(3)).await, [1, 2, 4]);
    assert_eq!(list(store, Some(vec![2, 1]), Page::after(user_id(2), 9)).await, [4, 5]);
    assert!(list(store, Some(Vec::new()), Page::first(9)).await.is_empty());
}

/// USR-09, USR-25: sorted, searched, with the number of devices.
pub async fn lists_are_sorted_and_searched(store: &impl Store) {
    put_all(store, [put_region(2), put_region(1)]).await;
    let person = |number, region, name: &str| {
        let (region, display_name) = (region_id(region), name.parse().unwrap());
        Change::PutUser(Box::new(User { display_name, region, ..user(number) }))
    };
    put_all(store, [person(1, 2, "b"), person(2, 1, "C"), person(3, 2, "A")]).await;
    let owner = full_device(1).owner.map(|owner| Owner { user: user_id(2), ..owner });
    put_all(store, [4, 5].map(|number| put_device(Device { owner, ..device(number) }))).await;
    let list = async |by, order, words: &[&str]| -> Vec<u8> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let filter = UserFilter { words, ..UserFilter::default() };
        let (mut numbers, mut after) = (Vec::new(), None);
        loop {
            let page =
                store.user_list(&filter, Sorted { by, order }, Page { after, limit: 1 }).await.unwrap();
            let Some(row) = page.last() else { return numbers };
            after = Some(row.at.clone());
            let id = row.row.user.value.id;
            assert_eq!(row.row.devices, if id == user_id(2) { 2 } else { 0 });
            numbers.push(id.as_bytes()[15]);
        }
    };
    assert_eq!(list(UserSort::Name, Order::Descending, &[]).await, [3, 2, 1]);
    assert_eq!(list(UserSort::DisplayName, Order::Ascending, &[]).await, [3, 1, 2]);
    assert_eq!(list(UserSort::Region, Order::Ascending, &[]).await, [2, 1, 3]);
    assert_eq!(list(UserSort::Region, Order::Descending, &["uSER"]).await, [3, 1, 2]);
    assert_eq!(list(UserSort::Name, Order::Ascending, &["user", "c"]).await, [2]);
}
