//! Hashes: plain ones for what is public, keyed ones for what may hold a secret.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The SHA-256 of content without secrets; the address of a stored part or blob.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// The hash with these bytes, as read back from a store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl FromStr for ContentHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let mut bytes = [0; 32];
        // One text for one hash.
        if text.len() != 64 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ParseHashError);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |at: usize| pair.get(at).and_then(|byte| char::from(*byte).to_digit(16));
            let value = digit(0).zip(digit(1)).ok_or(ParseHashError)?;
            *byte = u8::try_from(value.0 * 16 + value.1).map_err(|_| ParseHashError)?;
        }
        Ok(Self(bytes))
    }
}

/// The text is not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a hash; expected 64 hexadecimal digits in lower case")]
pub struct ParseHashError;

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A keyed hash of 128 bits. A plain hash of a file with a four-digit password would let anyone who
/// sees the hash try all passwords; this one tells nothing without the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint with these bytes, as read back from a store.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    /// 22 URL-safe characters, the opaque part of an entity tag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 22];
        let length = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(text.get(..length).and_then(|text| str::from_utf8(text).ok()).ok_or(fmt::Error)?)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("a fingerprint has 22 URL-safe characters"))
    }
}

/// What a fingerprint is taken of. Equal bytes of different kinds have unrelated fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerprintOf {
    /// A phone's URL token.
    Token,
    /// The bytes of a file for a phone.
    File,
    /// The values that phones of one template, region and model share.
    Cohort,
    /// The inputs that are one phone's own.
    Own,
    /// A secret value among inputs that are compared.
    Secret,
    /// The id of an administrator's session.
    Session,
    /// A program's API token.
    ApiToken,
    /// A request that may be repeated, and its content.
    Request,
    /// The key itself: tells whether two installations have the same one.
    Key,
}

/// The key of fingerprints, kept apart from the key that seals secrets.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// A key of 256 secret random bits.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The fingerprint of `content`.
    pub fn of(&self, kind: FingerprintOf, content: &[u8]) -> Fingerprint {
        let mut hasher = self.hasher(kind);
        hasher.update(content);
        hasher.finish()
    }

    /// A hasher for content that comes in pieces.
    pub fn hasher(&self, kind: FingerprintOf) -> FingerprintHasher {
        // HMAC pads a key of this length with zeros itself; doing it here leaves no error to handle.
        let mut padded = Zeroizing::new([0_u8; 64]);
        padded[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new((&*padded).into());
        mac.update(&[match kind {
            FingerprintOf::Token => 1,
            FingerprintOf::File => 2,
            FingerprintOf::Cohort => 3,
            FingerprintOf::Own => 4,
            FingerprintOf::Secret => 5,
            FingerprintOf::Session => 6,
            FingerprintOf::ApiToken => 7,
            FingerprintOf::Request => 8,
            FingerprintOf::Key => 9,
        }]);
        FingerprintHasher(mac)
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

/// Takes a fingerprint of content that comes in pieces.
pub struct FingerprintHasher(Hmac<Sha256>);

impl FingerprintHasher {
    /// Adds the next piece; where one piece ends and the next begins makes no difference.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Adds a piece together with its length, so that neighbouring pieces cannot be confused.
    pub fn field(&mut self, piece: &[u8]) {
        self.0.update(&(piece.len() as u64).to_le_bytes());
        self.0.update(piece);
    }

    /// The fingerprint of everything added.
    pub fn finish(self) -> Fingerprint {
        let full: [u8; 32] = self.0.finalize().into_bytes().into();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        Fingerprint(short)
    }
}

impl fmt::Debug for FingerprintHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintHasher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_depend_on_key_and_kind() {
        let (one, two) = (FingerprintKey::new([1; 32]), FingerprintKey::new([2; 32]));
        let print = one.of(FingerprintOf::File, b"1234");
        assert_eq!(print, one.of(FingerprintOf::File, b"1234"));
        assert_ne!(print, two.of(FingerprintOf::File, b"1234"));
        assert_ne!(print, one.of(FingerprintOf::Token, b"1234"));
        assert_eq!(print.to_string().len(), 22);
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let key = FingerprintKey::new([1; 32]);
        let print = |pieces: [&[u8]; 2]| {
            let mut hasher = key.hasher(FingerprintOf::Own);
            for piece in pieces {
                hasher.field(piece);
            }
            hasher.finish()
        };
        assert_ne!(print([b"ab", b"c"]), print([b"a", b"bc"]));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = ContentHash::of(b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for bad in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66), &"é".repeat(32)] {
            assert_eq!(bad.parse::<ContentHash>(), Err(ParseHashError), "{bad}");
        }
    }
}
