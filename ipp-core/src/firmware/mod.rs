//! Firmware entries and which of them a phone gets.

pub mod header;

use serde::{Deserialize, Serialize};

use crate::{
    digest::ContentHash,
    id::FirmwareId,
    phone_model::ModelId,
    region::Region,
    text::{FileName, Label},
    time::Timestamp,
};

/// A named firmware entry (FW-14, FW-15), with its image once one was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// Its id.
    pub id: FirmwareId,
    /// The file name that phones ask for, ending in `.img`; unique without regard to ASCII case.
    pub name: FileName,
    /// The model it is for; `None` where it is not known.
    pub model: Option<ModelId>,
    /// What people note about it.
    pub description: Label,
    /// The version, read from the image or from the name, and editable (AMB-78).
    pub version: Label,
    /// The image, if there is one.
    pub image: Option<FirmwareImage>,
}

/// An uploaded image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareImage {
    /// The hash of its bytes, under which the blob store keeps it.
    pub hash: ContentHash,
    /// Its length in bytes.
    pub length: u64,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// The firmware chosen above the model's default file: the device's own choice, else the region's
/// (FW-20, AMB-77). `None` means the default file of the model.
pub fn choice(device: Option<FirmwareId>, region: Option<&Region>, model: &ModelId) -> Option<FirmwareId> {
    device.or_else(|| region.and_then(|region| region.firmware.get(model)).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RegionId;

    #[test]
    fn amb_77_device_before_region_before_the_default_file() {
        let at = Timestamp::default();
        let (own, regional) = (FirmwareId::new(at, [1; 10]), FirmwareId::new(at, [2; 10]));
        let (here, other): (ModelId, ModelId) = ("430HD".parse().unwrap(), "405".parse().unwrap());
        let mut region = Region::new(RegionId::new(at, [3; 10]), "R".parse().unwrap());
        region.firmware.insert(here.clone(), regional);
        assert_eq!(choice(Some(own), Some(&region), &here), Some(own));
        assert_eq!(choice(None, Some(&region), &here), Some(regional));
        assert_eq!(choice(None, Some(&region), &other), None);
        assert_eq!(choice(None, None, &here), None);
    }
}
