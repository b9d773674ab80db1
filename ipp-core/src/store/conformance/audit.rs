//! The audit log: complete, in order, and chained.

use super::{commit, put, refused, samples::*};
use crate::store::{AuditRecord, Batch, Change, Store, StoreErrorKind};

async fn note(store: &impl Store, subjects: &[&str]) {
    let audit = subjects.iter().map(|subject| entry(subject)).collect();
    commit(store, Batch { audit, ..Batch::default() }).await;
}

/// Numbers without gaps, and each hash over the one before: what is altered or taken out shows.
pub async fn entries_are_chained(store: &impl Store) {
    note(store, &["a", "b"]).await;
    note(store, &["„c“\n东"]).await;
    let records = store.audit(0, 9).await.unwrap();
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
    let numbers = async |after, limit| {
        store.audit(after, limit).await.unwrap().iter().map(|record| record.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, 2).await, [1, 2]);
    assert_eq!(numbers(2, 9).await, [3, 4, 5]);
    assert!(numbers(5, 9).await.is_empty());
    assert!(numbers(u64::MAX, 9).await.is_empty());
}

/// Nothing happened, so nothing is noted, and the next number is not lost.
pub async fn a_failed_batch_notes_nothing(store: &impl Store) {
    note(store, &["a"]).await;
    put(store, put_region(1)).await;
    let mut batch = Batch::of(put_user(2)).and(Change::DeleteRegion(region_id(1)));
    batch.audit.push(entry("b"));
    refused(store, batch, StoreErrorKind::Referenced, "region").await;
    note(store, &["c"]).await;
    let records = store.audit(0, 9).await.unwrap();
    let read: Vec<_> = records.iter().map(|record| (record.number, record.entry.subject.as_str())).collect();
    assert_eq!(read, [(1, "a"), (2, "c")]);
}
