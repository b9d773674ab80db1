//! Failed logins slow down further ones (SEC-23): first by account, then by source. Nothing is ever
//! locked for good, so that nobody can shut an administrator out.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
/// The longest delay.
const LONGEST: Duration = Duration::from_mins(15);
/// After how long without a failure everything is forgotten.
const FORGET: Duration = Duration::from_hours(24);
/// How many accounts and sources are remembered at most; the longest quiet go first.
const REMEMBERED: usize = 10_000;

/// The failed logins of late, as one node saw them. A restart forgets them.
#[derive(Debug, Default)]
pub struct Attempts {
    failures: BTreeMap<Key, Failures>,
}

/// Too many failures; try again after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failed logins; try again in {} seconds", .0.as_secs().max(1))]
pub struct Refused(pub Duration);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// An account as seen from one source: a stranger's failures do not slow the owner down.
    Account(String, IpAddr),
    /// A source, over all accounts: guessing one password for many names.
    Source(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
}

impl Attempts {
    /// Whether a login may be tried now. `account` is the folded name, whether there is one or not.
    pub fn admit(&self, account: &str, source: IpAddr, now: Duration) -> Result<(), Refused> {
        let wait = keys(account, source)
            .iter()
            .filter_map(|key| self.failures.get(key).map(|failed| failed.wait(key, now)))
            .max()
            .unwrap_or_default();
        if wait.is_zero() { Ok(()) } else { Err(Refused(wait)) }
    }

    /// Notes a failure.
    pub fn failed(&mut self, account: &str, source: IpAddr, now: Duration) {
        let failures = &mut self.failures;
        failures.retain(|_, failed| now.saturating_sub(failed.last) < FORGET);
        for key in keys(account, source) {
            if failures.len() >= REMEMBERED && !failures.contains_key(&key) {
                let quietest =
                    failures.iter().min_by_key(|(_, failed)| failed.last).map(|(key, _)| key.clone());
                quietest.and_then(|key| failures.remove(&key));
            }
            let failed = failures.entry(key).or_insert(Failures { count: 0, last: now });
            *failed = Failures { count: failed.count.saturating_add(1), last: now };
        }
    }

    /// Notes a success: the account is free again from there.
    pub fn succeeded(&mut self, account: &str, source: IpAddr) {
        self.failures.remove(&Key::Account(account.to_owned(), source.to_canonical()));
    }
}

fn keys(account: &str, source: IpAddr) -> [Key; 2] {
    let source = source.to_canonical();
    [Key::Account(account.to_owned(), source), Key::Source(source)]
}

impl Failures {
    /// How long to wait: doubling from one second behind the failures that cost nothing. A source
    /// may stand for an office, so it has four times as many.
    fn wait(self, key: &Key, now: Duration) -> Duration {
        let free = match key {
            Key::Account(..) => FREE,
            Key::Source(_) => 4 * FREE,
        };
        let Some(over) = self.count.checked_sub(free) else { return Duration::ZERO };
        let delay = Duration::from_secs(1_u64.checked_shl(over.min(20)).unwrap_or(u64::MAX)).min(LONGEST);
        delay.saturating_sub(now.saturating_sub(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// SEC-23: the delay grows, ends by itself, and is another's nowhere.
    #[test]
    fn sec_23_failures_slow_down_and_never_lock() {
        let mut attempts = Attempts::default();
        for _ in 0..FREE {
            assert_eq!(attempts.admit("acladmin", HERE, at(0)), Ok(()));
            attempts.failed("acladmin", HERE, at(0));
        }
        assert_eq!(attempts.admit("acladmin", HERE, at(0)), Err(Refused(Duration::from_secs(1))));
        assert_eq!(attempts.admit("acladmin", HERE, at(1)), Ok(()));
        assert_eq!(attempts.admit("acladmin", THERE, at(0)), Ok(()), "the owner elsewhere is not slowed");
        attempts.failed("acladmin", HERE, at(1));
        assert_eq!(attempts.admit("acladmin", HERE, at(1)), Err(Refused(Duration::from_secs(2))));
        for _ in 0..40 {
            attempts.failed("acladmin", HERE, at(10));
        }
        assert_eq!(attempts.admit("acladmin", HERE, at(10)), Err(Refused(LONGEST)));
        assert_eq!(attempts.admit("acladmin", HERE, at(10 + 900)), Ok(()), "never for good");
    }

    /// A21: one password for many names is slowed by its source; a success frees the account alone.
    #[test]
    fn many_names_from_one_source_are_slowed_too() {
        let mut attempts = Attempts::default();
        for number in 0..4 * FREE {
            attempts.failed(&format!("user{number}"), HERE, at(0));
        }
        assert!(attempts.admit("another", HERE, at(0)).is_err());
        assert_eq!(attempts.admit("another", THERE, at(0)), Ok(()));
        attempts.succeeded("user1", HERE);
        assert!(attempts.admit("user1", HERE, at(0)).is_err());
    }

    /// Whoever invents names does not fill the memory.
    #[test]
    fn what_is_remembered_is_bounded() {
        let mut attempts = Attempts::default();
        for number in 0..20_000_u32 {
            let source = IpAddr::from(number.to_be_bytes());
            attempts.failed(&format!("user{number}"), source, at(u64::from(number) / 1_000));
        }
        assert!(attempts.failures.len() <= REMEMBERED);
    }
}
