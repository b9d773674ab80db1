//! The vault: secrets sealed with XChaCha20-Poly1305 under keys of the installation.

mod key_file;

use std::{collections::BTreeMap, fmt, sync::Arc};

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use ipp_core::{
    digest::FingerprintKey,
    entropy::{Entropy, random},
    vault::{SealFor, Sealed, Vault, VaultError},
};
use zeroize::Zeroizing;

pub use self::key_file::{DropKeyError, KeyFile, KeyFileError, KeyId, ParseKeyIdError};
use crate::entropy::OsEntropy;

/// A ring of keys that seals under the current one and opens under any of them (SEC-22).
///
/// A sealed value is a version byte, the id of its key (8 bytes), a random nonce (24 bytes) and the
/// cipher text with its tag (16 bytes): 49 bytes more than the secret. What it is for, whose it is
/// and the first nine bytes are bound into the tag. A random nonce of 192 bits needs no counter and
/// no agreement between nodes.
pub struct KeyVault {
    current: KeyId,
    /// Ciphers wipe their keys when dropped.
    ring: BTreeMap<KeyId, XChaCha20Poly1305>,
    fingerprint: FingerprintKey,
    entropy: Arc<dyn Entropy>,
}

impl KeyVault {
    /// A vault with the keys of this file whose nonces come from `entropy`, which must never repeat
    /// itself: one nonce used twice reveals both secrets.
    pub fn new(file: &KeyFile, entropy: Arc<dyn Entropy>) -> Self {
        let keys = file.former.iter().chain([&file.seal]);
        Self {
            current: file.seal.id,
            ring: keys.map(|key| (key.id, XChaCha20Poly1305::new((&*key.bytes).into()))).collect(),
            fingerprint: FingerprintKey::new(*file.fingerprint),
            entropy,
        }
    }

    /// The key that a value was sealed under; `None` where no such vault sealed it.
    pub fn key_of(sealed: &Sealed) -> Option<KeyId> {
        Parts::of(sealed).map(|parts| parts.key)
    }

    /// The key that new values are sealed under.
    pub const fn current(&self) -> KeyId {
        self.current
    }

    /// Whether values that were sealed under a key open here.
    pub fn has(&self, key: KeyId) -> bool {
        self.ring.contains_key(&key)
    }
}

impl From<KeyFile> for KeyVault {
    fn from(file: KeyFile) -> Self {
        Self::new(&file, Arc::new(OsEntropy))
    }
}

impl Vault for KeyVault {
    fn seal(&self, whose: SealFor<'_>, plain: &[u8]) -> Result<Sealed, VaultError> {
        let key = self.current;
        let cipher = self.ring.get(&key).ok_or_else(|| VaultError::UnknownKey(key.to_string()))?;
        let nonce: [u8; NONCE] = random(self.entropy.as_ref());
        let payload = Payload { msg: plain, aad: &bound(whose, key) };
        // Only a message of more than 256 GiB is refused.
        let cipher_text = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Corrupt)?;
        Ok(Sealed::from_bytes([&[VERSION], &key.0[..], &nonce[..], &cipher_text].concat()))
    }

    fn open(&self, whose: SealFor<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let Parts { key, nonce, cipher_text } = Parts::of(sealed).ok_or(VaultError::Corrupt)?;
        let cipher = self.ring.get(&key).ok_or_else(|| VaultError::UnknownKey(key.to_string()))?;
        let payload = Payload { msg: cipher_text, aad: &bound(whose, key) };
        let plain = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Corrupt)?;
        Ok(Zeroizing::new(plain))
    }

    fn is_current(&self, sealed: &Sealed) -> bool {
        Parts::of(sealed).is_some_and(|parts| parts.key == self.current)
    }

    fn fingerprints(&self) -> &FingerprintKey {
        &self.fingerprint
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.ring.keys().collect();
        f.debug_struct("KeyVault")
            .field("current", &self.current)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// A sealed value, taken apart.
struct Parts<'a> {
    key: KeyId,
    nonce: [u8; NONCE],
    cipher_text: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a Sealed) -> Option<Self> {
        let (version, rest) = sealed.as_bytes().split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, cipher_text) = rest.split_first_chunk()?;
        (*version == VERSION).then_some(Self { key: KeyId(*key), nonce: *nonce, cipher_text })
    }
}

/// The data bound into the tag. The two fixed lengths stand last, so no two purposes run together.
fn bound(whose: SealFor<'_>, key: KeyId) -> Vec<u8> {
    let mut bound = whose.associated_data();
    bound.push(VERSION);
    bound.extend_from_slice(&key.0);
    bound
}

#[cfg(test)]
mod tests {
    use ipp_core::{digest::FingerprintOf, entropy::SeededEntropy};
    use proptest::prelude::*;

    use super::*;

    const MINE: SealFor<'static> = SealFor::UserPassword(&[1; 16]);

    fn vault(seed: u64) -> KeyVault {
        KeyFile::generate(&SeededEntropy::new(seed)).into()
    }

    #[test]
    fn a_value_opens_only_for_its_own_row_and_purpose() {
        let vault = vault(1);
        let sealed = vault.seal(MINE, b"1234").unwrap();
        assert_eq!(*vault.open(MINE, &sealed).unwrap(), b"1234");
        assert_eq!(sealed.as_bytes().len(), 4 + 49);
        for other in [
            SealFor::UserPassword(&[2; 16]),
            SealFor::DevicePassword(&[1; 16]),
            SealFor::PinSecrets(&[1; 16]),
            SealFor::Named("ldap"),
        ] {
            assert_eq!(vault.open(other, &sealed), Err(VaultError::Corrupt));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let vault = vault(1);
        let sealed = vault.seal(MINE, b"1234").unwrap();
        for bit in 0..sealed.as_bytes().len() * 8 {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(vault.open(MINE, &Sealed::from_bytes(bytes)).is_err(), "bit {bit}");
        }
        for length in 0..sealed.as_bytes().len() {
            let cut = Sealed::from_bytes(sealed.as_bytes()[..length].to_vec());
            assert_eq!(vault.open(MINE, &cut), Err(VaultError::Corrupt), "{length} bytes");
        }
    }

    #[test]
    fn two_seals_of_one_text_differ_and_their_fingerprints_do_not() {
        let vault = vault(1);
        let one = vault.seal_value(MINE, "1234").unwrap();
        let two = vault.seal_value(MINE, "1234").unwrap();
        assert_ne!(one.sealed, two.sealed);
        assert_eq!(one.print, two.print);
        assert_eq!(*vault.open_text(MINE, &two.sealed).unwrap(), "1234");
    }

    /// A4: rotation keeps every stored value readable and says which ones to seal anew.
    #[test]
    fn a_former_key_still_opens_and_a_missing_one_is_named() {
        let entropy = SeededEntropy::new(1);
        let text = KeyFile::generate(&entropy).to_text();
        let before = KeyVault::from(KeyFile::parse(&text).unwrap());
        let after = KeyVault::from(KeyFile::parse(&text).unwrap().rotated(&entropy));
        let sealed = before.seal(MINE, b"1234").unwrap();
        assert_eq!(*after.open(MINE, &sealed).unwrap(), b"1234");
        assert!(!after.is_current(&sealed) && before.is_current(&sealed));

        let anew = after.seal(MINE, b"1234").unwrap();
        assert!(after.is_current(&anew));
        assert_eq!(before.open(MINE, &anew), Err(VaultError::UnknownKey(after.current.to_string())));

        let print = |vault: &KeyVault| vault.fingerprints().of(FingerprintOf::Token, b"token");
        assert_eq!(print(&before), print(&after));
    }

    #[test]
    fn the_debug_form_shows_ids_only() {
        let vault = vault(1);
        let id = vault.current;
        assert_eq!(format!("{vault:?}"), format!("KeyVault {{ current: {id}, keys: [{id}], .. }}"));
    }

    proptest! {
        /// SEC-22: no stored byte string holds the secret, and it comes back whole.
        #[test]
        fn the_secret_is_not_in_the_sealed_bytes(plain in prop::collection::vec(any::<u8>(), 8..200)) {
            let vault = vault(1);
            let sealed = vault.seal(MINE, &plain).unwrap();
            prop_assert_eq!(&*vault.open(MINE, &sealed).unwrap(), &plain);
            for part in plain.windows(8) {
                prop_assert!(!sealed.as_bytes().windows(8).any(|window| window == part));
            }
        }
    }
}
