//! A map that keeps the entries used last.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    hash::Hash,
};

/// At most `capacity` entries; the one unused for the longest time makes place for a new one.
///
/// It holds hundreds of entries of 256 KiB each and is asked once per chunk, so plain maps do. A
/// general cache crate drops evicted values at some later time, and the memory bound of the image
/// cache needs them to be dropped at once.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    capacity: usize,
    /// Grows by one with each use.
    uses: u64,
    entries: HashMap<K, (u64, V)>,
    by_use: BTreeMap<u64, K>,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { capacity, uses: 0, entries: HashMap::new(), by_use: BTreeMap::new() }
    }

    /// The entry of `key`, made if it is not there.
    pub(super) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if self.entries.len() >= self.capacity
            && !self.entries.contains_key(&key)
            && let Some((_, unused)) = self.by_use.pop_first()
        {
            self.entries.remove(&unused);
        }
        self.uses += 1;
        self.by_use.insert(self.uses, key);
        match self.entries.entry(key) {
            Entry::Vacant(free) => &mut free.insert((self.uses, make())).1,
            Entry::Occupied(found) => {
                let (used, value) = found.into_mut();
                self.by_use.remove(used);
                *used = self.uses;
                value
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(recent: &Recent<u8, u8>) -> Vec<u8> {
        assert_eq!(recent.by_use.len(), recent.entries.len());
        recent.by_use.values().copied().collect()
    }

    #[test]
    fn the_entry_unused_for_longest_makes_place() {
        let mut recent = Recent::with_capacity(2);
        *recent.entry(1, || 10) += 1;
        recent.entry(2, || 20);
        assert_eq!(*recent.entry(1, || 0), 11);
        recent.entry(3, || 30);
        assert_eq!(keys(&recent), [1, 3]);
    }
}
