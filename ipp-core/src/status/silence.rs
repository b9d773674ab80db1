//! The disconnect rule over *observable* silence.
//!
//! A phone that reports to a server which is down is not silent. Each node writes down until when
//! it was able to receive; where no node was, the time does not count against the phones.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How often a node notes that it is able to receive.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// A wall clock that moves by more than this against the monotonic one was set: the sweep pauses
/// until phones have had time to report under the new time (C16).
pub const CLOCK_STEP: Duration = Duration::from_secs(30);

/// A time during which a node was able to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Uptime {
    /// From when.
    pub from: Timestamp,
    /// Until when at least: the last heartbeat.
    pub until: Timestamp,
}

/// The times during which no node was able to receive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outages(Vec<Uptime>);

impl Outages {
    /// The gaps between the given uptimes, and all time before the first: earlier uptimes may have
    /// been left out because they are long past, and what nobody could hear is not silence.
    pub fn between(mut uptimes: Vec<Uptime>) -> Self {
        uptimes.sort_unstable();
        let mut gaps = Vec::new();
        let mut covered: Option<Timestamp> = None;
        for uptime in uptimes {
            // A node that was gone may have gone right after its last heartbeat: what is not certain
            // does not count against the phones.
            let until = uptime.until.max(uptime.from);
            match covered {
                Some(end) if uptime.from > end => {
                    gaps.push(Uptime { from: end, until: uptime.from });
                    covered = Some(until);
                }
                Some(end) => covered = Some(end.max(until)),
                None => {
                    gaps.push(Uptime { from: Timestamp::from_millis(i64::MIN), until: uptime.from });
                    covered = Some(until);
                }
            }
        }
        Self(gaps)
    }

    /// How long a phone that was seen last at `last_seen` has been silent while somebody could have
    /// heard it. Never negative.
    pub fn silence(&self, last_seen: Timestamp, now: Timestamp) -> Duration {
        let deaf: Duration = self.0.iter().map(|gap| gap.until.min(now).since(gap.from.max(last_seen))).sum();
        now.since(last_seen).saturating_sub(deaf)
    }

    /// Whether a phone is to be called disconnected (SYS-10).
    pub fn is_overdue(&self, last_seen: Timestamp, timeout: Duration, now: Timestamp) -> bool {
        self.silence(last_seen, now) >= timeout
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60_000;
    const TWO_HOURS: Duration = Duration::from_hours(2);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * MINUTE)
    }

    fn up(from: i64, until: i64) -> Uptime {
        Uptime { from: at(from), until: at(until) }
    }

    #[test]
    fn sys_10_two_hours_of_silence_disconnect() {
        let outages = Outages::between(vec![up(0, 500)]);
        let just_before = Timestamp::from_millis(120 * MINUTE - 1_000);
        assert!(!outages.is_overdue(at(0), TWO_HOURS, just_before), "119 min 59 s");
        assert!(outages.is_overdue(at(0), TWO_HOURS, at(120)), "120 min");
    }

    #[test]
    fn three_hours_of_server_downtime_disconnect_nobody() {
        let outages = Outages::between(vec![up(0, 60), up(240, 241)]);
        assert!(!outages.is_overdue(at(59), TWO_HOURS, at(241)));
        assert!(!outages.is_overdue(at(59), TWO_HOURS, at(358)));
        assert!(outages.is_overdue(at(59), TWO_HOURS, at(359)), "the phone has had its time");
    }

    #[test]
    fn two_nodes_cover_for_each_other() {
        let outages = Outages::between(vec![up(0, 100), up(90, 300), up(350, 400)]);
        assert_eq!(outages.silence(at(0), at(340)), Duration::from_hours(5));
    }

    proptest! {
        #[test]
        fn downtime_never_adds_a_disconnect(
            last_seen in 0_i64..1_000,
            now in 0_i64..2_000,
            uptimes in prop::collection::vec((0_i64..2_000, 0_i64..300), 0..8),
            drop in any::<prop::sample::Index>(),
        ) {
            let all: Vec<Uptime> = uptimes.iter().map(|(from, length)| up(*from, from + length)).collect();
            let whole = Outages::between(vec![up(0, 5_000)]);
            let some = Outages::between(all.clone());
            prop_assert!(some.silence(at(last_seen), at(now)) <= whole.silence(at(last_seen), at(now)));
            if all.len() > 2 {
                // Losing an uptime that is neither first nor last only widens a gap.
                let mut sorted = all;
                sorted.sort_unstable();
                let victim = 1 + drop.index(sorted.len() - 2);
                sorted.remove(victim);
                let fewer = Outages::between(sorted);
                prop_assert!(fewer.silence(at(last_seen), at(now)) <= some.silence(at(last_seen), at(now)));
            }
        }

        #[test]
        fn silence_is_never_negative_and_never_beyond_the_clock(last_seen: i32, now: i32) {
            let outages = Outages::between(vec![up(0, 10), up(20, 30)]);
            let (last_seen, now) = (Timestamp::from_millis(last_seen.into()), Timestamp::from_millis(now.into()));
            prop_assert!(outages.silence(last_seen, now) <= now.since(last_seen));
        }
    }
}
