//! Configuration files: what is kept, rendered or written by people (manual section 8.8).

mod list;
mod shared;
mod stand_in;

pub use self::list::{FilePlace, FileQuery, ListedFile, Origin};
pub use self::shared::SharedText;
use super::Admin;
use crate::{
    access::Capability,
    app::AppError,
    cfg::FileUsage,
    store::{PinCountKey, Store},
};

/// How much all files that people wrote may take together, in bytes (A25).
pub const QUOTA: u64 = 512 * 1024 * 1024;

/// What is kept, and how much it takes (CFG-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// Devices with a published file. It is rendered when it is asked for and takes no place of its own.
    pub rendered: u64,
    /// Files that stand in for those of devices.
    pub stand_ins: FileUsage,
    /// Files that were uploaded for phones to share.
    pub shared: FileUsage,
    /// Firmware images.
    pub firmware: FileUsage,
    /// How much the second and third may take together, in bytes.
    pub quota: u64,
}

impl<S: Store> Admin<'_, S> {
    /// How much is kept, and how much it takes (CFG-03).
    pub async fn storage(&self) -> Result<Storage, AppError> {
        self.need(Capability::EditSharedFiles)?;
        let snapshot = self.app.snapshot();
        let sum = |lengths: &mut dyn Iterator<Item = u64>| {
            lengths.fold(FileUsage::default(), |usage, length| FileUsage {
                files: usage.files + 1,
                bytes: usage.bytes + length,
            })
        };
        let pins: Vec<(PinCountKey, u64)> = self.app.store().pin_counts().await?;
        let mut images = snapshot.catalog.firmware.values().filter_map(|row| Some(row.value.image?.length));
        let mut shared = snapshot.catalog.files.values().map(|row| u64::from(row.value.info.length));
        Ok(Storage {
            rendered: pins.iter().map(|(_, devices)| devices).sum(),
            stand_ins: self.app.store().stand_ins().await?,
            shared: sum(&mut shared),
            firmware: sum(&mut images),
            quota: QUOTA,
        })
    }

    /// Refuses what would not fit any more.
    async fn check_room(&self, length: usize) -> Result<(), AppError> {
        let shared = self
            .app
            .snapshot()
            .catalog
            .files
            .values()
            .map(|row| u64::from(row.value.info.length))
            .sum::<u64>();
        let taken = shared + self.app.store().stand_ins().await?.bytes;
        if taken + length as u64 <= QUOTA {
            return Ok(());
        }
        Err(AppError::conflict(format!(
            "{taken} of {QUOTA} bytes for uploaded configuration files are taken; delete some first"
        )))
    }
}
