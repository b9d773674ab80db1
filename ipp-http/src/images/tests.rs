use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use http_body_util::BodyExt as _;
use ipp_core::blob::{BlobStamp, BlobUpload, MemoryBlobs};

use super::*;

/// Blobs that count their reads and let other tasks run during each.
#[derive(Debug, Clone, Default)]
struct Counting {
    inner: MemoryBlobs,
    reads: Arc<AtomicUsize>,
}

impl Blobs for Counting {
    fn begin(&self, limit: u64) -> BoxFuture<'_, Result<Box<dyn BlobUpload>, BlobError>> {
        self.inner.begin(limit)
    }

    fn length(&self, hash: ContentHash) -> BoxFuture<'_, Result<Option<u64>, BlobError>> {
        self.inner.length(hash)
    }

    fn read(
        &self,
        hash: ContentHash,
        offset: u64,
        length: u32,
    ) -> BoxFuture<'_, Result<Option<Bytes>, BlobError>> {
        Box::pin(async move {
            self.reads.fetch_add(1, Relaxed);
            tokio::task::yield_now().await;
            self.inner.read(hash, offset, length).await
        })
    }

    fn delete(&self, hash: ContentHash) -> BoxFuture<'_, Result<(), BlobError>> {
        self.inner.delete(hash)
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(ContentHash, BlobStamp)>, BlobError>> {
        self.inner.all()
    }

    fn delete_unchanged(
        &self,
        hash: ContentHash,
        stamp: BlobStamp,
    ) -> BoxFuture<'_, Result<bool, BlobError>> {
        self.inner.delete_unchanged(hash, stamp)
    }
}

const WHOLE: u64 = CHUNK as u64;

impl Counting {
    async fn put(&self, content: &[u8]) -> ContentHash {
        let mut upload = self.begin(u64::MAX).await.unwrap();
        upload.write(Bytes::copy_from_slice(content)).await.unwrap();
        upload.finish().await.unwrap().0
    }

    /// An image of three chunks and a half, other bytes for each seed.
    async fn image(&self, seed: u8) -> (ContentHash, Vec<u8>) {
        let content: Vec<u8> =
            (0..CHUNK * 7 / 2).map(|at| seed ^ at.to_le_bytes()[0] ^ at.to_le_bytes()[2]).collect();
        (self.put(&content).await, content)
    }

    fn cache(&self, chunks: usize) -> ImageCache {
        ImageCache::new(Arc::new(self.clone()), chunks * CHUNK as usize)
    }

    fn reads(&self) -> usize {
        self.reads.load(Relaxed)
    }
}

async fn collect(body: ImageBody) -> Result<Bytes, ImageError> {
    body.collect().await.map(http_body_util::Collected::to_bytes)
}

/// FW-24: any range of an image, with its exact length announced.
#[tokio::test]
async fn ranges_are_exact_across_chunks() {
    let blobs = Counting::default();
    let (hash, content) = blobs.image(1).await;
    let (cache, end) = (blobs.cache(8), content.len() as u64);
    for range in
        [0..end, 0..1, end - 1..end, WHOLE - 1..WHOLE + 1, WHOLE..2 * WHOLE, 5..5, end..end, 3 * WHOLE..end]
    {
        let body = cache.stream(hash, range.clone());
        assert_eq!(body.size_hint().exact(), Some(range.end - range.start));
        assert_eq!(body.is_end_stream(), range.is_empty());
        let [from, to] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
        assert!(collect(body).await.unwrap() == content[from..to], "{range:?}");
    }
    assert_eq!(blobs.reads(), 4);
}

/// FW-24: 200 phones at once cause one read for each chunk.
#[tokio::test]
async fn many_downloads_at_once_read_each_chunk_once() {
    let blobs = Counting::default();
    let (hash, content) = blobs.image(1).await;
    let (cache, end) = (blobs.cache(8), content.len() as u64);
    let downloads: Vec<_> = (0..200).map(|_| tokio::spawn(collect(cache.stream(hash, 0..end)))).collect();
    for download in downloads {
        assert!(download.await.unwrap().unwrap() == content);
    }
    assert_eq!(blobs.reads(), 4);
}

/// A phone that goes away while it loads a chunk for others leaves the work to one of them.
#[tokio::test]
async fn an_abandoned_load_is_taken_over() {
    let blobs = Counting::default();
    let (hash, content) = blobs.image(1).await;
    let cache = blobs.cache(8);
    let mut first = cache.stream(hash, 0..WHOLE);
    assert!(poll_once(&mut first).await.is_none());
    let second = tokio::spawn(collect(cache.stream(hash, 0..WHOLE)));
    tokio::task::yield_now().await;
    drop(first);
    assert!(second.await.unwrap().unwrap() == content[..CHUNK as usize]);
    assert_eq!(blobs.reads(), 2);
}

/// FW-24: slow phones that hold chunks of many images cannot fill the memory.
#[tokio::test]
async fn memory_is_bounded_by_waiting() {
    let blobs = Counting::default();
    let cache = blobs.cache(2);
    let mut held = Vec::new();
    for seed in 1..=3 {
        let (hash, _) = blobs.image(seed).await;
        let mut body = cache.stream(hash, 0..WHOLE);
        held.push(body.frame().await.unwrap().unwrap());
    }
    // Two cached chunks and a third that a phone still receives: that is the bound.
    let (hash, content) = blobs.image(4).await;
    let waiting = tokio::spawn(collect(cache.stream(hash, 0..WHOLE)));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    // What is cached is served all the same.
    let (cached, _) = blobs.image(3).await;
    assert!(collect(cache.stream(cached, 0..WHOLE)).await.is_ok());

    held.remove(0);
    assert!(waiting.await.unwrap().unwrap() == content[..CHUNK as usize]);
}

#[tokio::test]
async fn an_image_deleted_or_cut_midway_is_an_error_and_not_a_short_answer() {
    let blobs = Counting::default();
    let (hash, content) = blobs.image(1).await;
    let cache = blobs.cache(8);
    let mut body = cache.stream(hash, 0..content.len() as u64);
    assert!(body.frame().await.unwrap().is_ok());
    blobs.delete(hash).await.unwrap();
    assert!(matches!(body.frame().await, Some(Err(ImageError::Gone))));
    assert!(body.frame().await.is_none());

    let short = blobs.put(b"short").await;
    assert!(matches!(collect(cache.stream(short, 0..6)).await, Err(ImageError::Short)));
    assert!(matches!(collect(cache.stream(short, WHOLE..WHOLE + 1)).await, Err(ImageError::Short)));
    assert_eq!(collect(cache.stream(short, 1..5)).await.unwrap(), "hort");

    // A failure is not remembered.
    let (again, content) = blobs.image(1).await;
    assert!(collect(cache.stream(again, 0..content.len() as u64)).await.unwrap() == content);
}

/// Polls the body once.
async fn poll_once(body: &mut ImageBody) -> Option<Result<Frame<Bytes>, ImageError>> {
    tokio::select! {
        biased;
        frame = body.frame() => frame,
        () = std::future::ready(()) => None,
    }
}
