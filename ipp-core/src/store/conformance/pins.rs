//! Generations and published files.

use std::sync::Arc;

use super::{devices::read, put, put_all, samples::*, skipped};
use crate::{
    device::Device,
    generation::{GenerationId, Part},
    store::{Change, DeviceSequence, Pin, PinChange, PinRecord, Reseal, SealedPlace, Store},
};

fn revert(device: u8, number: u64) -> Change {
    Change::Pin(PinChange::Revert { device: device_id(device), number })
}

async fn numbers(store: &impl Store, device: u8) -> Vec<(u64, bool)> {
    let pins = store.pins(device_id(device)).await.unwrap();
    pins.iter().map(|pin| (pin.number, pin.current)).collect()
}

/// The order of the parts is part of what a generation is; equal parts may be shared and repeated.
pub async fn a_generation_round_trips_in_its_order(store: &impl Store) {
    for number in [1, 2] {
        let (id, parts) = generation(number);
        put(store, Change::PutGeneration(id, parts)).await;
    }
    let (id, parts) = generation(1);
    let turned: Arc<[Part]> = parts.iter().rev().chain(parts.iter()).cloned().collect();
    let (other, none) = (GenerationId::from_bytes([8; 32]), GenerationId::from_bytes([9; 32]));
    put_all(
        store,
        [Change::PutGeneration(other, Arc::clone(&turned)), Change::PutGeneration(none, Arc::new([]))],
    )
    .await;
    assert_eq!(store.generation(id).await.unwrap().as_deref(), Some(&*parts));
    assert_eq!(store.generation(generation(2).0).await.unwrap().as_deref(), Some(&*generation(2).1));
    assert_eq!(store.generation(other).await.unwrap().as_deref(), Some(&*turned));
    assert_eq!(store.generation(none).await.unwrap(), Some(Vec::new()));
    assert_eq!(store.generation(GenerationId::from_bytes([7; 32])).await.unwrap(), None);
}

/// A generation is immutable (C8).
pub async fn a_generation_that_is_there_stays(store: &impl Store) {
    let (id, parts) = generation(1);
    put(store, Change::PutGeneration(id, Arc::clone(&parts))).await;
    put(store, Change::PutGeneration(id, generation(2).1)).await;
    assert_eq!(store.generation(id).await.unwrap().as_deref(), Some(&*parts));
}

/// What a file is made from, not its bytes.
pub async fn every_field_of_a_published_file_round_trips(store: &impl Store) {
    let changed = Device { own: full_pin(1).own, ..device(1) };
    put_all(store, [put_device(changed), publish(full_pin(1)), put_device(device(1))]).await;
    let full = PinRecord { number: 1, current: true, pin: full_pin(1) };
    assert_eq!(read(store, 1).await.unwrap().pin, Some(full.clone()));
    put(store, publish(pin(1, 1))).await;
    let second = PinRecord { number: 2, current: true, pin: pin(1, 1) };
    assert_eq!(store.pins(device_id(1)).await.unwrap(), [second, PinRecord { current: false, ..full }]);
    assert!(store.pins(device_id(9)).await.unwrap().is_empty());
}

/// The last five, latest first.
pub async fn five_published_files_are_kept(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2)), publish(pin(2, 9))]).await;
    put_all(store, (1..=7).map(|cohort| publish(pin(1, cohort)))).await;
    assert_eq!(numbers(store, 1).await, [(7, true), (6, false), (5, false), (4, false), (3, false)]);
    assert_eq!(numbers(store, 2).await, [(1, true)]);
}

/// Going back publishes nothing new, and forward again is the same move.
pub async fn going_back_moves_the_pointer(store: &impl Store) {
    put(store, put_device(device(1))).await;
    put_all(store, (1..=6).map(|cohort| publish(pin(1, cohort)))).await;
    put(store, revert(1, 3)).await;
    assert_eq!(read(store, 1).await.unwrap().pin.unwrap().pin.cohort, print(3));
    assert_eq!(numbers(store, 1).await, [(6, false), (5, false), (4, false), (3, true), (2, false)]);
    for (device, number) in [(1, 1), (1, 7), (1, u64::MAX), (2, 1)] {
        skipped(store, revert(device, number)).await;
    }
    put(store, revert(1, 6)).await;
    assert_eq!(numbers(store, 1).await[0], (6, true));
}

/// Numbers are never used twice, and the oldest goes even where it was the current one.
pub async fn publishing_after_going_back_takes_the_next_number(store: &impl Store) {
    put(store, put_device(device(1))).await;
    put_all(store, (1..=5).map(|cohort| publish(pin(1, cohort)))).await;
    put_all(store, [revert(1, 1), publish(pin(1, 9))]).await;
    assert_eq!(numbers(store, 1).await, [(6, true), (5, false), (4, false), (3, false), (2, false)]);
}

/// A file that was made before the phone changed, perhaps with a token that was replaced since, is
/// not published any more.
pub async fn publishing_for_a_phone_that_changed_is_skipped(store: &impl Store) {
    put_all(store, [put_device(device(1)), publish(pin(1, 1))]).await;
    skipped(store, publish(Pin { own: print(3), ..pin(1, 2) })).await;
    put(store, put_device(Device { own: print(3), ..device(1) })).await;
    skipped(store, publish(pin(1, 4))).await;
    put(store, publish(Pin { own: print(3), ..pin(1, 5) })).await;
    assert_eq!(numbers(store, 1).await, [(2, true), (1, false)]);
}

/// C24: the device was deleted while the run was on its way.
pub async fn publishing_for_an_unknown_phone_is_skipped(store: &impl Store) {
    skipped(store, publish(pin(1, 1))).await;
    assert!(store.pins(device_id(1)).await.unwrap().is_empty());
}

/// A4: nothing but the sealed bytes changes, and nothing at all where they are other ones already.
pub async fn secrets_are_sealed_anew_in_their_place(store: &impl Store) {
    let reseal = |device, number, formerly: u8, now: u8| {
        let place = SealedPlace::Pin(device_id(device), number);
        let (formerly, sealed) = (sealed(formerly).sealed, sealed(now).sealed);
        Change::Reseal(Reseal { place, formerly, sealed })
    };
    put_all(store, [put_device(device(1)), publish(pin(1, 1)), publish(pin(1, 2))]).await;
    let before = store.pins(device_id(1)).await.unwrap();
    let (counts, after) =
        (store.pin_counts().await.unwrap(), store.changed_devices(DeviceSequence(0), 9).await.unwrap());
    put(store, reseal(1, 1, 1, 5)).await;
    for (device, number, formerly) in [(1, 1, 1), (1, 3, 1), (2, 1, 1), (1, u64::MAX, 1)] {
        skipped(store, reseal(device, number, formerly, 6)).await;
    }
    let mut expected = before;
    expected[1].pin.secrets = sealed(5).sealed;
    assert_eq!(store.pins(device_id(1)).await.unwrap(), expected);
    assert_eq!(store.pin_counts().await.unwrap(), counts);
    assert_ne!(store.changed_devices(DeviceSequence(0), 9).await.unwrap(), after, "caches have to know");
}
