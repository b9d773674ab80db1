//! What bounds the sending of commands.

use std::{net::IpAddr, time::Duration};

use ipp_core::region::LoopbackPhones;

/// What bounds the sending of commands. The defaults are those of the rules (A7).
#[derive(Debug, Clone)]
#[must_use]
pub struct PhoneClientOptions {
    pub(super) loopback: LoopbackPhones,
    pub(super) never: Vec<IpAddr>,
    pub(super) connect: Duration,
    pub(super) total: Duration,
    pub(super) answer_bytes: usize,
    pub(super) in_flight: usize,
    pub(super) burst: u32,
    pub(super) every: Duration,
}

impl Default for PhoneClientOptions {
    fn default() -> Self {
        Self {
            loopback: LoopbackPhones::Refused,
            never: Vec::new(),
            connect: Duration::from_secs(3),
            total: Duration::from_secs(5),
            answer_bytes: 64 * 1024,
            in_flight: 32,
            burst: 10,
            every: Duration::from_secs(1),
        }
    }
}

impl PhoneClientOptions {
    /// Never connects to these: the addresses of the database, and of this server where another machine
    /// answers for it. The addresses of the machine itself are refused without being named.
    pub fn never(mut self, addresses: Vec<IpAddr>) -> Self {
        self.never = addresses;
        self
    }

    /// How long a connection may take, TLS included, and how long the whole command; 3 and 5 seconds by
    /// default. A connection never has longer than the whole.
    pub fn time_limits(mut self, connect: Duration, total: Duration) -> Self {
        (self.connect, self.total) = (connect.min(total), total);
        self
    }

    /// How many bytes of an answer are read; 64 KiB by default.
    pub const fn answer_bytes(mut self, bytes: usize) -> Self {
        self.answer_bytes = bytes;
        self
    }

    /// How many commands may be on their way at once; 32 by default, and at least one.
    pub fn in_flight(mut self, commands: usize) -> Self {
        self.in_flight = commands.clamp(1, 10_000);
        self
    }

    /// How many commands a phone may be given at once, and how often one more; 10, and one each second, by
    /// default.
    pub fn per_phone(mut self, burst: u32, every: Duration) -> Self {
        (self.burst, self.every) = (burst.max(1), every);
        self
    }

    /// Lets phones live on loopback addresses: for demonstrations and tests only, because it lets a phone
    /// make the server call whatever listens on its own machine.
    pub const fn insecure_allow_loopback_phones(mut self) -> Self {
        self.loopback = LoopbackPhones::Allowed;
        self
    }
}
