//! Which phones a family of the command table is for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text in which each `*` stands for any characters, compared without ASCII case, such as `UC_3.*`.
/// 1 to 64 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// The text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a pattern; expected 1 to 64 letters, digits and marks, where `*` stands for anything")]
pub struct PatternError(String);

impl Pattern {
    /// The pattern of all.
    pub fn any() -> Self {
        Self("*".to_owned())
    }

    /// Whether it is the pattern of all.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` fits.
    pub fn fits(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let pattern = self.0.to_ascii_lowercase();
        let mut parts = pattern.split('*');
        let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        // Taking each part at its first place leaves the most for those behind it.
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        true
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(PatternError(text.chars().take(64).collect()))
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let fits = |pattern: &str, text: &str| pattern.parse::<Pattern>().unwrap().fits(text);
        for (pattern, text) in [
            ("*", ""),
            ("*", "430HD"),
            ("430hd", "430HD"),
            ("UC_3.*", "UC_3.4.8"),
            ("*HD*", "C470HD"),
            ("a*b*c", "abbc"),
            ("a*a", "aa"),
            ("**", "x"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("430HD", "430HD_LYNC"), ("UC_3.*", "2.2.8"), ("a*a", "a"), ("a*b*c", "acb"), ("*x", "")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_are_short_and_visible() {
        for bad in ["", "a b", "é", "\n", &"x".repeat(65)] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad:?}");
        }
    }
}
