//! Placeholders: named values that templates refer to as `%ITCS_<Name>%`.
//!
//! A name takes its value from the most specific scope that sets it (AMB-07): template default,
//! then system, model, region, device. A scope that does not mention a name inherits; a scope that
//! sets it to nothing sets it to nothing.

pub mod builtin;
pub mod resolve;

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    text::{CfgValue, Label},
    vault::SealedValue,
};

pub use builtin::{Applies, Builtin, PhoneFact};
pub use resolve::{Layer, Scopes, Value};

/// The bare name of a placeholder, without `%ITCS_` and `%` (INF-10).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceholderName(String);

/// The text is not the name of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a placeholder name; use up to 64 letters, digits and underscores, without the `%ITCS_` around it"
)]
pub struct PlaceholderNameError(String);

/// What every placeholder's token begins with.
pub const TOKEN_PREFIX: &str = "ITCS_";

impl PlaceholderName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token as it stands in a template.
    pub fn token(&self) -> String {
        format!("%{TOKEN_PREFIX}{}%", self.0)
    }

    /// Whether a byte may stand in a name.
    pub const fn allows(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_'
    }
}

impl FromStr for PlaceholderName {
    type Err = PlaceholderNameError;

    /// Takes the bare name, or the whole token as it is copied from a template.
    fn from_str(text: &str) -> Result<Self, PlaceholderNameError> {
        // Only a whole token loses its prefix: a stored name must be read back as it is.
        let token = text.strip_prefix('%').and_then(|t| t.strip_suffix('%'));
        let bare = token.map_or(text, |token| token.strip_prefix(TOKEN_PREFIX).unwrap_or(token));
        if bare.is_empty() || bare.len() > 64 || !bare.bytes().all(Self::allows) {
            return Err(PlaceholderNameError(text.chars().take(80).collect()));
        }
        Ok(Self(bare.to_owned()))
    }
}

impl TryFrom<String> for PlaceholderName {
    type Error = PlaceholderNameError;

    fn try_from(text: String) -> Result<Self, PlaceholderNameError> {
        text.parse()
    }
}

impl From<PlaceholderName> for String {
    fn from(name: PlaceholderName) -> Self {
        name.0
    }
}

impl std::borrow::Borrow<str> for PlaceholderName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlaceholderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlaceholderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{TOKEN_PREFIX}{}%", self.0)
    }
}

/// The value of a placeholder at one scope. That there is one means that it is set; the value may
/// still be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedValue {
    /// The value.
    pub value: StoredValue,
    /// What people note about it.
    #[serde(default)]
    pub description: Label,
}

/// A value as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredValue {
    /// Anybody who sees the placeholder may see it.
    Plain(CfgValue),
    /// A secret.
    Secret(SealedValue),
}

/// The values that one scope sets.
pub type ScopeSet = BTreeMap<PlaceholderName, ScopedValue>;

/// Where a value comes from, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The default that the template, or the product, gives the name.
    Default,
    /// System settings and system placeholders.
    System,
    /// The phone model.
    Model,
    /// The region.
    Region,
    /// The phone itself or its user.
    Device,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::System => "system",
            Self::Model => "model",
            Self::Region => "region",
            Self::Device => "device",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plh_02_the_name_is_understood_bare_and_as_a_token() {
        let name: PlaceholderName = "VLANMode".parse().unwrap();
        assert_eq!("%ITCS_VLANMode%".parse(), Ok(name.clone()));
        assert_eq!(name.token(), "%ITCS_VLANMode%");
        let odd: PlaceholderName = "%ITCS_ITCS_x%".parse().unwrap();
        assert_eq!(odd.as_str().parse(), Ok(odd.clone()), "what is stored is read back");
        for bad in ["", "%%", "a b", "é", "%ITCS_%", &"x".repeat(65)] {
            assert!(bad.parse::<PlaceholderName>().is_err(), "{bad}");
        }
    }
}
