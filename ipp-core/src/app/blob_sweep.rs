//! Collects blobs that nothing names any more: images that were replaced, of entries that were deleted, and of
//! uploads whose entry was never written.
//!
//! A blob is removed once this node has found it, sweep after sweep and for longer than [`GRACE`], with no row
//! that names it and not uploaded again. What was marked is kept in memory only: after a start nothing is
//! removed before that time has passed once more, and no wall clock that was set makes a blob look old.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
    time::Duration,
};

use super::{App, AppError};
use crate::{blob::BlobStamp, digest::ContentHash, store::Store};

/// How often a node calls [`App::sweep_blobs`].
pub const BLOB_SWEEP: Duration = Duration::from_hours(1);

/// For how long nothing must name a blob: far longer than an upload takes to be named, and than a phone takes
/// to fetch an image.
pub const GRACE: Duration = Duration::from_hours(6);

/// Blobs that nothing named at the last sweep: since when, by the clock that is never set, and which upload.
pub(super) type Unnamed = BTreeMap<ContentHash, (Duration, BlobStamp)>;

impl<S: Store> App<S> {
    /// Removes blobs that no firmware entry has named for [`GRACE`]; answers how many. To be called every
    /// [`BLOB_SWEEP`]; calling it more often does no harm.
    ///
    /// Nothing is removed where the blobs or the catalogue cannot be read. What an earlier call that failed or
    /// was interrupted left is removed by the next.
    pub async fn sweep_blobs(&self) -> Result<u64, AppError> {
        let blobs = &*self.ports.blobs;
        let found = blobs.all().await?;
        // In this order: what was there and is named by now is seen as named, whichever node did it.
        self.refresh_catalog().await?;
        let due = self.to_go(&found);
        let mut removed = 0;
        for (hash, stamp) in due {
            // Whoever uploads the same content meanwhile gives it another stamp, and it stays.
            removed += u64::from(blobs.delete_unchanged(hash, stamp).await?);
        }
        Ok(removed)
    }

    /// Notes which of these nothing names, and answers those that are to go.
    fn to_go(&self, found: &[(ContentHash, BlobStamp)]) -> Vec<(ContentHash, BlobStamp)> {
        let snapshot = self.snapshot();
        let images = snapshot.catalog.firmware.values().filter_map(|entry| entry.value.image);
        let named: BTreeSet<ContentHash> = images.map(|image| image.hash).collect();
        let now = self.now().mono;
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        let former = std::mem::take(&mut *unnamed);
        for (hash, stamp) in found.iter().filter(|(hash, _)| !named.contains(hash)) {
            let marked = former.get(hash).filter(|(_, marked)| marked == stamp);
            unnamed.insert(*hash, (marked.map_or(now, |(since, _)| *since), *stamp));
        }
        let due = unnamed.iter().filter(|(_, (since, _))| now.saturating_sub(*since) >= GRACE);
        due.map(|(hash, (_, stamp))| (*hash, *stamp)).collect()
    }
}
