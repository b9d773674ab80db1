//! Which devices and users a list is about.

use crate::{
    device::{Admission, Device},
    id::{FirmwareId, RegionId, TemplateId, UserId},
    phone_model::ModelId,
    status::{Registration, Status, StatusClass},
    user::User,
};

/// Which devices. Every member that says something must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct DeviceFilter {
    /// Only devices of these regions; `None` is all, devices without a region among them.
    pub regions: Option<Vec<RegionId>>,
    /// Only devices that are admitted that far.
    pub admissions: Option<Vec<Admission>>,
    /// Only devices of these classes.
    pub classes: Option<Vec<StatusClass>>,
    /// Only devices of these models.
    pub models: Option<Vec<ModelId>>,
    /// Only devices of this user.
    pub user: Option<UserId>,
    /// Only devices that this template was chosen for.
    pub template: Option<TemplateId>,
    /// Only devices that this firmware entry was chosen for.
    pub firmware: Option<FirmwareId>,
    /// Only devices that reported this last.
    pub registration: Option<Registration>,
    /// Only devices that reported this firmware version last.
    pub version: Option<String>,
    /// Only devices that were seen at least once, or never.
    pub seen: Option<bool>,
    /// Only devices that have a user, or that have none.
    pub owned: Option<bool>,
    /// Only devices whose user has several (DEV-11).
    pub shared: bool,
    /// Only devices with such a file.
    pub file: Option<FileState>,
    /// Only devices in which all of these are found.
    pub words: Vec<SearchWord>,
}

/// What a device gets as its private file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Something: what is published, or what stands in for it.
    Any,
    /// A file that people wrote.
    StandIn,
}

/// A text to be found somewhere in a device or user, ASCII case aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWord {
    field: SearchField,
    text: String,
    digits: Option<String>,
}

/// Where a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchField {
    /// In all that follow.
    Any,
    /// User name, display name of the user, display name of the device.
    User,
    /// The phone number.
    Phone,
    /// The MAC address, however it is spelt.
    Mac,
    /// The IP address that the phone reported.
    Ip,
    /// The model, as it was chosen and as it was reported.
    Model,
    /// The firmware version.
    Version,
}

/// What words are looked for in, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the place of the same name in `SearchField`")]
pub struct SearchTexts {
    pub user: String,
    pub phone: String,
    pub mac: String,
    pub ip: String,
    pub model: String,
    pub version: String,
}

/// What a filter of devices looks at.
#[derive(Debug, Clone, Copy)]
pub struct DeviceFacts<'a> {
    /// The device.
    pub device: &'a Device,
    /// Its user.
    pub owner: Option<&'a User>,
    /// Its status.
    pub status: Option<&'a Status>,
    /// How many devices its user has; 0 where it has none.
    pub of_owner: usize,
    /// Whether something is published for it.
    pub published: bool,
    /// Whether a file of people stands in for that.
    pub stand_in: bool,
}

/// Which users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct UserFilter {
    /// Only users of these regions; `None` is all.
    pub regions: Option<Vec<RegionId>>,
    /// Only users in whose name or display name all of these are found, ASCII case aside.
    pub words: Vec<String>,
}

impl DeviceFilter {
    /// All devices.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only devices of these regions.
    pub fn in_regions(self, regions: Vec<RegionId>) -> Self {
        Self { regions: Some(regions), ..self }
    }

    /// Only devices that are admitted so far.
    pub fn admitted(self, admission: Admission) -> Self {
        Self { admissions: Some(vec![admission]), ..self }
    }

    /// Only devices of this class.
    pub fn of_class(self, class: StatusClass) -> Self {
        Self { classes: Some(vec![class]), ..self }
    }

    /// Only devices of this model.
    pub fn of_model(self, model: ModelId) -> Self {
        Self { models: Some(vec![model]), ..self }
    }

    /// Only devices of this user.
    pub fn of_user(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Only devices that this firmware entry was chosen for.
    pub fn of_firmware(self, firmware: FirmwareId) -> Self {
        Self { firmware: Some(firmware), ..self }
    }

    /// Only devices in which this is found, too.
    pub fn with(mut self, field: SearchField, text: &str) -> Self {
        self.words.push(SearchWord::new(field, text));
        self
    }

    /// Whether a device passes.
    pub fn passes(&self, facts: DeviceFacts<'_>) -> bool {
        let DeviceFacts { device, owner, status, of_owner, published, stand_in } = facts;
        let class = status.map_or(StatusClass::NonRegistered, Status::class);
        among(self.regions.as_deref(), device.region.as_ref())
            && among(self.admissions.as_deref(), Some(&device.admission))
            && among(self.classes.as_deref(), Some(&class))
            && among(self.models.as_deref(), device.model.as_ref())
            && self.user.is_none_or(|user| device.owner.is_some_and(|owner| owner.user == user))
            && self.template.is_none_or(|template| device.template == Some(template))
            && self.firmware.is_none_or(|firmware| device.firmware == Some(firmware))
            && self
                .registration
                .as_ref()
                .is_none_or(|said| status.map(|status| &status.registration) == Some(said))
            && self.version.as_ref().is_none_or(|version| {
                status.is_some_and(|status| status.details.firmware_version == *version)
            })
            && self.seen.is_none_or(|seen| status.is_some() == seen)
            && self.owned.is_none_or(|owned| device.owner.is_some() == owned)
            && (!self.shared || of_owner > 1)
            && self.file.is_none_or(|file| match file {
                FileState::Any => published || stand_in,
                FileState::StandIn => stand_in,
            })
            && (self.words.is_empty() || {
                let texts = SearchTexts::of(device, owner, status);
                self.words.iter().all(|word| word.is_in(&texts))
            })
    }
}

fn among<T: PartialEq>(wanted: Option<&[T]>, value: Option<&T>) -> bool {
    wanted.is_none_or(|wanted| value.is_some_and(|value| wanted.contains(value)))
}

impl SearchWord {
    /// A word to look for.
    pub fn new(field: SearchField, text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
        let hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        // 1.2.3 is a version and 10.0 an address; separators are dropped for the MAC address alone.
        let digits = (hex && matches!(field, SearchField::Any | SearchField::Mac)).then_some(digits);
        Self { field, text, digits }
    }

    /// Where it is looked for.
    pub const fn field(&self) -> SearchField {
        self.field
    }

    /// The text, in lower case.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as a part of a MAC address; `None` where it cannot be one.
    pub fn digits(&self) -> Option<&str> {
        self.digits.as_deref()
    }

    fn is_in(&self, texts: &SearchTexts) -> bool {
        let SearchTexts { user, phone, mac, ip, model, version } = texts;
        let found = |text: &String| text.contains(&self.text);
        let in_mac = || self.digits.as_ref().is_some_and(|digits| mac.contains(digits.as_str()));
        match self.field {
            SearchField::Any => in_mac() || [user, phone, ip, model, version].into_iter().any(found),
            SearchField::User => found(user),
            SearchField::Phone => found(phone),
            SearchField::Mac => in_mac(),
            SearchField::Ip => found(ip),
            SearchField::Model => found(model),
            SearchField::Version => found(version),
        }
    }
}

impl SearchTexts {
    /// The texts of a device. Several that make one place are apart by a line break, which no word
    /// contains.
    pub fn of(device: &Device, owner: Option<&User>, status: Option<&Status>) -> Self {
        let said = |of: fn(&Status) -> &str| status.map_or("", of);
        let fold = |parts: &[&str]| parts.join("\n").to_ascii_lowercase();
        Self {
            user: fold(&[
                owner.map_or("", |user| user.name.as_str()),
                owner.map_or("", |user| user.display_name.as_str()),
                device.display_name.as_str(),
            ]),
            phone: fold(&[said(|status| &status.details.phone_number)]),
            mac: device.mac.to_string(),
            ip: fold(&[said(|status| &status.details.ip)]),
            model: fold(&[
                device.model.as_ref().map_or("", ModelId::as_str),
                said(|status| &status.details.model),
            ]),
            version: fold(&[said(|status| &status.details.firmware_version)]),
        }
    }
}

impl UserFilter {
    /// Whether a user passes.
    pub fn passes(&self, user: &User) -> bool {
        let texts = [user.name.as_str(), user.display_name.as_str()].join("\n").to_ascii_lowercase();
        among(self.regions.as_deref(), Some(&user.region))
            && self.words.iter().all(|word| texts.contains(&word.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::DeviceId, time::Timestamp};

    fn device() -> Device {
        let mac = "00908f4867af".parse().unwrap();
        Device::new(DeviceId::from_bytes([1; 16]), mac, Admission::Enrolled, Timestamp::default())
    }

    fn found(field: SearchField, text: &str) -> bool {
        let device = device();
        let facts = DeviceFacts {
            device: &device,
            owner: None,
            status: None,
            of_owner: 0,
            published: false,
            stand_in: false,
        };
        DeviceFilter::all().with(field, text).passes(facts)
    }

    /// DEV-05: separators and case of a MAC address are ignored, in the field and in free text.
    #[test]
    fn dev_05_a_mac_address_is_found_however_it_is_spelt() {
        for spelt in ["00908F4867AF", "00:90:8f:48", "67-AF", "8f48.67", ""] {
            assert_eq!(found(SearchField::Mac, spelt), !spelt.is_empty(), "{spelt}");
            assert!(found(SearchField::Any, spelt), "{spelt}");
        }
        assert!(!found(SearchField::Mac, "mac") && !found(SearchField::Ip, "0090"));
    }
}
