//! What a preview answers.

use std::{fmt, str::FromStr};

use crate::{
    device::Device,
    digest::ContentHash,
    id::{DeviceId, RegionId, TemplateId},
    mac::Mac,
    phone_model::ModelId,
    placeholder::PlaceholderName,
    render::LineChange,
};

/// A phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PhoneRef {
    /// Its id.
    pub id: DeviceId,
    /// Its MAC address.
    pub mac: Mac,
}

/// What a group of phones is found by: the hash of what differs in their files. The same edits over the
/// same files make the same ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupId(pub(super) ContentHash);

/// The text is not the id of a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of a group; send the one that the preview answered")]
pub struct ParseGroupIdError;

/// Phones whose files differ in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneGroup {
    /// What it is found by.
    pub id: GroupId,
    /// Whether these phones have no file yet.
    pub first_file: bool,
    /// What differs, in the order of the file; for those without a file nothing.
    pub changes: Vec<LineChange>,
    /// How many further lines differ that are not kept.
    pub more_changes: u64,
    /// How many phones there are.
    pub phones: u64,
    /// The first of them, by id.
    pub first: Vec<PhoneRef>,
}

/// Phones whose file cannot be made for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingGroup {
    /// The reason, naming template, line and placeholder.
    pub reason: String,
    /// The line of the template's XML, counted from 1.
    pub line: Option<u32>,
    /// The placeholder.
    pub placeholder: Option<PlaceholderName>,
    /// How many phones there are.
    pub phones: u64,
    /// The first of them, by id.
    pub first: Vec<PhoneRef>,
}

/// What phones share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SharedKind {
    /// The global file of a template.
    Global,
    /// What an unknown phone gets.
    FirstContact,
}

/// Where a shared part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedPlace {
    /// The template; `None` for a first contact without one.
    pub template: Option<TemplateId>,
    /// The region; `None` for phones without one.
    pub region: Option<RegionId>,
    /// The model; `None` for a first contact without a template.
    pub model: Option<ModelId>,
}

/// Shared parts that differ in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedGroup {
    /// What they are.
    pub kind: SharedKind,
    /// Whether phones do not get it yet.
    pub first_file: bool,
    /// Why it could not be made, where it could not.
    pub failure: Option<String>,
    /// What differs.
    pub changes: Vec<LineChange>,
    /// How many further lines differ that are not kept.
    pub more_changes: u64,
    /// In how many places.
    pub places: u64,
    /// The first of these.
    pub first: Vec<SharedPlace>,
}

impl PhoneRef {
    pub(super) const fn of(device: &Device) -> Self {
        Self { id: device.id, mac: device.mac }
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for GroupId {
    type Err = ParseGroupIdError;

    fn from_str(text: &str) -> Result<Self, ParseGroupIdError> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(ParseGroupIdError);
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(ParseGroupIdError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ParseGroupIdError)?;
        }
        let id = Self(ContentHash::from_bytes(bytes));
        // One spelling alone.
        if id.to_string() == text { Ok(id) } else { Err(ParseGroupIdError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_group_has_one_spelling() {
        let id = GroupId(ContentHash::of(b"x"));
        assert_eq!(id.to_string().parse(), Ok(id));
        for odd in ["", "x", &id.to_string().to_uppercase(), &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(odd.parse::<GroupId>(), Err(ParseGroupIdError), "{odd}");
        }
    }
}
