//! Counters and latencies, cheap enough to be shared by ten thousand phones.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::{Serialize, Serializer};

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// Firmware header or image.
    Firmware,
    /// Configuration file, with its includes.
    Configuration,
    /// Status report.
    Status,
    /// Alarm.
    Alarm,
}

impl RequestKind {
    /// Every kind, in the order of a boot.
    pub const ALL: [Self; 4] = [Self::Firmware, Self::Configuration, Self::Status, Self::Alarm];

    /// Name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firmware => "firmware",
            Self::Configuration => "configuration",
            Self::Status => "status",
            Self::Alarm => "alarm",
        }
    }
}

/// What went wrong, coarsely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// The server could not be reached.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection broke, or the answer was not HTTP.
    Transport,
    /// An HTTP status the phone cannot use.
    Status,
    /// An answer whose content the phone cannot use.
    Content,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Connect, Self::Tls, Self::Timeout, Self::Transport, Self::Status, Self::Content];

    /// Name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Status => "status",
            Self::Content => "content",
        }
    }
}

/// Totals at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests sent, with repeated ones.
    pub requests: u64,
    /// Answers 200 to 299.
    pub success: u64,
    /// Answers 304.
    pub not_modified: u64,
    /// Answers 400 to 499.
    pub client_error: u64,
    /// Answers 500 and above.
    pub server_error: u64,
    /// Bytes read from the network.
    pub bytes_in: u64,
    /// Bytes written to the network.
    pub bytes_out: u64,
    /// Connections opened.
    pub connections: u64,
    /// Deliberate faults played.
    pub faults: u64,
    /// Errors by kind.
    pub errors: BTreeMap<ErrorKind, u64>,
}

/// How long answers took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Answers measured.
    pub count: u64,
    /// Half were at least this fast.
    #[serde(rename = "p50_us", serialize_with = "micros")]
    pub p50: Duration,
    /// 99 of 100 were at least this fast.
    #[serde(rename = "p99_us", serialize_with = "micros")]
    pub p99: Duration,
    /// The slowest.
    #[serde(rename = "max_us", serialize_with = "micros")]
    pub max: Duration,
}

/// Shared counters of one fleet or one phone.
#[derive(Debug, Default)]
pub struct Meter {
    answers: [AtomicU64; 4],
    bytes: [AtomicU64; 2],
    requests: AtomicU64,
    connections: AtomicU64,
    faults: AtomicU64,
    errors: [AtomicU64; ErrorKind::ALL.len()],
    latency: [Histogram; RequestKind::ALL.len()],
}

impl Meter {
    /// The totals so far.
    pub fn counters(&self) -> Counters {
        let [success, not_modified, client_error, server_error] =
            self.answers.each_ref().map(|n| n.load(Relaxed));
        let [bytes_in, bytes_out] = self.bytes.each_ref().map(|n| n.load(Relaxed));
        let errors = ErrorKind::ALL.into_iter().zip(&self.errors);
        Counters {
            requests: self.requests.load(Relaxed),
            success,
            not_modified,
            client_error,
            server_error,
            bytes_in,
            bytes_out,
            connections: self.connections.load(Relaxed),
            faults: self.faults.load(Relaxed),
            errors: errors.map(|(kind, n)| (kind, n.load(Relaxed))).collect(),
        }
    }

    /// Latencies so far, by kind of request.
    pub fn latency(&self) -> BTreeMap<RequestKind, Latency> {
        RequestKind::ALL.into_iter().zip(self.latency.iter().map(Histogram::summary)).collect()
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn answer(&self, kind: RequestKind, status: u16, took: Duration) {
        let place = match status {
            200..=299 => Some(0),
            304 => Some(1),
            400..=499 => Some(2),
            500.. => Some(3),
            _ => None,
        };
        if let Some(counter) = place.and_then(|at: usize| self.answers.get(at)) {
            counter.fetch_add(1, Relaxed);
        }
        self.latency[kind as usize].record(took);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Relaxed);
    }

    pub(super) fn error(&self, kind: ErrorKind) {
        self.errors[kind as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self, bytes: usize) {
        self.bytes[0].fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
    }

    pub(super) fn written(&self, bytes: usize) {
        self.bytes[1].fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
    }
}

/// Eight buckets per power of two of microseconds: any quantile is at most an eighth too high.
const STEPS: u64 = 8;
const BUCKETS: usize = 36 * 8;

#[derive(Debug)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: [const { AtomicU64::new(0) }; BUCKETS], max: AtomicU64::new(0) }
    }
}

impl Histogram {
    fn record(&self, took: Duration) {
        let value = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(value)].fetch_add(1, Relaxed);
        self.max.fetch_max(value, Relaxed);
    }

    fn summary(&self) -> Latency {
        let counts = self.buckets.each_ref().map(|n| n.load(Relaxed));
        let count: u64 = counts.iter().sum();
        let max = self.max.load(Relaxed);
        let quantile = |percent: u64| {
            let rank = (count * percent).div_ceil(100);
            let mut seen = 0;
            let at = counts.iter().position(|n| {
                seen += n;
                seen >= rank
            });
            Duration::from_micros(at.map_or(max, upper_bound).min(max))
        };
        Latency { count, p50: quantile(50), p99: quantile(99), max: Duration::from_micros(max) }
    }
}

fn bucket(value: u64) -> usize {
    if value < STEPS {
        return usize::try_from(value).unwrap_or(0);
    }
    let octave = u64::from(value.ilog2()) - 3;
    let index = (octave + 1) * STEPS + ((value >> octave) - STEPS);
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

fn upper_bound(index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(0);
    let (octave, step) = (index / STEPS, index % STEPS);
    match octave {
        0 => step,
        _ => ((STEPS + step + 1) << (octave - 1)) - 1,
    }
}

fn micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_cover_every_value_within_an_eighth() {
        for value in (0..2_000).chain([65_535, 1_000_000, 60_000_000]) {
            let upper = upper_bound(bucket(value));
            assert!(value <= upper && upper <= value + value / 8, "{value} {upper}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_of_a_known_set() {
        let meter = Meter::default();
        for ms in 1..=100 {
            meter.answer(RequestKind::Status, 200, Duration::from_millis(ms));
        }
        let latency = meter.latency()[&RequestKind::Status];
        assert_eq!(latency.count, 100);
        assert!((50..=57).contains(&latency.p50.as_millis()), "{latency:?}");
        assert!((99..=100).contains(&latency.p99.as_millis()), "{latency:?}");
        assert_eq!(latency.max, Duration::from_millis(100));
        assert_eq!(meter.latency()[&RequestKind::Alarm], Latency::default());
        assert_eq!(meter.counters().success, 100);
    }
}
