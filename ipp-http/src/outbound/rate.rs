//! How often a phone is given a command.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ipp_core::mac::Mac;

/// Beyond so many phones those with all their places are forgotten.
const KEPT: usize = 10_000;

/// For each phone, from when on it has all its places again.
#[derive(Debug)]
pub(super) struct Rates {
    burst: u32,
    every: Duration,
    full_at: Mutex<BTreeMap<Mac, Duration>>,
}

impl Rates {
    pub(super) const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, full_at: Mutex::new(BTreeMap::new()) }
    }

    /// Takes a place where there is one; `now` is the steady clock.
    pub(super) fn take(&self, phone: Mac, now: Duration) -> bool {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= KEPT {
            full_at.retain(|_, at| *at > now);
        }
        let at = full_at.get(&phone).copied().unwrap_or(now).max(now);
        let next = at.saturating_add(self.every);
        if next > now.saturating_add(self.every.saturating_mul(self.burst)) {
            return false;
        }
        full_at.insert(phone, next);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(last: u8) -> Mac {
        Mac::new([0, 0x90, 0x8f, 0, 0, last]).unwrap()
    }

    #[test]
    fn a_phone_gets_a_few_at_once_and_then_one_at_a_time() {
        let rates = Rates::new(3, Duration::from_secs(2));
        let take = |seconds| rates.take(phone(1), Duration::from_secs(seconds));
        assert_eq!([take(10), take(10), take(10), take(10), take(11)], [true, true, true, false, false]);
        assert!(rates.take(phone(2), Duration::from_secs(11)), "another phone has places of its own");
        assert_eq!([take(12), take(12), take(14)], [true, false, true]);
        assert_eq!([take(100), take(100), take(100), take(100)], [true, true, true, false]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let rates = Rates::new(1, Duration::from_secs(1));
        for number in 0..25_000_u32 {
            let [_, b, c, d] = number.to_be_bytes();
            let mac = Mac::new([0, 0x90, 0x8f, b, c, d]).unwrap();
            assert!(rates.take(mac, Duration::from_secs(number.into())));
        }
        assert!(rates.full_at.lock().unwrap().len() <= KEPT);
    }
}
