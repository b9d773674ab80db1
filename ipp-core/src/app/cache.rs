//! A bounded cache: two generations, of which the older is dropped whole.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Keeps the entries that were used last: at least half of `capacity`, at most all of it. Finding,
/// adding and forgetting take constant time.
pub struct Cache<K, V> {
    half: usize,
    inner: Mutex<Inner<K, V>>,
}

struct Inner<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    epoch: u64,
}

/// The state of a cache when a value began to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(u64);

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// An empty cache.
    pub fn new(capacity: usize) -> Self {
        let inner = Inner { young: HashMap::new(), old: HashMap::new(), epoch: 0 };
        Self { half: (capacity / 2).max(1), inner: Mutex::new(inner) }
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut inner = self.lock();
        if let Some(value) = inner.young.get(key) {
            return Some(value.clone());
        }
        let value = inner.old.remove(key)?;
        self.put(&mut inner, key.clone(), value.clone());
        Some(value)
    }

    /// To be called before a value is read from its source; see [`Cache::insert`].
    pub fn epoch(&self) -> Epoch {
        Epoch(self.lock().epoch)
    }

    /// Adds a value that was loaded since `epoch`. Where something was forgotten meanwhile, the
    /// value may already be out of date, and is not kept.
    pub fn insert(&self, key: K, value: V, epoch: Epoch) {
        let mut inner = self.lock();
        if inner.epoch == epoch.0 {
            self.put(&mut inner, key, value);
        }
    }

    /// Forgets a key, because its source changed.
    pub fn forget(&self, key: &K) {
        let mut inner = self.lock();
        inner.epoch += 1;
        inner.young.remove(key);
        inner.old.remove(key);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.epoch += 1;
        inner.young.clear();
        inner.old.clear();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        let inner = self.lock();
        inner.young.len() + inner.old.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn put(&self, inner: &mut Inner<K, V>, key: K, value: V) {
        if inner.young.len() >= self.half {
            inner.old = std::mem::take(&mut inner.young);
        }
        inner.old.remove(&key);
        inner.young.insert(key, value);
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache(up to {})", self.half * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let cache = Cache::new(10);
        for n in 0..1_000 {
            cache.insert(n, n, cache.epoch());
            assert_eq!(cache.get(&0), Some(0), "used all the time");
            assert!(cache.len() <= 10);
        }
        assert_eq!(cache.get(&500), None);
        assert_eq!(cache.get(&999), Some(999));
    }

    #[test]
    fn a_value_loaded_before_a_change_is_not_kept() {
        let cache = Cache::new(10);
        let epoch = cache.epoch();
        cache.forget(&1);
        cache.insert(1, "old", epoch);
        assert_eq!(cache.get(&1), None);
        cache.insert(1, "new", cache.epoch());
        assert_eq!(cache.get(&1), Some("new"));
    }
}
