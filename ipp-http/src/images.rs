//! Firmware images on their way to phones: one shared, bounded cache, and bodies that stream from it.

mod recent;

use std::{
    fmt,
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use ipp_core::{
    blob::{BlobError, Blobs, BoxFuture},
    digest::ContentHash,
};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use self::recent::Recent;

/// The bytes of a chunk; the last one of an image is shorter.
pub const CHUNK: u32 = 256 * 1024;

/// The usual capacity of an [`ImageCache`] in bytes.
pub const DEFAULT_CAPACITY: usize = 128 * 1024 * 1024;

/// Keeps the chunks that phones asked for last, and reads each from the blobs once however many
/// phones want it at the same time (FW-24). Clones share one cache.
///
/// Memory is bounded whatever the number of downloads, their speed and the images they ask for: at
/// most one and a half times the capacity is in memory, the cached chunks and those that fell out of
/// the cache while a slow phone still receives them. Beyond that a chunk that is not cached waits
/// until one of the latter is sent; a connection that makes no progress is closed by the listener.
#[derive(Clone)]
pub struct ImageCache {
    blobs: Arc<dyn Blobs>,
    recent: Arc<Mutex<Recent<Key, Arc<Slot>>>>,
    memory: Arc<Semaphore>,
}

type Key = (ContentHash, u64);
/// Filled by the first who asks; the others wait, and take over if that one goes away.
type Slot = OnceCell<Bytes>;

/// Why the rest of an image cannot be sent. The connection is closed, so that the phone sees a
/// broken download and never a short one that looks complete.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The blob was deleted.
    #[error("the image was deleted while it was sent")]
    Gone,
    /// The blob has fewer bytes than the range that was promised.
    #[error("the image is shorter than the firmware list says")]
    Short,
    /// The blob storage failed.
    #[error("the image cannot be read")]
    Storage(#[from] BlobError),
}

impl ImageCache {
    /// A cache of about `capacity` bytes, counted in whole chunks and never fewer than two.
    pub fn new(blobs: Arc<dyn Blobs>, capacity: usize) -> Self {
        let chunks = (capacity / CHUNK as usize).max(2);
        Self {
            blobs,
            recent: Arc::new(Mutex::new(Recent::with_capacity(chunks))),
            memory: Arc::new(Semaphore::new((chunks + chunks / 2).min(Semaphore::MAX_PERMITS))),
        }
    }

    /// A body with these bytes of a blob; its exact length is known, so that an answer carries
    /// `Content-Length`. It holds one chunk at a time: the next is fetched when the connection has
    /// sent the last, which loses no time because the socket buffer still holds some.
    ///
    /// The caller has checked that the blob has `range.end` bytes. If it does not, or disappears, the
    /// body ends with an error.
    pub fn stream(&self, hash: ContentHash, range: Range<u64>) -> ImageBody {
        ImageBody { cache: self.clone(), hash, range, loading: None }
    }

    /// The chunk with this index, from the cache or the blobs.
    async fn chunk(self, hash: ContentHash, index: u64) -> Result<Bytes, ImageError> {
        let slot = self.slot((hash, index));
        // A load that fails leaves the slot empty: the next who asks tries again.
        slot.get_or_try_init(|| self.load(hash, index)).await.cloned()
    }

    fn slot(&self, key: Key) -> Arc<Slot> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.entry(key, Arc::default).clone()
    }

    async fn load(&self, hash: ContentHash, index: u64) -> Result<Bytes, ImageError> {
        // The semaphore is never closed.
        let memory = self.memory.clone().acquire_owned().await.map_err(|_| ImageError::Gone)?;
        let offset = index.saturating_mul(u64::from(CHUNK));
        let bytes = self.blobs.read(hash, offset, CHUNK).await?.ok_or(ImageError::Gone)?;
        Ok(Bytes::from_owner(Chunk { bytes, _memory: memory }))
    }
}

impl fmt::Debug for ImageCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageCache").field("blobs", &self.blobs).finish_non_exhaustive()
    }
}

/// A part of an image as the body of an answer.
pub struct ImageBody {
    cache: ImageCache,
    hash: ContentHash,
    /// What is still to be sent.
    range: Range<u64>,
    loading: Option<BoxFuture<'static, Result<Bytes, ImageError>>>,
}

impl Body for ImageBody {
    type Data = Bytes;
    type Error = ImageError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ImageError>>> {
        if self.range.is_empty() {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let index = this.range.start / u64::from(CHUNK);
        let loading =
            this.loading.get_or_insert_with(|| Box::pin(this.cache.clone().chunk(this.hash, index)));
        let loaded = ready!(loading.as_mut().poll(cx));
        this.loading = None;
        let piece = loaded.and_then(|chunk| part(&chunk, index, &this.range).ok_or(ImageError::Short));
        // After an error nothing more is sent, whoever asks.
        this.range.start = match &piece {
            Ok(piece) => this.range.start + piece.len() as u64,
            Err(_) => this.range.end,
        };
        Poll::Ready(Some(piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.range.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.range.end.saturating_sub(self.range.start))
    }
}

impl fmt::Debug for ImageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageBody")
            .field("hash", &self.hash)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// The bytes of a chunk with its share of the memory, which is free again when the cache and every
/// connection have let go of them.
struct Chunk {
    bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a range wants of a chunk; `None` where the chunk does not reach that far.
fn part(chunk: &Bytes, index: u64, range: &Range<u64>) -> Option<Bytes> {
    let begin = index * u64::from(CHUNK);
    let from = usize::try_from(range.start - begin).ok()?;
    let to = usize::try_from((range.end - begin).min(u64::from(CHUNK))).ok()?;
    (to <= chunk.len()).then(|| chunk.slice(from..to))
}

#[cfg(test)]
mod tests;
