//! What is one phone's own in its file.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{RenderError, SecretInputs, check_value};
use crate::{
    catalog::Catalog,
    device::Device,
    digest::{Fingerprint, FingerprintKey, FingerprintOf},
    phone_model::ModelId,
    placeholder::{Builtin, PhoneFact, PlaceholderName, StoredValue, builtin::Settable},
    template::CompiledTemplate,
    text::CfgLine,
    user::User,
    vault::{SealFor, SealedValue},
};

/// A phone with its user, as facts for its file.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The phone.
    pub device: &'a Device,
    /// Its user.
    pub user: Option<&'a User>,
    /// The file name of the firmware chosen for this phone.
    pub firmware: Option<&'a str>,
}

/// A value of one phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnValue<'a> {
    /// A value that may be stored as it is.
    Plain(String),
    /// A secret, and whom it was sealed for.
    Secret(SealFor<'a>, &'a SealedValue),
}

impl<'a> Facts<'a> {
    /// The facts of a device; `user` must be the device's owner.
    pub fn new(device: &'a Device, user: Option<&'a User>, catalog: &'a Catalog) -> Self {
        let firmware = device.firmware.and_then(|id| catalog.firmware(id)).map(|entry| entry.name.as_str());
        Self { device, user, firmware }
    }

    /// The value that this phone itself gives a placeholder: what was set for it, else the fact.
    pub fn value(self, name: &PlaceholderName) -> Option<OwnValue<'a>> {
        self.value_of(name, Builtin::of(name))
    }

    /// The same where the row of the product's own table is at hand, as in a compiled template.
    pub fn value_of(self, name: &PlaceholderName, builtin: Option<&Builtin>) -> Option<OwnValue<'a>> {
        if builtin.is_none_or(|row| row.settable != Settable::Nobody)
            && let Some(set) = self.device.overrides.get(name)
        {
            return match &set.value {
                StoredValue::Plain(text) => Some(OwnValue::Plain(text.as_str().to_owned())),
                // A stored secret, like a user's password: no report may release it.
                StoredValue::Secret(_) if !self.device.releases_secrets() => None,
                StoredValue::Secret(secret) => {
                    Some(OwnValue::Secret(SealFor::DeviceOverride(self.device.id.as_bytes()), secret))
                }
            };
        }
        self.fact(builtin?.phone?)
    }

    /// The fingerprint of everything here that can change the phone's file. It is kept with the
    /// device, so that *stale* is a comparison and needs no rendering.
    pub fn print(self, key: &FingerprintKey) -> Fingerprint {
        const FACTS: [PhoneFact; 11] = [
            PhoneFact::Mac,
            PhoneFact::DisplayName,
            PhoneFact::VlanMode,
            PhoneFact::VlanId,
            PhoneFact::VlanPriority,
            PhoneFact::Language,
            PhoneFact::Firmware,
            PhoneFact::RestUserName,
            PhoneFact::RestPassword,
            PhoneFact::UserName,
            PhoneFact::UserPassword,
        ];
        let mut hasher = key.hasher(FingerprintOf::Own);
        let mut add = |value: Option<OwnValue<'_>>| match value {
            None => hasher.field(b"none"),
            Some(OwnValue::Plain(text)) => {
                hasher.field(b"plain");
                hasher.field(text.as_bytes());
            }
            Some(OwnValue::Secret(_, secret)) => {
                hasher.field(b"secret");
                hasher.field(secret.print.as_bytes());
            }
        };
        for fact in FACTS {
            add(self.fact(fact));
        }
        for name in self.device.overrides.keys() {
            add(Some(OwnValue::Plain(name.to_string())));
            add(self.value(name));
        }
        hasher.field(&[u8::from(self.device.releases_secrets())]);
        // Where the phone belongs decides which shared values it takes.
        hasher.field(self.device.region.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]));
        hasher.field(self.device.model.as_ref().map_or("", ModelId::as_str).as_bytes());
        hasher.field(self.device.template.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]));
        hasher.field(self.device.token.as_ref().map_or(&[][..], |token| &token.print.as_bytes()[..]));
        for line in &self.device.lines {
            hasher.field(line.as_str().as_bytes());
        }
        hasher.finish()
    }

    fn fact(self, fact: PhoneFact) -> Option<OwnValue<'a>> {
        let device = self.device;
        let text = |value: &str| Some(OwnValue::Plain(value.to_owned()));
        match fact {
            PhoneFact::Mac | PhoneFact::RestUserName => text(&device.mac.to_string()),
            PhoneFact::DisplayName => match (device.display_name.as_str(), self.user) {
                ("", None) => None,
                ("", Some(user)) if user.display_name.as_str().is_empty() => text(user.name.as_str()),
                ("", Some(user)) => text(user.display_name.as_str()),
                (own, _) => text(own),
            },
            PhoneFact::VlanMode => device.vlan.mode.and_then(|mode| text(mode.as_cfg())),
            PhoneFact::VlanId => device.vlan.id.and_then(|id| text(&id.to_string())),
            PhoneFact::VlanPriority => device.vlan.priority.and_then(|priority| text(&priority.to_string())),
            PhoneFact::Language => device.language.as_ref().and_then(|language| text(language.as_str())),
            PhoneFact::Firmware => self.firmware.and_then(text),
            PhoneFact::RestPassword => device
                .rest_password
                .as_ref()
                .map(|secret| OwnValue::Secret(SealFor::DevicePassword(device.id.as_bytes()), secret)),
            PhoneFact::UserName => self.user.and_then(|user| text(user.name.as_str())),
            PhoneFact::UserPassword => self.user_password(),
        }
    }

    /// A user's password is given only to a phone that an administrator bound to the user: that
    /// somebody signed in somewhere releases nothing.
    fn user_password(self) -> Option<OwnValue<'a>> {
        let user = self.user.filter(|_| self.device.releases_secrets())?;
        Some(match &user.password {
            Some(secret) => OwnValue::Secret(SealFor::UserPassword(user.id.as_bytes()), secret),
            None => OwnValue::Plain(String::new()),
        })
    }
}

/// The inputs of one phone that are pinned as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceInputs {
    /// Values of placeholders.
    pub values: BTreeMap<PlaceholderName, String>,
    /// Lines appended to the file.
    pub lines: Vec<CfgLine>,
}

/// The inputs of one phone, ready to be laid over the shared values of its cohort.
pub struct Inputs {
    by_slot: Vec<(usize, Zeroizing<String>)>,
    mark: Zeroizing<String>,
    lines: Vec<CfgLine>,
}

impl Inputs {
    /// Checks the inputs and finds their places. Values of placeholders that the template does not
    /// use are ignored.
    pub fn new(
        template: &CompiledTemplate,
        device: &DeviceInputs,
        secrets: &SecretInputs,
    ) -> Result<Self, RenderError> {
        let plain = device.values.iter().map(|(name, value)| (name.as_str(), value));
        let sealed = secrets.values.iter().map(|(name, value)| (name.as_str(), value));
        let mut by_slot = Vec::with_capacity(device.values.len() + secrets.values.len());
        for (name, value) in plain.chain(sealed) {
            let Some(slot) = template.slot(name) else { continue };
            check_value(template, slot, value)?;
            by_slot.push((slot, Zeroizing::new(value.clone())));
        }
        Ok(Self { by_slot, mark: secrets.mark(), lines: device.lines.clone() })
    }

    /// Positions of placeholders and their values.
    pub fn by_slot(&self) -> impl Iterator<Item = (usize, &str)> {
        self.by_slot.iter().map(|(slot, value)| (*slot, value.as_str()))
    }

    /// What stands behind the authority of each URL that leads back.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The phone's own lines.
    pub fn lines(&self) -> &[CfgLine] {
        &self.lines
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inputs({} values)", self.by_slot.len())
    }
}
