//! Uploads of images.

use bytes::Bytes;

use super::{check_name, described, subject};
use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    blob::{BlobError, BlobUpload},
    firmware::{
        Firmware, FirmwareImage,
        header::{FirmwareHeader, version_from_file_name},
    },
    id::FirmwareId,
    phone_model::ModelId,
    store::{Batch, CatalogChange, Expected, Row, Store},
    text::{FileName, Label},
    time::Timestamp,
};

/// The largest firmware image, in bytes.
pub const MAX_IMAGE: u64 = 256 * 1024 * 1024;

/// How an image is uploaded.
#[derive(Debug, Clone)]
pub struct ImageUpload {
    /// The name that the file had, from which the version may be read.
    pub file_name: Option<FileName>,
    /// Whether somebody has said that all phones concerned shall get it.
    pub confirmed: bool,
    /// The largest image, in bytes.
    pub limit: u64,
}

impl Default for ImageUpload {
    fn default() -> Self {
        Self { file_name: None, confirmed: false, limit: MAX_IMAGE }
    }
}

/// The pieces of an upload as they arrive.
pub trait Pieces: Send {
    /// The next one; `None` at the end. After an error nothing of the upload is kept.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, AppError>> + Send;
}

/// An image on its way in.
struct Receiving {
    upload: Box<dyn BlobUpload>,
    /// Its first bytes.
    head: Vec<u8>,
}

/// An image that has arrived.
struct Received {
    image: FirmwareImage,
    version: Option<Label>,
}

impl<S: Store> Admin<'_, S> {
    /// Uploads the image of an entry, or replaces it (FW-18). Phones see either the former image or
    /// the whole new one. The version is read from the image, else from the name (AMB-78).
    pub async fn upload_firmware(
        &self,
        id: FirmwareId,
        upload: &ImageUpload,
        pieces: &mut impl Pieces,
    ) -> Result<Firmware, AppError> {
        self.need(Capability::EditFirmware)?;
        let former = self.firmware_entry(id)?;
        if let Some(name) = &upload.file_name {
            check_name(name)?;
        }
        self.check_confirmed(&former.value, upload.confirmed).await?;
        let name = upload.file_name.as_ref().unwrap_or(&former.value.name);
        let mut receiving = self.receive(upload.limit).await?;
        while let Some(piece) = pieces.next().await? {
            receiving.write(piece).await?;
        }
        let Received { image, version } = receiving.finish(name, self.app.now().wall).await?;
        // What was typed in for another image says nothing about this one.
        let typed = || former.value.image.is_none().then(|| former.value.version.clone());
        let firmware = Firmware {
            version: version.or_else(typed).unwrap_or_default(),
            image: Some(image),
            ..Firmware::clone(&former.value)
        };
        let entry = self.audit("firmware.upload", subject(&firmware));
        let batch = Batch::of(CatalogChange::PutFirmware(Box::new(firmware.clone())))
            .expecting(Row::Firmware(id), Expected::Revision(former.revision))
            .noting(entry.changing(described(&former.value), described(&firmware)));
        self.app.commit(batch).await?;
        Ok(firmware)
    }

    /// Adds an image under a file name, or replaces the image of that name (FW-03), for programs that
    /// know what they do: nothing has to be confirmed.
    pub async fn put_firmware(
        &self,
        name: FileName,
        model: Option<ModelId>,
        mut next: impl AsyncFnMut() -> Option<Bytes>,
    ) -> Result<Firmware, AppError> {
        self.need(Capability::EditFirmware)?;
        let snapshot = self.app.snapshot();
        let former = snapshot.catalog.firmware_called(name.as_str());
        let entry = Firmware {
            id: former
                .map_or_else(|| FirmwareId::new(self.app.now().wall, self.app.random()), |former| former.id),
            model: model.or_else(|| former.and_then(|former| former.model.clone())),
            description: former.map_or(Label::EMPTY, |former| former.description.clone()),
            version: Label::EMPTY,
            image: None,
            name,
        };
        self.check_firmware(&entry)?;
        let mut receiving = self.receive(MAX_IMAGE).await?;
        while let Some(piece) = next().await {
            receiving.write(piece).await?;
        }
        let Received { image, version } = receiving.finish(&entry.name, self.app.now().wall).await?;
        let firmware = Firmware { version: version.unwrap_or_default(), image: Some(image), ..entry };
        let entry = self
            .audit("firmware.upload", subject(&firmware))
            .changing(former.and_then(described), described(&firmware));
        let batch = Batch::of(CatalogChange::PutFirmware(Box::new(firmware.clone()))).noting(entry);
        self.app.commit(batch).await?;
        Ok(firmware)
    }

    async fn receive(&self, limit: u64) -> Result<Receiving, AppError> {
        Ok(Receiving { upload: self.app.ports().blobs.begin(limit).await?, head: Vec::new() })
    }
}

impl Receiving {
    async fn write(&mut self, piece: Bytes) -> Result<(), AppError> {
        let missing = 4_096_usize.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..missing]);
        self.upload.write(piece).await.map_err(|error| match error {
            BlobError::TooLarge { .. } => AppError::invalid(error.to_string()),
            BlobError::Storage(_) => error.into(),
        })
    }

    async fn finish(self, name: &FileName, at: Timestamp) -> Result<Received, AppError> {
        let Self { upload, head } = self;
        if head.is_empty() {
            return Err(AppError::invalid(format!("`{name}` is empty")));
        }
        let header =
            FirmwareHeader::parse(&head).map_err(|error| AppError::invalid(format!("`{name}`: {error}")))?;
        let (hash, length) = upload.finish().await?;
        let version = header.map(|header| header.version).or_else(|| version_from_file_name(name.as_str()));
        Ok(Received {
            image: FirmwareImage { hash, length, uploaded_at: at },
            version: version.and_then(|text| text.parse().ok()),
        })
    }
}
