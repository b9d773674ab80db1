//! The limits of connections, and the count of those that are open.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

/// What a connection may take, in numbers, bytes and time. The defaults are meant for 10,000 phones;
/// the process needs as many file descriptors as all its listeners have places.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Open connections in all; 16,384.
    pub total: usize,
    /// Open connections of one source, that is one IPv4 address or one IPv6 network of 64 bits; 512,
    /// because a whole branch office may sit behind one address.
    pub per_source: usize,
    /// Sources that only the total counts for.
    pub exempt: Exempt,
    /// From the first byte of a request, or from the start of a connection, until its head is
    /// complete; 10 s.
    pub head: Duration,
    /// Between an answer and the next request; 30 s. Hyper has one time limit for this and for the
    /// head, a timer that starts when it begins to wait for a head; ours moves the deadline forward
    /// when the first byte arrives.
    pub idle: Duration,
    /// For a TLS handshake; 10 s.
    pub handshake: Duration,
    /// While an answer waits for the client to take it, at least [`write_minimum`](Self::write_minimum)
    /// bytes must leave in each window of this length; 60 s. So long because the kernel wants room
    /// for a good part of its send buffer before it takes more, which a slow line needs time for.
    pub write_window: Duration,
    /// 16 KiB.
    pub write_minimum: usize,
    /// The read buffer, and so the head of a request, in bytes; 16 KiB instead of hyper's 408 KiB,
    /// which 10,000 connections would make 3.9 GiB. At least 8 KiB.
    pub buffer: usize,
    /// Header lines of a request; 64.
    pub headers: usize,
    /// How long running requests may take to finish at shutdown; 10 s.
    pub drain: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total: 16_384,
            per_source: 512,
            exempt: Exempt::default(),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            handshake: Duration::from_secs(10),
            write_window: Duration::from_mins(1),
            write_minimum: 16 * 1024,
            buffer: 16 * 1024,
            headers: 64,
            drain: Duration::from_secs(10),
        }
    }
}

/// Tells which sources may open more connections than others: the SBC proxy, behind which many
/// phones share one address. It is asked for each connection, so that a change of the settings counts
/// at once; nobody is exempt by default.
#[derive(Clone, Default)]
pub struct Exempt(Option<Arc<dyn Fn(IpAddr) -> bool + Send + Sync>>);

impl Exempt {
    /// The sources for which this holds. It must be quick and never block.
    pub fn when(holds: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(holds)))
    }

    fn holds(&self, source: IpAddr) -> bool {
        self.0.as_ref().is_some_and(|holds| holds(source))
    }
}

impl fmt::Debug for Exempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Exempt(…)" } else { "Exempt(nobody)" })
    }
}

/// Gives out places for connections.
pub(super) struct Admission {
    total: usize,
    per_source: usize,
    exempt: Exempt,
    open: Arc<Open>,
}

#[derive(Default)]
struct Open {
    all: AtomicUsize,
    /// From this number on the listener is crowded.
    many: usize,
    sources: Mutex<HashMap<IpAddr, usize>>,
}

/// The place of one connection, free again when dropped.
pub(super) struct Place {
    /// `None` for an exempt source.
    source: Option<IpAddr>,
    open: Arc<Open>,
}

impl Admission {
    pub(super) fn new(limits: &ConnectionLimits) -> Self {
        let open = Open { many: limits.total - limits.total / 4, ..Open::default() };
        Self {
            total: limits.total,
            per_source: limits.per_source,
            exempt: limits.exempt.clone(),
            open: Arc::new(open),
        }
    }

    /// A place for a connection from this address; `None` where a cap is reached.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Place> {
        if self.open.all.load(Relaxed) >= self.total {
            return None;
        }
        let source = (!self.exempt.holds(address)).then(|| source_of(address));
        if let Some(source) = source {
            let mut sources = self.open.sources();
            let count = sources.entry(source).or_default();
            if *count >= self.per_source {
                return None;
            }
            *count += 1;
        }
        self.open.all.fetch_add(1, Relaxed);
        Some(Place { source, open: self.open.clone() })
    }
}

impl Place {
    /// Whether three quarters of all places are taken.
    pub(super) fn is_crowded(&self) -> bool {
        self.open.all.load(Relaxed) >= self.open.many
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.all.fetch_sub(1, Relaxed);
        if let Some(source) = self.source {
            let mut sources = self.open.sources();
            if let Some(count) = sources.get_mut(&source) {
                *count -= 1;
                if *count == 0 {
                    sources.remove(&source);
                }
            }
        }
    }
}

impl Open {
    fn sources(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has one address of an IPv6 network usually has all of it.
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        IpAddr::V4(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(total: usize, per_source: usize) -> Admission {
        let exempt = Exempt::when(|source| source == IpAddr::from([10, 0, 0, 1]));
        Admission::new(&ConnectionLimits { total, per_source, exempt, ..ConnectionLimits::default() })
    }

    /// A24: one source cannot take all places, and gets its own back.
    #[test]
    fn a_source_has_its_own_cap() {
        let admission = admission(9, 2);
        let [one, two, mapped] =
            ["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1"].map(|address| address.parse().unwrap());
        let (first, _second) = (admission.admit(one).unwrap(), admission.admit(one).unwrap());
        assert!(admission.admit(one).is_none() && admission.admit(mapped).is_none());
        assert!(admission.admit(two).is_some());
        drop(first);
        assert!(admission.admit(one).is_some());
        assert_eq!(admission.open.sources().len(), 1);
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let admission = admission(9, 1);
        let [one, same, other] =
            ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"].map(|address| address.parse().unwrap());
        let _first = admission.admit(one).unwrap();
        assert!(admission.admit(same).is_none());
        assert!(admission.admit(other).is_some());
    }

    #[test]
    fn the_total_counts_for_exempt_sources_too() {
        let admission = admission(4, 1);
        let proxy = IpAddr::from([10, 0, 0, 1]);
        let two = [admission.admit(proxy).unwrap(), admission.admit(proxy).unwrap()];
        assert!(!two[0].is_crowded());
        let third = admission.admit(proxy).unwrap();
        assert!(third.is_crowded());
        let _fourth = admission.admit(IpAddr::from([192, 0, 2, 1])).unwrap();
        assert!(admission.admit(proxy).is_none());
        drop(two);
        assert!(!third.is_crowded());
    }
}
