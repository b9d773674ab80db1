//! Who a phone is: MAC, model, firmware and the name it gives itself.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Vendor prefix of every simulated MAC (INF-11).
const OUI: u64 = 0x00_90_8f;

/// Model of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Model {
    /// 405.
    #[serde(rename = "405")]
    P405,
    /// 420HD.
    #[serde(rename = "420HD")]
    P420Hd,
    /// 430HD.
    #[serde(rename = "430HD")]
    P430Hd,
    /// 440HD.
    #[serde(rename = "440HD")]
    P440Hd,
}

impl Model {
    /// Every model, in catalogue order.
    pub const ALL: [Self; 4] = [Self::P405, Self::P420Hd, Self::P430Hd, Self::P440Hd];

    /// The model as phones report it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P405 => "405",
            Self::P420Hd => "420HD",
            Self::P430Hd => "430HD",
            Self::P440Hd => "440HD",
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        Self::ALL
            .into_iter()
            .find(|model| model.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| UnknownModel(text.trim().to_owned()))
    }
}

/// A model outside the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no model of this family; use 405, 420HD, 430HD or 440HD")]
pub struct UnknownModel(String);

/// Firmware family of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Plain SIP firmware.
    Generic,
    /// Lync / Skype for Business firmware.
    Lync,
}

/// A user who signs in at the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Extension, and login name of a generic phone.
    pub extension: String,
    /// Display name.
    pub name: String,
    /// SIP address, the login name on Lync.
    pub sip_uri: String,
}

impl User {
    /// A user made from a number, for fleets.
    pub fn numbered(number: u64) -> Self {
        Self {
            extension: number.to_string(),
            name: format!("User {number}"),
            sip_uri: format!("{number}@example.com"),
        }
    }

    /// What the phone reports as login name.
    pub fn login(&self, kind: Kind) -> &str {
        match kind {
            Kind::Generic => &self.extension,
            Kind::Lync => &self.sip_uri,
        }
    }
}

/// What is printed on the label of a phone, and the firmware it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    mac: u64,
    model: Model,
    kind: Kind,
    version: String,
}

impl Identity {
    /// The phone with this index: its MAC is the vendor prefix and the index.
    pub fn new(index: u32, model: Model, kind: Kind) -> Self {
        let version = match kind {
            Kind::Generic => "2.2.8.61",
            Kind::Lync => "2.0.13.121",
        };
        Self { mac: OUI << 24 | u64::from(index & 0x00ff_ffff), model, kind, version: version.to_owned() }
    }

    /// The same phone with another firmware; a `UC_` prefix is not part of the version.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        version.strip_prefix("UC_").unwrap_or(version).clone_into(&mut self.version);
        self
    }

    /// MAC, twelve lower-case hexadecimal digits.
    pub fn mac(&self) -> String {
        format!("{:012x}", self.mac)
    }

    /// MAC in upper case, as in the User-Agent.
    pub fn mac_upper(&self) -> String {
        format!("{:012X}", self.mac)
    }

    /// Model.
    pub const fn model(&self) -> Model {
        self.model
    }

    /// Firmware family.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Firmware version without prefix, as an image header carries it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Firmware version as reported: Lync builds carry a `UC_` prefix.
    pub fn reported_version(&self) -> String {
        match self.kind {
            Kind::Generic => self.version.clone(),
            Kind::Lync => format!("UC_{}", self.version),
        }
    }

    /// The User-Agent of every request, from which servers choose the template.
    pub fn user_agent(&self) -> String {
        match self.kind {
            Kind::Generic => {
                format!("AUDC-IPPhone/{} ({}; {})", self.version, self.hardware(), self.mac_upper())
            }
            Kind::Lync => format!("AUDC-IPPhone-{}_UC_{}/1.0.0000.0", self.model, self.version),
        }
    }

    // Firmware 2.2 names the board revision, older firmware only the model.
    fn hardware(&self) -> String {
        if self.version.starts_with("2.2.") {
            format!("{}G-Rev0", self.model)
        } else {
            self.model.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DEV-16.
    #[test]
    fn dev_16_generic_user_agent() {
        let phone = Identity::new(0x48_67af, Model::P430Hd, Kind::Generic).with_version("2.0.4.30");
        assert_eq!(phone.user_agent(), "AUDC-IPPhone/2.0.4.30 (430HD; 00908F4867AF)");
        let newer = Identity::new(0x60_2aac, Model::P440Hd, Kind::Generic).with_version("2.2.8.61");
        assert_eq!(newer.user_agent(), "AUDC-IPPhone/2.2.8.61 (440HDG-Rev0; 00908F602AAC)");
        let build = Identity::new(0x3b_bcba, Model::P420Hd, Kind::Generic).with_version("2.0.0_build_15");
        assert_eq!(build.user_agent(), "AUDC-IPPhone/2.0.0_build_15 (420HD; 00908F3BBCBA)");
    }

    /// DEV-17.
    #[test]
    fn dev_17_lync_user_agent() {
        let phone = Identity::new(1, Model::P430Hd, Kind::Lync).with_version("UC_2.0.7.70");
        assert_eq!(phone.user_agent(), "AUDC-IPPhone-430HD_UC_2.0.7.70/1.0.0000.0");
        assert_eq!(phone.reported_version(), "UC_2.0.7.70");
        assert_eq!(phone.version(), "2.0.7.70");
    }

    /// INF-11.
    #[test]
    fn inf_11_mac_carries_the_vendor_prefix() {
        assert_eq!(Identity::new(10_000, Model::P405, Kind::Generic).mac(), "00908f002710");
    }

    #[test]
    fn models_are_read_in_any_case() {
        assert_eq!("440hd".parse(), Ok(Model::P440Hd));
        assert!("450HD".parse::<Model>().unwrap_err().to_string().contains("430HD"));
    }
}
