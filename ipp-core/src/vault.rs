//! The port that keeps secrets: sealing, opening, and the key of fingerprints.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};
use zeroize::Zeroizing;

use crate::digest::{Fingerprint, FingerprintKey, FingerprintOf};

/// A secret as it is stored: bytes that only a [`Vault`] can open.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The sealed value with these bytes, as made by a vault or read back from a store.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::binary::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::binary::deserialize(deserializer).map(Self)
    }
}

/// A secret in the clear, on its way to whom it is for: wiped when it is dropped, shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The secret.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for as whatever it is: what is no text is refused here, where its value is not repeated.
        deserializer.deserialize_any(TextOnly)
    }
}

/// Takes a text; an error about anything else does not say what it was.
struct TextOnly;

fn no_text<E: serde::de::Error>() -> Result<SecretText, E> {
    Err(E::custom("expected a text"))
}

impl Visitor<'_> for TextOnly {
    type Value = SecretText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretText, E> {
        Ok(text.into())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<SecretText, E> {
        Ok(text.into())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<SecretText, E> {
        no_text()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<SecretText, E> {
        no_text()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<SecretText, E> {
        no_text()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<SecretText, E> {
        no_text()
    }
}

/// A sealed value together with the fingerprint of its plain text, so that two values can be
/// compared without opening either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedValue {
    /// The value.
    pub sealed: Sealed,
    /// The fingerprint of the plain text, of kind [`FingerprintOf::Secret`].
    pub print: Fingerprint,
}

impl SealedValue {
    /// The fingerprint alone: enough to tell whether the value was changed.
    #[must_use]
    pub const fn print_only(&self) -> Self {
        Self { sealed: Sealed::from_bytes(Vec::new()), print: self.print }
    }
}

/// What a sealed value is for and whom it belongs to. It is bound into the seal, so that a sealed
/// value copied to another row does not open there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealFor<'a> {
    /// A user's SIP password; the user's id.
    UserPassword(&'a [u8; 16]),
    /// A phone's URL token, bound or pending; the device's id.
    DeviceToken(&'a [u8; 16]),
    /// A phone's own REST password; the device's id.
    DevicePassword(&'a [u8; 16]),
    /// A device's own override of a secret placeholder; the device's id.
    DeviceOverride(&'a [u8; 16]),
    /// The secret inputs of a published file; the device's id.
    PinSecrets(&'a [u8; 16]),
    /// A file that stands in for what is published; the device's id.
    DeviceFile(&'a [u8; 16]),
    /// A secret setting, placeholder or file above the device; its name.
    Named(&'a str),
}

impl SealFor<'_> {
    /// The bytes that are bound into the seal.
    pub fn associated_data(&self) -> Vec<u8> {
        let (kind, subject): (&str, &[u8]) = match self {
            Self::UserPassword(id) => ("user-password", *id),
            Self::DeviceToken(id) => ("device-token", *id),
            Self::DevicePassword(id) => ("device-password", *id),
            Self::DeviceOverride(id) => ("device-override", *id),
            Self::PinSecrets(id) => ("pin-secrets", *id),
            Self::DeviceFile(id) => ("device-file", *id),
            Self::Named(name) => ("named", name.as_bytes()),
        };
        // With room for what a vault adds.
        let mut data = Vec::with_capacity(kind.len() + 1 + subject.len() + 16);
        data.extend_from_slice(kind.as_bytes());
        data.push(0);
        data.extend_from_slice(subject);
        data
    }
}

/// Why a sealed value did not open, or a value could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No key with the id that the value names.
    #[error("the sealing key `{0}` is not in the vault; add it as a former key")]
    UnknownKey(String),
    /// The value was altered, belongs to another row, or was sealed under another key.
    #[error("a stored secret does not open: it was altered, moved, or sealed under another key")]
    Corrupt,
}

/// Seals and opens secrets. Implementations are quick, in-process and never block on a network.
pub trait Vault: fmt::Debug + Send + Sync {
    /// Seals `plain` under the current key.
    fn seal(&self, whose: SealFor<'_>, plain: &[u8]) -> Result<Sealed, VaultError>;

    /// Opens a value that was sealed for the same purpose and subject.
    fn open(&self, whose: SealFor<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError>;

    /// Whether a value is sealed under the current key, so that a rotation of keys is done with it.
    fn is_current(&self, sealed: &Sealed) -> bool;

    /// The key of fingerprints, which is not the sealing key.
    fn fingerprints(&self) -> &FingerprintKey;

    /// Seals `plain` and takes its fingerprint.
    fn seal_value(&self, whose: SealFor<'_>, plain: &str) -> Result<SealedValue, VaultError> {
        Ok(SealedValue {
            sealed: self.seal(whose, plain.as_bytes())?,
            print: self.fingerprints().of(FingerprintOf::Secret, plain.as_bytes()),
        })
    }

    /// Opens a sealed text.
    fn open_text(&self, whose: SealFor<'_>, sealed: &Sealed) -> Result<Zeroizing<String>, VaultError> {
        let bytes = self.open(whose, sealed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| VaultError::Corrupt)?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

/// A vault for tests: what is "sealed" stays inside the vault, and the sealed bytes are a ticket.
/// A value sealed by one such vault opens in no other.
pub struct MemoryVault {
    kept: Mutex<BTreeMap<u64, Kept>>,
    /// The first ticket that is current.
    retired: Mutex<u64>,
    key: FingerprintKey,
}

/// What a sealed value is for, and its plain text.
type Kept = (Vec<u8>, Zeroizing<Vec<u8>>);

impl Default for MemoryVault {
    fn default() -> Self {
        Self { kept: Mutex::default(), retired: Mutex::default(), key: FingerprintKey::new([7; 32]) }
    }
}

impl fmt::Debug for MemoryVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryVault")
    }
}

impl Vault for MemoryVault {
    fn seal(&self, whose: SealFor<'_>, plain: &[u8]) -> Result<Sealed, VaultError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = kept.len() as u64;
        kept.insert(ticket, (whose.associated_data(), Zeroizing::new(plain.to_vec())));
        Ok(Sealed(ticket.to_le_bytes().to_vec()))
    }

    fn open(&self, whose: SealFor<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let ticket =
            sealed.0.as_slice().try_into().map(u64::from_le_bytes).map_err(|_| VaultError::Corrupt)?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(&ticket) {
            Some((data, plain)) if *data == whose.associated_data() => Ok(plain.clone()),
            _ => Err(VaultError::Corrupt),
        }
    }

    fn is_current(&self, sealed: &Sealed) -> bool {
        let retired = *self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        sealed.0.as_slice().try_into().is_ok_and(|ticket| u64::from_le_bytes(ticket) >= retired)
    }

    fn fingerprints(&self) -> &FingerprintKey {
        &self.key
    }
}

impl MemoryVault {
    /// Replaces the sealing key: what was sealed so far opens, and is not current any more.
    pub fn rotate(&self) {
        let sealed = self.kept.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
        *self.retired.lock().unwrap_or_else(PoisonError::into_inner) = sealed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A20, T22: what was meant as a password is not repeated because it is no text.
    #[test]
    fn a_secret_that_is_no_text_is_refused_without_being_shown() {
        let read = |text: &str| serde_json::from_str::<SecretText>(text);
        assert_eq!(read("\"1\\u0032\"").unwrap(), SecretText::from("12"));
        for (wrong, mark) in [
            ("8172", "8172"),
            ("-8172", "8172"),
            ("81.72", "81.72"),
            ("true", "true"),
            ("[8172]", "8172"),
            ("{\"8172\":1}", "8172"),
        ] {
            let said = read(wrong).unwrap_err().to_string();
            assert!(!said.contains(mark), "{said}");
        }
    }

    #[test]
    fn a_sealed_value_opens_only_for_its_own_row() {
        let vault = MemoryVault::default();
        let sealed = vault.seal(SealFor::UserPassword(&[1; 16]), b"1234").unwrap();
        assert_eq!(*vault.open(SealFor::UserPassword(&[1; 16]), &sealed).unwrap(), b"1234");
        assert_eq!(vault.open(SealFor::UserPassword(&[2; 16]), &sealed), Err(VaultError::Corrupt));
        assert_eq!(vault.open(SealFor::DeviceToken(&[1; 16]), &sealed), Err(VaultError::Corrupt));
    }
}
