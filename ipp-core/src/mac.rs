//! The MAC address of a phone: every spelling in, one canonical form out.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A unicast Ethernet address (USR-30). Displayed and stored as twelve lower-case hexadecimal
/// digits, the form of the phone's own file name (AMB-106).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mac([u8; 6]);

/// Why a text is not the MAC address of a phone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// Not twelve hexadecimal digits in one of the accepted spellings.
    #[error(
        "`{0}` is not a MAC address; expected twelve hexadecimal digits, optionally separated by `:`, `-` or `.`"
    )]
    Form(String),
    /// A group address, or all zeros, which no phone has.
    #[error("`{0}` is not the address of one phone (multicast, or all zeros)")]
    NotUnicast(String),
}

impl Mac {
    /// The address with these bytes; group addresses and all zeros are refused.
    pub fn new(bytes: [u8; 6]) -> Result<Self, MacError> {
        if bytes[0] & 1 == 1 || bytes == [0; 6] {
            return Err(MacError::NotUnicast(Self(bytes).to_string()));
        }
        Ok(Self(bytes))
    }

    /// The six bytes.
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }

    /// The name of this phone's private configuration file, `<mac>.cfg` (CFG-12).
    pub fn file_name(self) -> String {
        format!("{self}.cfg")
    }
}

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, MacError> {
        let form = || MacError::Form(text.chars().take(40).collect());
        let mut bytes = [0_u8; 6];
        let mut digits = 0_usize;
        for c in text.trim().chars() {
            if matches!(c, ':' | '-' | '.') && digits > 0 && digits < 12 {
                continue;
            }
            let value = c.to_digit(16).and_then(|v| u8::try_from(v).ok()).ok_or_else(form)?;
            let byte = bytes.get_mut(digits / 2).ok_or_else(form)?;
            *byte = (*byte << 4) | value;
            digits += 1;
        }
        if digits == 12 { Self::new(bytes) } else { Err(form()) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

impl TryFrom<String> for Mac {
    type Error = MacError;

    fn try_from(text: String) -> Result<Self, MacError> {
        text.parse()
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> Self {
        mac.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usr_30_every_spelling_gives_one_form() {
        for text in
            ["00908f1a2b3c", "00:90:8F:1A:2B:3C", "00-90-8f-1A-2b-3c", "0090.8f1a.2b3c", " 00908F1A2B3C "]
        {
            assert_eq!(text.parse::<Mac>().unwrap().to_string(), "00908f1a2b3c", "{text}");
        }
    }

    #[test]
    fn wrong_forms_and_group_addresses_are_refused() {
        for text in ["", "00908f1a2b3", "00908f1a2b3c4", "00908g1a2b3c", ":00908f1a2b3c", "００908f1a2b3c"]
        {
            assert!(matches!(text.parse::<Mac>(), Err(MacError::Form(_))), "{text}");
        }
        for text in ["000000000000", "ffffffffffff", "01005e000001"] {
            assert!(matches!(text.parse::<Mac>(), Err(MacError::NotUnicast(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parse_of_display_is_identity(bytes: [u8; 6]) {
            if let Ok(mac) = Mac::new(bytes) {
                prop_assert_eq!(mac.to_string().parse::<Mac>(), Ok(mac));
            }
        }
    }
}
