//! The port that keeps large, immutable content, such as firmware images, under the hash of its bytes.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};

use crate::digest::ContentHash;

/// A future of a port that is used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What can go wrong with a blob.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The upload is larger than allowed. Nothing of it is kept.
    #[error("the upload is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The storage failed: disk full, folder not writable.
    #[error("the blob storage failed: {0}")]
    Storage(String),
}

/// Keeps blobs. A blob is visible only whole: an upload that is not finished leaves nothing.
pub trait Blobs: fmt::Debug + Send + Sync {
    /// Begins an upload of at most `limit` bytes.
    fn begin(&self, limit: u64) -> BoxFuture<'_, Result<Box<dyn BlobUpload>, BlobError>>;

    /// The length of a blob; `None` where it is not there.
    fn length(&self, hash: ContentHash) -> BoxFuture<'_, Result<Option<u64>, BlobError>>;

    /// Up to `length` bytes from `offset`; shorter only at the end, `None` where the blob is gone.
    fn read(
        &self,
        hash: ContentHash,
        offset: u64,
        length: u32,
    ) -> BoxFuture<'_, Result<Option<Bytes>, BlobError>>;

    /// Deletes a blob; deleting one that is not there is no error.
    fn delete(&self, hash: ContentHash) -> BoxFuture<'_, Result<(), BlobError>>;

    /// All blobs that are there whole, in no order.
    fn all(&self) -> BoxFuture<'_, Result<Vec<(ContentHash, BlobStamp)>, BlobError>>;

    /// Deletes a blob where it still has this stamp, and answers whether it did. An upload of the same
    /// content that finishes at the same moment stays, in whatever process.
    fn delete_unchanged(&self, hash: ContentHash, stamp: BlobStamp)
    -> BoxFuture<'_, Result<bool, BlobError>>;
}

/// Tells a blob from the same content uploaded again; each implementation makes its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobStamp(pub [u64; 4]);

/// An upload under way. Dropping it leaves nothing behind.
pub trait BlobUpload: Send {
    /// Adds the next bytes.
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Makes the blob durable and visible; answers its hash and length.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<(ContentHash, u64), BlobError>>;
}

/// Blobs in memory, for tests.
#[derive(Clone, Default)]
pub struct MemoryBlobs(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    blobs: BTreeMap<ContentHash, (BlobStamp, Bytes)>,
    uploads: u64,
}

impl fmt::Debug for MemoryBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryBlobs")
    }
}

impl MemoryBlobs {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, hash: ContentHash) -> Option<Bytes> {
        self.kept().blobs.get(&hash).map(|(_, bytes)| bytes.clone())
    }
}

impl Blobs for MemoryBlobs {
    fn begin(&self, limit: u64) -> BoxFuture<'_, Result<Box<dyn BlobUpload>, BlobError>> {
        let upload = MemoryUpload { into: self.clone(), limit, bytes: BytesMut::new() };
        Box::pin(async move { Ok(Box::new(upload) as Box<dyn BlobUpload>) })
    }

    fn length(&self, hash: ContentHash) -> BoxFuture<'_, Result<Option<u64>, BlobError>> {
        Box::pin(async move { Ok(self.find(hash).map(|bytes| bytes.len() as u64)) })
    }

    fn read(
        &self,
        hash: ContentHash,
        offset: u64,
        length: u32,
    ) -> BoxFuture<'_, Result<Option<Bytes>, BlobError>> {
        Box::pin(async move {
            Ok(self.find(hash).map(|bytes| {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let to = from.saturating_add(length as usize).min(bytes.len());
                bytes.slice(from..to)
            }))
        })
    }

    fn delete(&self, hash: ContentHash) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            self.kept().blobs.remove(&hash);
            Ok(())
        })
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(ContentHash, BlobStamp)>, BlobError>> {
        Box::pin(
            async move { Ok(self.kept().blobs.iter().map(|(hash, (stamp, _))| (*hash, *stamp)).collect()) },
        )
    }

    fn delete_unchanged(
        &self,
        hash: ContentHash,
        stamp: BlobStamp,
    ) -> BoxFuture<'_, Result<bool, BlobError>> {
        Box::pin(async move {
            let mut kept = self.kept();
            let unchanged = kept.blobs.get(&hash).is_some_and(|(found, _)| *found == stamp);
            if unchanged {
                kept.blobs.remove(&hash);
            }
            Ok(unchanged)
        })
    }
}

struct MemoryUpload {
    into: MemoryBlobs,
    limit: u64,
    bytes: BytesMut,
}

impl BlobUpload for MemoryUpload {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            if (self.bytes.len() + chunk.len()) as u64 > self.limit {
                return Err(BlobError::TooLarge { limit: self.limit });
            }
            self.bytes.extend_from_slice(&chunk);
            Ok(())
        })
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<(ContentHash, u64), BlobError>> {
        Box::pin(async move {
            let bytes = self.bytes.freeze();
            let (hash, length) = (ContentHash::of(&bytes), bytes.len() as u64);
            let mut kept = self.into.kept();
            kept.uploads += 1;
            let stamp = BlobStamp([kept.uploads, 0, 0, 0]);
            kept.blobs.insert(hash, (stamp, bytes));
            Ok((hash, length))
        })
    }
}
