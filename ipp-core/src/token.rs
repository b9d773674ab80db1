//! The URL token: a phone's secret, carried in every URL that leads it back to the server.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::{Fingerprint, FingerprintKey, FingerprintOf};

/// 128 random bits, written as 22 URL-safe characters; never derived from the MAC address.
/// Neither `Debug` nor any log shows it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Token([u8; 16]);

/// The text is not a well-formed token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token: expected 22 characters of A–Z, a–z, 0–9, `-` and `_`")]
pub struct TokenError;

impl Token {
    /// The number of characters of a token.
    pub const LENGTH: usize = 22;

    /// The token with these bits, which must come from a secure source.
    pub const fn new(bits: [u8; 16]) -> Self {
        Self(bits)
    }

    /// The token as it stands in a URL.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The path prefix that the renderer puts after the authority of each marked URL.
    pub fn prefix(&self) -> String {
        format!("/t/{}", self.to_text())
    }

    /// What a stored token is looked up by.
    pub fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        key.of(FingerprintOf::Token, &self.0)
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        // The decoder wants room for what it might have to write before it knows better.
        let mut bytes = [0; 18];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(16) => bytes.first_chunk().copied().map(Self).ok_or(TokenError),
            Ok(_) | Err(_) => Err(TokenError),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/t/…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_22_url_safe_characters_and_never_shown() {
        let token = Token::new([0xfb; 16]);
        assert_eq!(token.to_text().len(), Token::LENGTH);
        assert_eq!(token.to_text().parse::<Token>().unwrap(), token);
        assert_eq!(format!("{token:?}"), "/t/…");
        assert!("short".parse::<Token>().is_err());
        assert!("+/+/+/+/+/+/+/+/+/+/+w".parse::<Token>().is_err());
    }
}
