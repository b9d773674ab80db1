//! Requests that may be repeated.

use super::{put, samples::*, skipped};
use crate::store::{Answer, Change, RememberedRequest, RequestChange, Store};

fn answer(status: u16) -> Answer {
    Answer { status, body: br#"{"done":"\u00fc"}"#.to_vec() }
}

/// C27: one of two requests with one key does the work; the other finds the first.
pub async fn a_key_is_taken_once(store: &impl Store) {
    assert_eq!(store.request(claim(1).key).await.unwrap(), None);
    put(store, Change::Request(RequestChange::Claim(claim(1)))).await;
    let other = crate::store::Claim { content: print(9), ..claim(1) };
    skipped(store, Change::Request(RequestChange::Claim(other))).await;
    let kept = store.request(claim(1).key).await.unwrap();
    assert_eq!(kept, Some(RememberedRequest { claim: claim(1), answer: None }));
    put(store, Change::Request(RequestChange::Release(claim(1).key))).await;
    assert_eq!(store.request(claim(1).key).await.unwrap(), None);
    put(store, Change::Request(RequestChange::Claim(claim(1)))).await;
}

/// The answer stays with its request.
pub async fn an_answer_is_kept(store: &impl Store) {
    skipped(store, Change::Request(RequestChange::Settle(claim(1).key, answer(200)))).await;
    put(store, Change::Request(RequestChange::Claim(claim(1)))).await;
    put(store, Change::Request(RequestChange::Settle(claim(1).key, answer(207)))).await;
    let kept = store.request(claim(1).key).await.unwrap();
    assert_eq!(kept, Some(RememberedRequest { claim: claim(1), answer: Some(answer(207)) }));
}

/// What is from before the time is forgotten, settled or not.
pub async fn old_requests_are_forgotten(store: &impl Store) {
    for number in 1..=3 {
        put(store, Change::Request(RequestChange::Claim(claim(number)))).await;
    }
    put(store, Change::Request(RequestChange::Settle(claim(1).key, answer(200)))).await;
    put(store, Change::Request(RequestChange::Prune(at(3)))).await;
    let mut kept = Vec::new();
    for number in 1..=3 {
        kept.push(store.request(claim(number).key).await.unwrap().is_some());
    }
    assert_eq!(kept, [false, false, true]);
}
