//! Firmware entries.

use bytes::Bytes;

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    firmware::{
        Firmware, FirmwareImage,
        header::{FirmwareHeader, version_from_file_name},
    },
    id::FirmwareId,
    phone_model::ModelId,
    render::urls,
    store::{Batch, CatalogChange, Store},
    text::{FileName, Label},
};

/// The largest firmware image, in bytes.
pub const MAX_IMAGE: u64 = 256 * 1024 * 1024;

impl<S: Store> Admin<'_, S> {
    /// Adds a firmware image under a file name, or replaces the image of that name (FW-03). Phones
    /// see either the former image or the whole new one. The version is read from the image, else
    /// from the name (AMB-78).
    pub async fn put_firmware(
        &self,
        name: FileName,
        model: Option<ModelId>,
        mut next: impl AsyncFnMut() -> Option<Bytes>,
    ) -> Result<Firmware, AppError> {
        self.need(Capability::EditFirmware)?;
        if !name.as_str().to_ascii_lowercase().ends_with(".img") {
            return Err(AppError::invalid(format!(
                "`{name}` is not a firmware file name; it must end in .img"
            )));
        }
        let snapshot = self.app.snapshot();
        urls::check(&snapshot.catalog, snapshot.catalog.settings(), None, Some(&name))
            .map_err(|error| AppError::invalid(error.to_string()))?;
        let mut upload = self.app.ports().blobs.begin(MAX_IMAGE).await?;
        let mut head = Vec::new();
        while let Some(chunk) = next().await {
            let missing = 4_096_usize.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(&chunk[..missing]);
            upload.write(chunk).await?;
        }
        let header =
            FirmwareHeader::parse(&head).map_err(|error| AppError::invalid(format!("`{name}`: {error}")))?;
        let (hash, length) = upload.finish().await?;
        let version = header.map(|header| header.version).or_else(|| version_from_file_name(name.as_str()));
        let former = snapshot.catalog.firmware_called(name.as_str());
        let firmware = Firmware {
            id: former
                .map_or_else(|| FirmwareId::new(self.app.now().wall, self.app.random()), |former| former.id),
            model: model.or_else(|| former.and_then(|former| former.model.clone())),
            description: former.map_or(Label::EMPTY, |former| former.description.clone()),
            version: version.and_then(|text| text.parse().ok()).unwrap_or_default(),
            image: Some(FirmwareImage { hash, length, uploaded_at: self.app.now().wall }),
            name,
        };
        let entry = self
            .audit("firmware.upload", format!("firmware {}", firmware.name))
            .changing(former.and_then(described), described(&firmware));
        let batch = Batch::of(CatalogChange::PutFirmware(Box::new(firmware.clone()))).noting(entry);
        self.app.commit(batch).await?;
        Ok(firmware)
    }
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
