//! The audit log: complete, in order, and chained.

use super::{commit, put, refused, samples::*};
use crate::store::{
    AuditEntry, AuditFilter, AuditRecord, Batch, CatalogChange, Order, Page, Store, StoreErrorKind,
};

async fn note(store: &impl Store, subjects: &[&str]) {
    let audit = subjects.iter().map(|subject| entry(subject)).collect();
    commit(store, Batch { audit, ..Batch::default() }).await;
}

/// Numbers without gaps, and each hash over the one before: what is altered or taken out shows.
pub async fn entries_are_chained(store: &impl Store) {
    note(store, &["a", "b"]).await;
    note(store, &["„c“\n东"]).await;
    let records = store.audit(&AuditFilter::all(), Order::Ascending, Page::first(9)).await.unwrap();
    let mut last = None;
    let expected: Vec<_> = ["a", "b", "„c“\n东"]
        .iter()
        .map(|subject| {
            let record = AuditRecord::following(last, entry(subject));
            last = Some((record.number, record.hash));
            record
        })
        .collect();
    assert_eq!(records, expected);
}

/// Pages by number.
pub async fn entries_are_read_in_pieces(store: &impl Store) {
    note(store, &["a", "b", "c", "d", "e"]).await;
    let numbers = async |order, after, limit| {
        let page = Page { after, limit };
        let records = store.audit(&AuditFilter::all(), order, page).await.unwrap();
        records.iter().map(|record| record.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(Order::Ascending, None, 2).await, [1, 2]);
    assert_eq!(numbers(Order::Ascending, Some(2), 9).await, [3, 4, 5]);
    assert!(numbers(Order::Ascending, Some(5), 9).await.is_empty());
    assert!(numbers(Order::Ascending, Some(u64::MAX), 9).await.is_empty());
    assert_eq!(numbers(Order::Descending, None, 2).await, [5, 4]);
    assert_eq!(numbers(Order::Descending, Some(4), 9).await, [3, 2, 1]);
    assert!(numbers(Order::Descending, Some(1), 9).await.is_empty());
    assert_eq!(numbers(Order::Descending, Some(u64::MAX), 1).await, [5]);
}

/// By actor, kind of action, and time; the words are taken as they are.
pub async fn each_filter_selects(store: &impl Store) {
    let noted = [("anna", "device.approve", 10), ("Anna", "device.delete", 20), ("anna", "device%", 30)];
    let audit = noted.map(|(actor, action, time)| AuditEntry::new(at(time), actor, action, "x")).to_vec();
    commit(store, Batch { audit, ..Batch::default() }).await;
    let numbers = async |filter: AuditFilter| {
        let records = store.audit(&filter, Order::Ascending, Page::first(9)).await.unwrap();
        records.iter().map(|record| record.number).collect::<Vec<_>>()
    };
    let all = AuditFilter::all;
    assert_eq!(numbers(AuditFilter { actor: Some("anna".into()), ..all() }).await, [1, 3]);
    assert_eq!(numbers(AuditFilter { action: Some("device.".into()), ..all() }).await, [1, 2]);
    assert_eq!(numbers(AuditFilter { action: Some("device%".into()), ..all() }).await, [3]);
    assert_eq!(numbers(AuditFilter { since: Some(at(20)), ..all() }).await, [2, 3]);
    assert_eq!(numbers(AuditFilter { until: Some(at(20)), ..all() }).await, [1]);
    let both = AuditFilter { actor: Some("anna".into()), since: Some(at(11)), ..all() };
    assert_eq!(numbers(both).await, [3]);
}

/// By what they are about: the thing itself, and what is said of it, but nothing that only begins alike.
pub async fn entries_about_one_thing_are_found(store: &impl Store) {
    note(store, &["device 0a", "device 0a to file 3", "device 0ab", "Device 0a", "device 0a", "device 0"])
        .await;
    let about = async |subject: &str, order, page| {
        let filter = AuditFilter { subject: Some(subject.to_owned()), ..AuditFilter::all() };
        let records = store.audit(&filter, order, page).await.unwrap();
        records.iter().map(|record| record.number).collect::<Vec<_>>()
    };
    assert_eq!(about("device 0a", Order::Ascending, Page::first(9)).await, [1, 2, 5]);
    assert_eq!(about("device 0a", Order::Descending, Page::first(2)).await, [5, 2]);
    assert_eq!(about("device 0a", Order::Descending, Page::after(2, 2)).await, [1]);
    assert_eq!(about("device", Order::Ascending, Page::first(9)).await, [1, 2, 3, 5, 6]);
    assert!(about("device%", Order::Ascending, Page::first(9)).await.is_empty());
}

/// By what was done, exactly, in one order over all of them.
pub async fn entries_of_some_actions_are_found(store: &impl Store) {
    let noted = ["a.b", "a.c", "a.bc", "a.b", "A.b", "a.c"];
    let audit = noted.map(|action| AuditEntry::new(at(1), "anna", action, "x")).to_vec();
    commit(store, Batch { audit, ..Batch::default() }).await;
    let of = async |actions: &[&str], order, page| {
        let actions = Some(actions.iter().map(|action| (*action).to_owned()).collect());
        let filter = AuditFilter { actions, ..AuditFilter::all() };
        let records = store.audit(&filter, order, page).await.unwrap();
        records.iter().map(|record| record.number).collect::<Vec<_>>()
    };
    assert_eq!(of(&["a.c", "a.b", "a.b"], Order::Ascending, Page::first(9)).await, [1, 2, 4, 6]);
    assert_eq!(of(&["a.c", "a.b"], Order::Descending, Page::first(2)).await, [6, 4]);
    assert_eq!(of(&["a.c", "a.b"], Order::Descending, Page::after(4, 2)).await, [2, 1]);
    assert!(of(&[], Order::Ascending, Page::first(9)).await.is_empty());
}

/// Nothing happened, so nothing is noted, and the next number is not lost.
pub async fn a_failed_batch_notes_nothing(store: &impl Store) {
    note(store, &["a"]).await;
    put(store, put_region(1)).await;
    let mut batch = Batch::of(put_user(2)).and(CatalogChange::DeleteRegion(region_id(1)));
    batch.audit.push(entry("b"));
    refused(store, batch, StoreErrorKind::Referenced, "region").await;
    note(store, &["c"]).await;
    let records = store.audit(&AuditFilter::all(), Order::Ascending, Page::first(9)).await.unwrap();
    let read: Vec<_> = records.iter().map(|record| (record.number, record.entry.subject.as_str())).collect();
    assert_eq!(read, [(1, "a"), (2, "c")]);
}
