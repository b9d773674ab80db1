//! How many unknown phones one address may announce.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Counts new MAC addresses per source address and hour. A source that is not remembered any more
/// begins anew; the total of pending phones is bounded elsewhere.
#[derive(Debug, Default)]
pub(super) struct AnnouncementLimiter(Mutex<HashMap<IpAddr, Window>>);

#[derive(Debug)]
struct Window {
    began: Duration,
    count: u32,
}

const HOUR: Duration = Duration::from_hours(1);

/// How many sources are remembered at once.
const SOURCES: usize = 100_000;

impl AnnouncementLimiter {
    /// Whether one more new address may come from `source`; counts it if so. `mono` is monotonic
    /// time.
    pub(super) fn admit(&self, source: IpAddr, limit: u32, mono: Duration) -> bool {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= SOURCES && !windows.contains_key(&source) {
            windows.retain(|_, window| mono.saturating_sub(window.began) < HOUR);
            if windows.len() >= SOURCES {
                return false;
            }
        }
        let window = windows.entry(source).or_insert(Window { began: mono, count: 0 });
        if mono.saturating_sub(window.began) >= HOUR {
            *window = Window { began: mono, count: 0 };
        }
        let admitted = window.count < limit;
        window.count += u32::from(admitted);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_announces_so_many_phones_an_hour() {
        let limiter = AnnouncementLimiter::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let admitted = (0..100).filter(|_| limiter.admit(one, 32, Duration::ZERO)).count();
        assert_eq!(admitted, 32);
        assert!(limiter.admit(other, 32, Duration::ZERO), "another source has its own count");
        assert!(!limiter.admit(one, 32, Duration::from_secs(3_599)));
        assert!(limiter.admit(one, 32, HOUR));
    }
}
