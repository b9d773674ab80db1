//! Firmware entries and their images.

mod upload;

use std::sync::Arc;

pub use self::upload::{ImageUpload, MAX_IMAGE, Pieces};
use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{Catalog, Stored},
    firmware::Firmware,
    id::{FirmwareId, RegionId},
    phone_model::{ModelId, PhoneModel},
    render::urls,
    store::{Batch, CatalogChange, CountKey, DeviceFilter, Expected, Page, Row, Store},
    text::{FileName, Label},
};

/// An entry that is to be made (FW-14, FW-15).
#[derive(Debug, Clone)]
pub struct NewFirmware {
    /// The file name that phones ask for, ending in `.img`.
    pub name: FileName,
    /// The model it is for, where it is known.
    pub model: Option<ModelId>,
    /// What people note about it.
    pub description: Label,
    /// The version; may be empty (FW-16).
    pub version: Label,
}

/// A model and the image that its phones take by themselves (FW-08, AMB-80).
#[derive(Debug, Clone)]
pub struct ModelFirmware {
    /// The model.
    pub model: Arc<PhoneModel>,
    /// The entry with the default name of the model, if there is one.
    pub entry: Option<Stored<Arc<Firmware>>>,
}

impl<S: Store> Admin<'_, S> {
    /// All entries, by name (FW-05).
    pub fn firmware_entries(&self) -> Result<Vec<Stored<Arc<Firmware>>>, AppError> {
        self.need(Capability::ViewShared)?;
        let mut entries: Vec<_> = self.app.snapshot().catalog.firmware.values().cloned().collect();
        entries.sort_by_cached_key(|entry| entry.value.name.as_str().to_ascii_lowercase());
        Ok(entries)
    }

    /// One entry.
    pub fn firmware_entry(&self, id: FirmwareId) -> Result<Stored<Arc<Firmware>>, AppError> {
        self.need(Capability::ViewShared)?;
        let found = self.app.snapshot().catalog.firmware.get(&id).cloned();
        found.ok_or_else(|| AppError::not_found("such firmware"))
    }

    /// Each model with the entry that its phones take by themselves (FW-06).
    pub fn default_firmware(&self) -> Result<Vec<ModelFirmware>, AppError> {
        self.need(Capability::ViewShared)?;
        let snapshot = self.app.snapshot();
        let catalog = &snapshot.catalog;
        let of = |row: &Stored<Arc<PhoneModel>>| {
            let entry =
                default_entry(catalog, &row.value.id).and_then(|entry| catalog.firmware.get(&entry.id));
            ModelFirmware { model: Arc::clone(&row.value), entry: entry.cloned() }
        };
        Ok(catalog.models.values().map(of).collect())
    }

    /// How many phones get the image of an entry without having been chosen one by one: because of
    /// its name, or because their region prefers it (C40). Phones with a choice of their own may be
    /// among them.
    pub async fn phones_of_firmware(&self, entry: &Firmware) -> Result<u64, AppError> {
        self.need(Capability::ViewShared)?;
        let counts = self.app.store().device_counts().await?;
        let snapshot = self.app.snapshot();
        let gets = |key: &CountKey| {
            key.model.as_ref().is_some_and(|model| takes(&snapshot.catalog, key.region, model, entry))
        };
        Ok(counts.iter().filter(|(key, _)| gets(key)).map(|(_, count)| count).sum())
    }

    /// Makes an entry without an image.
    pub async fn create_firmware(&self, new: NewFirmware) -> Result<Firmware, AppError> {
        self.need(Capability::EditFirmware)?;
        let NewFirmware { name, model, description, version } = new;
        let id = FirmwareId::new(self.app.now().wall, self.app.random());
        let firmware = Firmware { id, name, model, description, version, image: None };
        self.check_firmware(&firmware)?;
        let batch = Batch::of(CatalogChange::PutFirmware(Box::new(firmware.clone())))
            .expecting(Row::Firmware(id), Expected::Absent)
            .noting(self.audit("firmware.create", subject(&firmware)).changing(None, described(&firmware)));
        self.app.commit(batch).await?;
        Ok(firmware)
    }

    /// Saves an entry that was edited (FW-12); its image stays. Where phones would get the image by
    /// its new name, that has to be confirmed.
    pub async fn update_firmware(&self, edited: Stored<Firmware>, confirmed: bool) -> Result<(), AppError> {
        self.need(Capability::EditFirmware)?;
        let Stored { revision, value: mut firmware } = edited;
        let former = self.firmware_entry(firmware.id)?.value;
        firmware.image = former.image;
        self.check_firmware(&firmware)?;
        if firmware.name != former.name {
            self.check_not_chosen(&former).await?;
            if firmware.image.is_some() {
                self.check_confirmed(&firmware, confirmed).await?;
            }
        }
        let entry = self.audit("firmware.update", subject(&firmware));
        let batch = Batch::of(CatalogChange::PutFirmware(Box::new(firmware.clone())))
            .expecting(Row::Firmware(firmware.id), Expected::Revision(revision))
            .noting(entry.changing(described(&former), described(&firmware)));
        self.app.commit(batch).await?;
        Ok(())
    }

    /// Deletes an entry that no region and no device has chosen (FW-13).
    pub async fn delete_firmware(&self, id: FirmwareId) -> Result<(), AppError> {
        self.need(Capability::EditFirmware)?;
        let firmware = self.firmware_entry(id)?.value;
        let entry = self.audit("firmware.delete", subject(&firmware)).changing(described(&firmware), None);
        self.app.commit(Batch::of(CatalogChange::DeleteFirmware(id)).noting(entry)).await?;
        Ok(())
    }

    fn check_firmware(&self, firmware: &Firmware) -> Result<(), AppError> {
        check_name(&firmware.name)?;
        let snapshot = self.app.snapshot();
        if let Some(model) = &firmware.model
            && snapshot.catalog.model(model).is_none()
        {
            return Err(AppError::invalid(format!("there is no phone model {model}")));
        }
        urls::check(&snapshot.catalog, snapshot.catalog.settings(), None, Some(&firmware.name))
            .map_err(|error| AppError::invalid(error.to_string()))
    }

    /// Files of phones name the image that was chosen for them; under another name they would not
    /// find it.
    async fn check_not_chosen(&self, firmware: &Firmware) -> Result<(), AppError> {
        let chosen = |by: String| {
            let name = &firmware.name;
            AppError::conflict(format!("`{name}` is chosen by {by} and keeps its name; choose another there"))
        };
        let snapshot = self.app.snapshot();
        let mut regions = snapshot.catalog.regions();
        if let Some(region) = regions.find(|region| region.firmware.values().any(|id| *id == firmware.id)) {
            return Err(chosen(format!("region {}", region.name)));
        }
        let filter = DeviceFilter::all().of_firmware(firmware.id);
        let found = self.app.store().devices(&filter, Page::first(1)).await?;
        found.first().map_or(Ok(()), |found| Err(chosen(format!("device {}", found.device.value.mac))))
    }

    /// An image that many phones would take is rolled out only where somebody says so (C40).
    async fn check_confirmed(&self, firmware: &Firmware, confirmed: bool) -> Result<(), AppError> {
        let phones = if confirmed { 0 } else { self.phones_of_firmware(firmware).await? };
        if phones == 0 {
            return Ok(());
        }
        Err(AppError::conflict(format!("up to {phones} phones would get `{}`; confirm it", firmware.name)))
    }
}

/// The entry whose image phones of a model take by themselves: that of the very model before that of
/// its hardware (AMB-105).
fn default_entry<'a>(catalog: &'a Catalog, model: &ModelId) -> Option<&'a Firmware> {
    let called = |name: String| catalog.firmware_called(&name).filter(|entry| entry.image.is_some());
    let own = called(format!("{model}.img")).or_else(|| called(model.default_firmware()));
    own.or_else(|| catalog.firmware_called(&model.default_firmware()))
}

/// Whether phones of a region and model would get the image of an entry, if it has one.
fn takes(catalog: &Catalog, region: Option<RegionId>, model: &ModelId, entry: &Firmware) -> bool {
    if let Some(chosen) = region.and_then(|id| catalog.region(id)?.firmware.get(model)) {
        return *chosen == entry.id;
    }
    let named = |name: &str| entry.name.as_str().eq_ignore_ascii_case(name);
    if named(&format!("{model}.img")) {
        return true;
    }
    let own = catalog.firmware_called(&format!("{model}.img"));
    named(&model.default_firmware()) && own.is_none_or(|own| own.image.is_none() || own.id == entry.id)
}

fn check_name(name: &FileName) -> Result<(), AppError> {
    if name.as_str().to_ascii_lowercase().ends_with(".img") {
        return Ok(());
    }
    Err(AppError::invalid(format!("`{name}` is not a firmware file name; it must end in .img")))
}

fn subject(firmware: &Firmware) -> String {
    format!("firmware {}", firmware.name)
}

/// An entry as the audit log shows it.
fn described(firmware: &Firmware) -> Option<String> {
    shown(&serde_json::json!({
        "name": firmware.name,
        "model": firmware.model,
        "description": firmware.description.as_str(),
        "version": firmware.version.as_str(),
        "sha256": firmware.image.map(|image| image.hash.to_string()),
        "length": firmware.image.map(|image| image.length),
    }))
}
