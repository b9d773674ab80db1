//! The keys of a vault as text, for a file or a secret of the environment.

use std::{fmt, str::FromStr};

use base64::{
    Engine as _,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};
use ipp_core::entropy::Entropy;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys of one installation. As text, one key a line:
///
/// ```text
/// # comments and empty lines are skipped
/// seal <base64 of 32 bytes>          exactly one: seals new values
/// former <base64 of 32 bytes>        any number: open values sealed before a rotation
/// fingerprint <base64 of 32 bytes>   exactly one, for the life of the installation
/// ```
///
/// Losing the file loses every stored secret, so it needs a backup of its own, apart from that of
/// the database. Keys are wiped from memory when this value is dropped.
pub struct KeyFile {
    pub(super) seal: SealKey,
    pub(super) former: Vec<SealKey>,
    pub(super) fingerprint: Zeroizing<[u8; 32]>,
}

/// Why a key file cannot be used. No message repeats a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// A line is none of those of the format.
    #[error("line {0} of the key file is not `seal`, `former` or `fingerprint` and a key")]
    UnknownLine(usize),
    /// A key is not 32 bytes in base64.
    #[error("line {0} of the key file does not hold 32 bytes in base64")]
    BadKey(usize),
    /// A second line of a kind that may stand once.
    #[error("line {0} of the key file is a second `{1}` line; a key that was replaced is a `former` one")]
    Repeated(usize, &'static str),
    /// The same key stands on two lines. In particular the fingerprint key is no sealing key.
    #[error("line {0} of the key file repeats the key of another line; every key must be its own")]
    SameKey(usize),
    /// A line that must be there is not.
    #[error("the key file has no `{0}` line")]
    Missing(&'static str),
}

impl KeyFile {
    /// New keys for a new installation.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self { seal: SealKey::new(draw(entropy)), former: Vec::new(), fingerprint: draw(entropy) }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let (mut seal, mut fingerprint) = (None, None);
        let mut former = Vec::new();
        let mut seen: Vec<Zeroizing<[u8; 32]>> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (kind, key) = line.split_once([' ', '\t']).ok_or(KeyFileError::UnknownLine(number))?;
            let key = || decode(key.trim()).ok_or(KeyFileError::BadKey(number));
            let key = match kind {
                "seal" if seal.is_some() => return Err(KeyFileError::Repeated(number, "seal")),
                "seal" => seal.insert(SealKey::new(key()?)).bytes.clone(),
                "former" => {
                    let key = key()?;
                    former.push(SealKey::new(key.clone()));
                    key
                }
                "fingerprint" if fingerprint.is_some() => {
                    return Err(KeyFileError::Repeated(number, "fingerprint"));
                }
                "fingerprint" => fingerprint.insert(key()?).clone(),
                _ => return Err(KeyFileError::UnknownLine(number)),
            };
            if seen.contains(&key) {
                return Err(KeyFileError::SameKey(number));
            }
            seen.push(key);
        }
        let seal = seal.ok_or(KeyFileError::Missing("seal"))?;
        let fingerprint = fingerprint.ok_or(KeyFileError::Missing("fingerprint"))?;
        Ok(Self { seal, former, fingerprint })
    }

    /// The text form, as [`parse`](Self::parse) reads it. Keep it where only the server can read it
    /// (mode 0600).
    pub fn to_text(&self) -> Zeroizing<String> {
        // Reserved at once: a string that grows leaves copies of the keys behind.
        let mut text = Zeroizing::new(String::with_capacity(512 + 64 * self.former.len()));
        text.push_str("# Keys of the phone-management engine. Without this file no stored secret opens:\n");
        text.push_str("# back it up apart from the database, and let nobody else read it.\n");
        let former = self.former.iter().map(|key| ("former ", &key.bytes));
        let all = [("seal ", &self.seal.bytes)].into_iter().chain(former);
        for (kind, key) in all.chain([("fingerprint ", &self.fingerprint)]) {
            text.push_str(kind);
            BASE64.encode_string(**key, &mut text);
            text.push('\n');
        }
        text
    }

    /// Replaces the sealing key; the one so far becomes a former one. The fingerprint key stays:
    /// with another one no token of a phone would be found again.
    #[must_use]
    pub fn rotated(mut self, entropy: &dyn Entropy) -> Self {
        let replaced = std::mem::replace(&mut self.seal, SealKey::new(draw(entropy)));
        self.former.insert(0, replaced);
        self
    }
}

impl KeyFile {
    /// The key that seals new values.
    pub const fn current(&self) -> KeyId {
        self.seal.id
    }

    /// The keys that only open, the one replaced last first.
    pub fn former(&self) -> impl Iterator<Item = KeyId> {
        self.former.iter().map(|key| key.id)
    }

    /// Takes out a former key. What is sealed under it never opens again.
    pub fn without(mut self, key: KeyId) -> Result<Self, DropKeyError> {
        if key == self.seal.id {
            return Err(DropKeyError::Current(key));
        }
        let before = self.former.len();
        self.former.retain(|former| former.id != key);
        if self.former.len() == before { Err(DropKeyError::Unknown(key)) } else { Ok(self) }
    }
}

/// Why a key is not taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DropKeyError {
    /// It seals new values.
    #[error("the key {0} is the current one; rotate first")]
    Current(KeyId),
    /// There is no such key.
    #[error("there is no key {0} in the key file")]
    Unknown(KeyId),
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let former: Vec<_> = self.former.iter().map(|key| key.id).collect();
        f.debug_struct("KeyFile")
            .field("seal", &self.seal.id)
            .field("former", &former)
            .finish_non_exhaustive()
    }
}

/// A key that seals, and the id by which sealed values name it.
pub(super) struct SealKey {
    pub(super) id: KeyId,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

impl SealKey {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let mut id = [0; 8];
        id.iter_mut().zip(Sha256::digest(bytes.as_slice())).for_each(|(id, byte)| *id = byte);
        Self { id: KeyId(id), bytes }
    }
}

/// The first eight bytes of the SHA-256 of a key. It tells nothing about a key of 256 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub(super) [u8; 8]);

/// The text is not the id of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a key; expected 16 hexadecimal digits, such as 72cd6e8422c407fb")]
pub struct ParseKeyIdError(String);

impl FromStr for KeyId {
    type Err = ParseKeyIdError;

    fn from_str(text: &str) -> Result<Self, ParseKeyIdError> {
        let whole = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| whole);
        number.map(|number| Self(number.to_be_bytes())).ok_or_else(|| ParseKeyIdError(text.to_owned()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn draw(entropy: &dyn Entropy) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut_slice());
    key
}

fn decode(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(BASE64.decode(text).ok()?);
    let mut key = Zeroizing::new([0; 32]);
    (bytes.len() == key.len()).then(|| key.copy_from_slice(&bytes))?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use ipp_core::entropy::SeededEntropy;

    use super::*;

    fn key(byte: u8) -> String {
        BASE64.encode([byte; 32])
    }

    #[test]
    fn the_text_form_comes_back_with_all_keys() {
        let entropy = SeededEntropy::new(1);
        let file = KeyFile::generate(&entropy).rotated(&entropy).rotated(&entropy);
        let back = KeyFile::parse(&file.to_text()).unwrap();
        assert_eq!(back.to_text(), file.to_text());
        assert_eq!(back.former.len(), 2);
        let (current, former): (_, Vec<_>) = (back.current(), back.former().collect());
        let back = back.without(former[1]).unwrap();
        assert_eq!((back.current(), back.former().collect::<Vec<_>>()), (current, vec![former[0]]));
        assert_eq!(back.without(current).unwrap_err(), DropKeyError::Current(current));
        let back = KeyFile::parse(&file.to_text()).unwrap().without(former[1]).unwrap();
        assert_eq!(back.without(former[1]).unwrap_err(), DropKeyError::Unknown(former[1]));
        let back = KeyFile::parse(&file.to_text()).unwrap();
        assert_eq!(*KeyFile::parse(&back.to_text().replace('=', "")).unwrap().to_text(), *file.to_text());
    }

    #[test]
    fn errors_name_the_line_and_no_key() {
        let (one, two) = (key(1), key(2));
        let refused = |text: &str| {
            let error = KeyFile::parse(text).unwrap_err();
            assert!(!error.to_string().contains(&one) && !error.to_string().contains(&two));
            error
        };
        assert_eq!(refused(&format!("# note\n\nsail {one}")), KeyFileError::UnknownLine(3));
        assert_eq!(refused("seal"), KeyFileError::UnknownLine(1));
        assert_eq!(refused("seal AAAA"), KeyFileError::BadKey(1));
        assert_eq!(refused("seal !!!"), KeyFileError::BadKey(1));
        assert_eq!(refused(&format!("seal {one}\nseal {two}")), KeyFileError::Repeated(2, "seal"));
        assert_eq!(refused(&format!("seal {one}\nformer {one}")), KeyFileError::SameKey(2));
        assert_eq!(refused(&format!("seal {one}\nfingerprint {one}")), KeyFileError::SameKey(2));
        assert_eq!(refused(&format!("seal {one}")), KeyFileError::Missing("fingerprint"));
        assert_eq!(refused(&format!("fingerprint {one}\nformer {two}")), KeyFileError::Missing("seal"));
    }

    /// A4: neither the file nor its debug form shows a key.
    #[test]
    fn the_debug_form_shows_ids_only() {
        let file = KeyFile::parse(&format!("seal {}\nfingerprint {}", key(1), key(2))).unwrap();
        let id = "72cd6e8422c407fb";
        assert_eq!(id.parse(), Ok(file.seal.id));
        assert!("72cd6e8422c407f".parse::<KeyId>().is_err() && "+2cd6e8422c407fb".parse::<KeyId>().is_err());
        assert_eq!(format!("{file:?}"), format!("KeyFile {{ seal: {id}, former: [], .. }}"));
    }
}
