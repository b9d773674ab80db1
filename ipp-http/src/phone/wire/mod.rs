//! Parsers of everything a phone sends: lenient in what they read, exact in what they produce.
//!
//! Pure functions over bytes and text. Every input is bounded, nothing is looked up, and no parser panics.
//! An error names the member and the limit and never repeats a value, because values may be secrets.

pub mod alarm_body;
pub mod json;
pub mod path;
pub mod range;
pub mod status_body;

use std::fmt;

use json::{JsonError, Value};

/// Longest value of a member, in bytes of UTF-8, unless the member has a cap of its own.
pub const MEMBER_CAP: Cap = Cap::Bytes(256);

/// Longest member name, in bytes of UTF-8.
pub const MEMBER_NAME_BYTES: usize = 256;

/// How long a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Unicode scalar values.
    Characters(usize),
}

impl Cap {
    /// Whether `text` is longer than this.
    pub fn is_exceeded_by(self, text: &str) -> bool {
        match self {
            Self::Bytes(cap) => text.len() > cap,
            Self::Characters(cap) => text.chars().nth(cap).is_some(),
        }
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(cap) => write!(f, "{cap} bytes"),
            Self::Characters(cap) => write!(f, "{cap} characters"),
        }
    }
}

/// Why the body of a report is refused as a whole; nothing of a refused report is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body is too large or is not JSON, even read leniently.
    #[error("the body cannot be read as JSON")]
    Json(#[from] JsonError),
    /// The body, or the element named, is not an object.
    #[error("{subject} is not an object")]
    NotAnObject {
        /// `body`, or a path such as `alerts[2]`.
        subject: String,
    },
    /// A member the report cannot do without is absent, null or empty.
    #[error("member {member} is missing")]
    Missing {
        /// Path of the member.
        member: String,
    },
    /// A member that must be a text, number or boolean is an object or array.
    #[error("member {member} is not a single value")]
    NotScalar {
        /// Path of the member.
        member: String,
    },
    /// A value is longer than its cap.
    #[error("member {member} is longer than {cap}")]
    TooLong {
        /// Path of the member.
        member: String,
        /// The cap that was passed.
        cap: Cap,
    },
    /// A value contains a control character (TAB and line ends included).
    #[error("member {member} contains a control character")]
    ControlCharacter {
        /// Path of the member.
        member: String,
    },
    /// A member name is longer than [`MEMBER_NAME_BYTES`] or contains a control character.
    #[error("the name of member number {position} is too long or contains a control character")]
    MemberName {
        /// Place in its object, counted from 1.
        position: usize,
    },
    /// A MAC address is malformed, multicast, all zeros or all ones.
    #[error("member {member} is not the MAC address of a phone")]
    BadMac {
        /// Path of the member.
        member: String,
    },
    /// A severity is not a whole number from 0 to 5.
    #[error("alerts[{index}].severity is not a number from 0 to 5")]
    BadSeverity {
        /// Place in the `alerts` array, counted from 0.
        index: usize,
    },
    /// More alerts than one report may carry.
    #[error("more than {cap} alerts in one report")]
    TooManyAlerts {
        /// The most that are accepted.
        cap: usize,
    },
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// Wraps a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for checking it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// Reads a MAC address in any usual spelling: twelve hexadecimal digits of either case, in groups of two,
/// four or six joined by one kind of separator (`:`, `-`, `.`), or without any.
///
/// Refuses what no phone can have: a set multicast bit (all ones included) and all zeros.
pub fn parse_mac(text: &str) -> Option<[u8; 6]> {
    mac_spelling(text).filter(|mac| is_phone_mac(*mac))
}

/// The six bytes of a MAC spelling, whether or not a phone can have them.
fn mac_spelling(text: &str) -> Option<[u8; 6]> {
    let separator = text.chars().find(|c| matches!(c, ':' | '-' | '.'));
    if let Some(separator) = separator {
        let mut groups = text.split(separator).map(str::len);
        let first = groups.next()?;
        if !matches!(first, 2 | 4 | 6) || groups.any(|group| group != first) {
            return None;
        }
    }
    let mut digits = text.chars().filter(|c| Some(*c) != separator);
    let mut mac = [0; 6];
    for byte in &mut mac {
        let high = digits.next()?.to_digit(16)?;
        let low = digits.next()?.to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    digits.next().is_none().then_some(mac)
}

fn is_phone_mac(mac: [u8; 6]) -> bool {
    let [first, ..] = mac;
    first & 1 == 0 && mac != [0; 6]
}

/// The members of an object, their names checked; `subject` names the object in the error.
fn members(subject: &str, value: Value) -> Result<Vec<(String, Value)>, BodyError> {
    let Value::Object(members) = value else {
        return Err(BodyError::NotAnObject { subject: subject.to_owned() });
    };
    let bad = |name: &str| name.len() > MEMBER_NAME_BYTES || name.chars().any(char::is_control);
    match members.iter().position(|(name, _)| bad(name)) {
        Some(index) => Err(BodyError::MemberName { position: index + 1 }),
        None => Ok(members),
    }
}

/// The text of a scalar member within its cap; `None` for null.
fn text(member: &str, value: Value, cap: Cap) -> Result<Option<String>, BodyError> {
    let member = || member.to_owned();
    match value {
        Value::Null => Ok(None),
        Value::Object(_) | Value::Array(_) => Err(BodyError::NotScalar { member: member() }),
        Value::Text(text) if cap.is_exceeded_by(&text) => Err(BodyError::TooLong { member: member(), cap }),
        Value::Text(text) if text.chars().any(char::is_control) => {
            Err(BodyError::ControlCharacter { member: member() })
        }
        Value::Text(text) => Ok(Some(text)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// C29: every spelling gives the same six bytes.
    #[test]
    fn mac_is_read_in_every_spelling() {
        for spelling in [
            "00908f4867af",
            "00908F4867AF",
            "00:90:8f:48:67:af",
            "00-90-8F-48-67-AF",
            "00.90.8f.48.67.af",
            "0090.8f48.67af",
            "00908f-4867af",
        ] {
            assert_eq!(parse_mac(spelling), Some([0x00, 0x90, 0x8f, 0x48, 0x67, 0xaf]), "{spelling}");
        }
    }

    /// C29: what no phone can have, and what is no spelling.
    #[test]
    fn mac_is_refused() {
        for spelling in [
            "",
            "000000000000",
            "ffffffffffff",
            "01908f4867af",
            "00908f4867a",
            "00908f4867aff",
            "00908f4867ag",
            "0:90:8f:48:67:af",
            "00:90-8f:48:67:af",
            "0090.80:0.6b48.-0--",
            "00:908f:48:67:af",
            "00::90:8f:48:67af",
            ":00908f4867af",
            "00908f4867af ",
            "٠٠٩٠٨f٤٨٦٧af",
            "00908f4867a\u{ff21}",
        ] {
            assert_eq!(parse_mac(spelling), None, "{spelling}");
        }
    }

    #[test]
    fn hidden_text_is_not_shown() {
        assert_eq!(format!("{:?}", Hidden::new("f09f".to_owned())), "Hidden(…)");
    }

    proptest! {
        #[test]
        fn mac_never_panics(text in "\\PC{0,24}") {
            let _ = parse_mac(&text);
        }

        /// Law: parse(format(m)) = m in every spelling.
        #[test]
        fn mac_round_trip(mut mac: [u8; 6], separator in "[:.-]?", upper: bool) {
            mac[0] &= 0xfe;
            prop_assume!(mac != [0; 6]);
            let text = mac.map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") }).join(&separator);
            prop_assert_eq!(parse_mac(&text), Some(mac));
        }
    }
}
