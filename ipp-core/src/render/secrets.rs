//! The secret inputs of one phone's file, and the bytes that are sealed of them.
//!
//! A file is rendered at each request, so reading them back copies nothing.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The inputs of one phone that are pinned sealed, all in one.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretInputs {
    /// The token; `None` in an open region.
    pub token: Option<String>,
    /// Names and values of secret placeholders, the shared ones included.
    pub values: Vec<(String, String)>,
}

/// The secret inputs in bytes that were opened: a version, then texts, each behind its length in
/// four bytes. The first is what stands in URLs for the token, then names and values take turns.
#[derive(Clone, Copy)]
pub struct OpenedSecrets<'a> {
    mark: &'a str,
    values: &'a [u8],
}

const VERSION: u8 = 1;

impl SecretInputs {
    /// What stands behind the authority of each URL that leads back: the token, or nothing.
    pub fn mark(&self) -> Zeroizing<String> {
        Zeroizing::new(self.token.as_ref().map_or_else(String::new, |token| format!("/t/{token}")))
    }

    /// The bytes to seal.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mark = self.mark();
        let pairs = self.values.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        let texts = || std::iter::once(mark.as_str()).chain(pairs.clone());
        // Of exactly the right size: what a vector leaves behind when it grows is not wiped.
        let size = 1 + texts().map(|text| LENGTH + text.len()).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        bytes.push(VERSION);
        for text in texts() {
            // Nothing that long passes the limits of any value.
            bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

impl<'a> OpenedSecrets<'a> {
    /// Reads what [`SecretInputs::to_bytes`] wrote; `None` for anything else.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&VERSION, rest) = bytes.split_first()? else { return None };
        let (mark, values) = text(rest)?;
        let mut rest = values;
        while !rest.is_empty() {
            let (_, behind) = text(rest)?;
            (_, rest) = text(behind)?;
        }
        Some(Self { mark, values })
    }

    /// What stands behind the authority of each URL that leads back.
    pub const fn mark(self) -> &'a str {
        self.mark
    }

    /// Names and values of secret placeholders.
    pub fn values(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.values;
        std::iter::from_fn(move || {
            let (name, behind) = text(rest)?;
            let (value, behind) = text(behind)?;
            rest = behind;
            Some((name, value))
        })
    }
}

impl fmt::Debug for SecretInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretInputs({} values)", self.values.len())
    }
}

impl fmt::Debug for OpenedSecrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedSecrets({} values)", self.values().count())
    }
}

const LENGTH: usize = 4;

/// The text at the beginning, and what is behind it.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Law: what was sealed is read back, and nothing that was cut off or added is.
        #[test]
        fn round_trip(token: Option<String>, values: Vec<(String, String)>, cut in 1_usize..9) {
            let secrets = SecretInputs { token, values };
            let bytes = secrets.to_bytes();
            prop_assert_eq!(bytes.len(), bytes.capacity());
            let opened = OpenedSecrets::parse(&bytes).unwrap();
            let mark = secrets.mark();
            prop_assert_eq!(opened.mark(), mark.as_str());
            let values = opened.values().map(|(name, value)| (name.to_owned(), value.to_owned()));
            prop_assert_eq!(&values.collect::<Vec<_>>(), &secrets.values);
            let last = secrets.values.last().map_or(0, |(name, value)| name.len() + value.len() + 2 * LENGTH);
            if cut < last || secrets.values.is_empty() {
                let shorter = bytes.len().saturating_sub(cut);
                prop_assert!(OpenedSecrets::parse(&bytes[..shorter]).is_none());
            }
            let longer = [&bytes[..], &[0_u8; 8][..cut.min(7)]].concat();
            prop_assert!(OpenedSecrets::parse(&longer).is_none());
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            if let Some(opened) = OpenedSecrets::parse(&bytes) {
                let _ = opened.values().count();
            }
        }
    }

    #[test]
    fn another_version_is_refused_and_nothing_is_shown() {
        let secrets =
            SecretInputs { token: Some("tok".into()), values: vec![("N".into(), "hunter2".into())] };
        let mut bytes = secrets.to_bytes();
        let opened = OpenedSecrets::parse(&bytes).unwrap();
        assert_eq!(format!("{secrets:?} {opened:?}"), "SecretInputs(1 values) OpenedSecrets(1 values)");
        bytes[0] = 2;
        assert!(OpenedSecrets::parse(&bytes).is_none());
    }
}
