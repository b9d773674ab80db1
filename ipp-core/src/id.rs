//! Identifiers of stored things, all from one list.
//!
//! Every id is a UUID of version 7, so rows made together lie together in an index. This crate has
//! neither a clock nor randomness: a new id is made from the time and the random bytes it is given.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{digest::ContentHash, time::Timestamp};

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an identifier; expected a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct ParseIdError(String);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id for something made at `at`; `random` must come from a secure source.
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(at.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The id whose sixteen bytes are given, as read back from a store.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes of this id, in the order in which ids sort.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| ParseIdError(text.to_owned()))
            }
        }
    )*};
}

ids! {
    /// A region: the administrative unit that a DHCP server or subnet points its phones to.
    RegionId;
    /// A phone user; not an administrator of the console.
    UserId;
    /// One phone, whatever its MAC address becomes.
    DeviceId;
    /// A configuration template.
    TemplateId;
    /// A firmware entry.
    FirmwareId;
    /// A run that publishes files for many devices.
    RunId;
    /// A bulk job.
    JobId;
    /// An administrator's account.
    OperatorId;
    /// A token that lets a program use the API.
    ApiTokenId;
    /// One process that serves this installation.
    NodeId;
}

/// The id of a generation: the hash of the list of its parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenerationId(ContentHash);

impl GenerationId {
    /// The id of a generation whose parts have this hash.
    pub(crate) const fn of(parts: ContentHash) -> Self {
        Self(parts)
    }

    /// The id with these bytes, as read back from a store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(ContentHash::from_bytes(bytes))
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GenerationId({self})")
    }
}

/// The random parts of ids of things that are made at one time, in ascending order: what is made together
/// is then appended to tables and indexes instead of strewn over them, which halves the time of a large
/// import.
#[derive(Debug, Clone)]
pub struct Ascending {
    first: [u8; 2],
    next: u64,
}

impl Ascending {
    /// A series that begins somewhere; `random` must come from a secure source.
    pub fn new(random: [u8; 10]) -> Self {
        let [a, b, rest @ ..] = random;
        // An id keeps the lower 62 bits of this. The highest of them leaves room to count.
        Self { first: [a, b], next: u64::from_be_bytes(rest) >> 3 }
    }

    /// The next one.
    pub fn next_part(&mut self) -> [u8; 10] {
        let mut part = [0; 10];
        part[..2].copy_from_slice(&self.first);
        part[2..].copy_from_slice(&self.next.to_be_bytes());
        self.next = self.next.wrapping_add(1);
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = DeviceId::new(Timestamp::from_millis(1_000), [255; 10]);
        let late = DeviceId::new(Timestamp::from_millis(2_000), [0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert!("430HD".parse::<DeviceId>().is_err());
    }

    #[test]
    fn ids_made_together_ascend_from_anywhere() {
        let at = Timestamp::from_millis(1_000);
        for random in [[0; 10], [0xa5; 10], [0xff; 10]] {
            let mut parts = Ascending::new(random);
            let ids: Vec<DeviceId> = (0..1_000).map(|_| DeviceId::new(at, parts.next_part())).collect();
            assert!(ids.is_sorted_by(|one, next| one < next), "{random:?}");
        }
        let first = |random| DeviceId::new(at, Ascending::new(random).next_part());
        assert_ne!(first([1; 10]), first([2; 10]));
    }
}
