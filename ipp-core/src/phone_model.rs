//! Phone models: the seven of the manual by default, further ones added as data.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::Label;

/// The two kinds of phone software that the manual tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// Third-party SIP servers; *non-Lync* in the manual.
    Generic,
    /// Microsoft Lync and its successors.
    Lync,
}

/// The id of a model: the hardware name, with `_LYNC` behind it for the Lync software, such as
/// `430HD` and `430HD_LYNC`. The vendor's own spelling with a leading `Audiocodes_` is understood.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

/// The text is not the id of a phone model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a phone model; expected letters, digits, `-` and `_`, such as 430HD or 430HD_LYNC")]
pub struct ModelIdError(String);

const VENDOR_PREFIX: &str = "audiocodes_";
const LYNC_SUFFIX: &str = "_LYNC";

impl ModelId {
    /// The id of `hardware` with software of the given kind.
    pub fn new(hardware: &str, kind: PhoneKind) -> Result<Self, ModelIdError> {
        match kind {
            PhoneKind::Generic => hardware.parse(),
            PhoneKind::Lync => format!("{hardware}{LYNC_SUFFIX}").parse(),
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hardware name, which is what phones call themselves and their firmware.
    pub fn hardware(&self) -> &str {
        self.0.strip_suffix(LYNC_SUFFIX).unwrap_or(&self.0)
    }

    /// The kind of software.
    pub fn kind(&self) -> PhoneKind {
        if self.0.ends_with(LYNC_SUFFIX) { PhoneKind::Lync } else { PhoneKind::Generic }
    }

    /// The spelling inside template files, such as `audiocodes_430HD`.
    pub fn in_template(&self) -> String {
        format!("{VENDOR_PREFIX}{}", self.0)
    }

    /// The firmware file that phones of this hardware ask for by themselves (FW-06).
    pub fn default_firmware(&self) -> String {
        format!("{}.img", self.hardware())
    }
}

impl FromStr for ModelId {
    type Err = ModelIdError;

    fn from_str(text: &str) -> Result<Self, ModelIdError> {
        let bare = match text.get(..VENDOR_PREFIX.len()) {
            Some(head) if head.eq_ignore_ascii_case(VENDOR_PREFIX) => &text[VENDOR_PREFIX.len()..],
            _ => text,
        };
        let good = bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if bare.is_empty() || bare.len() > 32 || !good {
            return Err(ModelIdError(text.chars().take(60).collect()));
        }
        Ok(Self(bare.to_ascii_uppercase()))
    }
}

impl TryFrom<String> for ModelId {
    type Error = ModelIdError;

    fn try_from(text: String) -> Result<Self, ModelIdError> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({})", self.0)
    }
}

/// A phone model that this installation provisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneModel {
    /// Its id.
    pub id: ModelId,
    /// The name that people see, such as `AudioCodes 430HD Lync`.
    pub title: Label,
}

/// The models of the manual (GEN-12), which a new installation has.
pub fn built_in() -> Vec<PhoneModel> {
    const MODELS: [(&str, &str); 7] = [
        ("405", "AudioCodes 405"),
        ("420HD", "AudioCodes 420HD"),
        ("430HD", "AudioCodes 430HD"),
        ("440HD", "AudioCodes 440HD"),
        ("420HD_LYNC", "AudioCodes 420HD Lync"),
        ("430HD_LYNC", "AudioCodes 430HD Lync"),
        ("440HD_LYNC", "AudioCodes 440HD Lync"),
    ];
    MODELS
        .iter()
        .filter_map(|(id, title)| Some(PhoneModel { id: id.parse().ok()?, title: title.parse().ok()? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gen_12_exactly_seven_models_by_default() {
        let ids: Vec<String> = built_in().iter().map(|model| model.id.to_string()).collect();
        assert_eq!(ids, ["405", "420HD", "430HD", "440HD", "420HD_LYNC", "430HD_LYNC", "440HD_LYNC"]);
    }

    #[test]
    fn the_vendor_spelling_is_the_same_model() {
        let id: ModelId = "Audiocodes_430HD_LYNC".parse().unwrap();
        assert_eq!(id, ModelId::new("430HD", PhoneKind::Lync).unwrap());
        assert_eq!((id.hardware(), id.kind()), ("430HD", PhoneKind::Lync));
        assert_eq!(id.in_template(), "audiocodes_430HD_LYNC");
        assert_eq!(id.default_firmware(), "430HD.img");
        for bad in ["", "audiocodes_", "4 30", "é", &"X".repeat(33)] {
            assert!(bad.parse::<ModelId>().is_err(), "{bad}");
        }
    }
}
