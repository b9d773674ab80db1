//! How the server proves to a phone that a command is its own: user and password stand in the body, with
//! a session id that no two attempts share (`emsUserName`, `emsUserPassword` and `sessionId`).

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{mac::Mac, vault::SecretText};

/// The session id of one attempt: eight hexadecimal digits. It tells attempts apart, in the phone's log too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId([u8; 4]);

impl SessionId {
    /// An id of random bits.
    pub const fn new(random: [u8; 4]) -> Self {
        Self(random)
    }

    /// Its bytes, as stores keep them.
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// The phone's own REST account: each phone has another, so a phone that lies learns nothing but its own.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The password; `None` while the phone has none.
    pub password: Option<SecretText>,
}

impl Credentials {
    /// The account of a phone: its user name is its MAC address (SYU-06).
    pub fn of(mac: Mac, password: Option<SecretText>) -> Self {
        Self { user: mac.to_string(), password }
    }
}

/// How the password stands in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordForm {
    /// As what the digest formula makes of session, user and password.
    #[default]
    Digest,
    /// As it is. Whoever reads the network reads it.
    Clear,
}

/// Makes the digest of a password. The formula of the vendor's phones is not public; who knows it plugs it
/// in here.
pub trait DigestFormula: fmt::Debug + Send + Sync {
    /// The digest for one attempt.
    fn digest(&self, session: SessionId, user: &str, password: &str) -> String;
}

/// The formula where no other is known: the first 32 hexadecimal digits of HMAC-SHA-256 under the password
/// over `session:user`. It has the form of the vendor's and tells nothing of the password; phones that
/// check theirs refuse it.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyedDigest;

impl DigestFormula for KeyedDigest {
    fn digest(&self, session: SessionId, user: &str, password: &str) -> String {
        // A key of any length is taken; this form leaves no error to handle.
        Hmac::<Sha256>::new_from_slice(password.as_bytes()).map_or_else(
            |_| String::new(),
            |mut mac| {
                mac.update(format!("{session}:{user}").as_bytes());
                let bytes = mac.finalize().into_bytes();
                bytes.iter().take(16).fold(String::new(), |mut text, byte| {
                    // Writing to a text cannot fail.
                    write!(text, "{byte:02x}").ok();
                    text
                })
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_all_three_and_has_the_known_form() {
        let one = SessionId::new([0xf0, 0x14, 0x42, 0x16]);
        assert_eq!(one.to_string(), "f0144216");
        let digest = KeyedDigest.digest(one, "00908f000001", "secret");
        assert!(digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
        assert_ne!(digest, KeyedDigest.digest(SessionId::new([1; 4]), "00908f000001", "secret"));
        assert_ne!(digest, KeyedDigest.digest(one, "00908f000002", "secret"));
        assert_ne!(digest, KeyedDigest.digest(one, "00908f000001", "Secret"));
    }
}
