//! What a run came to, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::events::Outcome;
use super::meter::{Counters, Latency, RequestKind};

/// Phones listed one by one in a summary.
const TROUBLE: usize = 20;

/// A phone and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhoneResult {
    /// Index of the phone.
    pub phone: u32,
    /// Its MAC.
    pub mac: String,
    /// How far it has come.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a run came to. Its [`Display`](fmt::Display) is a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Phones in the fleet.
    pub phones: usize,
    /// Phones whose report `registered` was accepted.
    pub registered: usize,
    /// Phones on the way, nothing wrong.
    pub pending: usize,
    /// Phones whose last attempt failed.
    pub failed: usize,
    /// Phones that stopped speaking on purpose; they are counted above as well.
    pub vanished: usize,
    /// Duration of the run.
    #[serde(rename = "elapsed_ms", serialize_with = "millis")]
    pub elapsed: Duration,
    /// Totals.
    pub counters: Counters,
    /// Latencies by kind of request.
    pub latency: BTreeMap<RequestKind, Latency>,
    /// Events the reader was too slow for.
    pub events_dropped: u64,
    /// The first phones that are not registered, failed ones first.
    pub trouble: Vec<PhoneResult>,
}

impl Summary {
    /// Whether every phone is registered.
    pub const fn all_registered(&self) -> bool {
        self.registered == self.phones
    }

    pub(super) fn tally(&mut self, results: impl Iterator<Item = PhoneResult>) {
        let mut pending = Vec::new();
        for result in results {
            self.phones += 1;
            let (count, list) = match result.outcome {
                Outcome::Registered => {
                    self.registered += 1;
                    continue;
                }
                Outcome::Pending { .. } => (&mut self.pending, &mut pending),
                Outcome::Failed { .. } => (&mut self.failed, &mut self.trouble),
            };
            *count += 1;
            if list.len() < TROUBLE {
                list.push(result);
            }
        }
        self.trouble.extend(pending);
        self.trouble.truncate(TROUBLE);
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            phones: 0,
            registered: 0,
            pending: 0,
            failed: 0,
            vanished: 0,
            elapsed: Duration::ZERO,
            counters: Counters::default(),
            latency: BTreeMap::new(),
            events_dropped: 0,
            trouble: Vec::new(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phones, registered, pending, failed, vanished, counters, .. } = self;
        writeln!(
            f,
            "phones {phones}   registered {registered}   pending {pending}   failed {failed}   \
             vanished {vanished}   in {:.1} s",
            self.elapsed.as_secs_f64()
        )?;
        writeln!(f, "\n{:<14}{:>10}{:>12}{:>12}{:>12}", "request", "answers", "p50 ms", "p99 ms", "max ms")?;
        for (kind, latency) in &self.latency {
            write!(f, "{:<14}{:>10}", kind.as_str(), latency.count)?;
            for value in [latency.p50, latency.p99, latency.max] {
                if latency.count == 0 {
                    write!(f, "{:>12}", "-")?;
                } else {
                    write!(f, "{:>12.2}", value.as_secs_f64() * 1_000.0)?;
                }
            }
            writeln!(f)?;
        }
        let c = counters;
        writeln!(
            f,
            "\nanswers       2xx {}   304 {}   4xx {}   5xx {}   of {} requests",
            c.success, c.not_modified, c.client_error, c.server_error, c.requests
        )?;
        writeln!(
            f,
            "network       {} in   {} out   {} connections   {} faults played",
            Bytes(c.bytes_in),
            Bytes(c.bytes_out),
            c.connections,
            c.faults
        )?;
        write!(f, "errors       ")?;
        for (kind, count) in &c.errors {
            write!(f, " {} {count}  ", kind.as_str())?;
        }
        writeln!(f)?;
        if self.events_dropped > 0 {
            writeln!(f, "events        {} dropped, the reader was too slow", self.events_dropped)?;
        }
        self.fmt_trouble(f)
    }
}

impl Summary {
    fn fmt_trouble(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.trouble.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:<8}{:<14}{:<9}{:<21}reason", "phone", "mac", "state", "step")?;
        for PhoneResult { phone, mac, outcome } in &self.trouble {
            let (state, step, reason) = match outcome {
                Outcome::Registered => continue,
                Outcome::Pending { last } => ("pending", last, "after this step"),
                Outcome::Failed { step, reason } => ("failed", step, reason.as_str()),
            };
            writeln!(f, "{phone:<8}{mac:<14}{state:<9}{step:<21}{reason}")?;
        }
        match (self.pending + self.failed).saturating_sub(self.trouble.len()) {
            0 => Ok(()),
            more => writeln!(f, "… and {more} more"),
        }
    }
}

/// A number of bytes in the largest unit that keeps it above 1.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"];
        let (mut tenths, mut unit) = (u128::from(self.0) * 10, 0);
        while tenths >= 10_240 && unit + 1 < units.len() {
            tenths /= 1_024;
            unit += 1;
        }
        match unit {
            0 => write!(f, "{} B", self.0),
            _ => write!(f, "{}.{} {}", tenths / 10, tenths % 10, units[unit]),
        }
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::error::Step;
    use super::super::meter::{ErrorKind, Meter};
    use super::*;

    fn summary() -> Summary {
        let result = |phone, outcome| PhoneResult { phone, mac: format!("00908f{phone:06x}"), outcome };
        let reason = "http://s/x.cfg answered 500".to_owned();
        let mut summary = Summary { elapsed: Duration::from_millis(1_234), ..Summary::default() };
        let meter = Meter::default();
        meter.request();
        meter.answer(RequestKind::Status, 200, Duration::from_millis(1));
        meter.error(ErrorKind::Status);
        meter.read(3_000_000);
        summary.counters = meter.counters();
        summary.latency = meter.latency();
        summary.tally(
            [
                result(0, Outcome::Registered),
                result(1, Outcome::Pending { last: Step::Started }),
                result(2, Outcome::Failed { step: Step::Configuration, reason }),
            ]
            .into_iter(),
        );
        summary
    }

    #[test]
    fn the_table() {
        let expected = "\
phones 3   registered 1   pending 1   failed 1   vanished 0   in 1.2 s

request          answers      p50 ms      p99 ms      max ms
firmware               0           -           -           -
configuration          0           -           -           -
status                 1        1.00        1.00        1.00
alarm                  0           -           -           -

answers       2xx 1   304 0   4xx 0   5xx 0   of 1 requests
network       2.8 MiB in   0 B out   0 connections   0 faults played
errors        connect 0   tls 0   timeout 0   transport 0   status 1   content 0  \n
phone   mac           state    step                 reason
2       00908f000002  failed   configuration        http://s/x.cfg answered 500
1       00908f000001  pending  report started       after this step
";
        assert_eq!(summary().to_string(), expected);
        assert!(!summary().all_registered());
    }

    #[test]
    fn the_same_for_programs() {
        let value = serde_json::to_value(summary()).unwrap();
        assert_eq!(value["elapsed_ms"], 1_234);
        assert_eq!(value["latency"]["status"]["p50_us"], 1_000);
        assert_eq!(value["counters"]["errors"]["status"], 1);
        assert_eq!(value["trouble"][0]["state"], "failed");
        assert_eq!(value["trouble"][1]["last"], "started");
    }
}
