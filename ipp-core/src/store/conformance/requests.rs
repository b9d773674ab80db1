//! Requests that may be repeated.

use super::{put, samples::*, skipped};
use crate::{
    store::{Answer, Change, RememberedRequest, RequestChange, Reseal, SealedPlace, Store},
    vault::Sealed,
};

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

/// A4: an answer that is sealed anew is the same answer; one that is not there any more stays away.
pub async fn an_answer_is_sealed_anew_in_its_place(store: &impl Store) {
    let reseal = |key, formerly: &[u8]| {
        let (formerly, sealed) = (Sealed::from_bytes(formerly.to_vec()), Sealed::from_bytes(vec![7]));
        Change::Reseal(Reseal { place: SealedPlace::Answer(print(key)), formerly, sealed })
    };
    for key in [1, 2] {
        put(store, Change::Request(RequestChange::Claim(claim(key)))).await;
    }
    put(store, Change::Request(RequestChange::Settle(claim(1).key, answer(200)))).await;
    put(store, reseal(1, &answer(200).body)).await;
    for key in [1, 2, 3] {
        skipped(store, reseal(key, &answer(200).body)).await;
    }
    let kept = store.request(claim(1).key).await.unwrap().unwrap();
    assert_eq!(
        kept,
        RememberedRequest { claim: claim(1), answer: Some(Answer { status: 200, body: vec![7] }) }
    );
    assert_eq!(store.request(claim(2).key).await.unwrap().unwrap().answer, None);
}
