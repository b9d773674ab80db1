//! Blobs that nothing names: which go, when, and what an interruption leaves.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use common::{START, World, block_on};
use ipp_core::{
    app::blob_sweep::{BLOB_SWEEP, GRACE},
    blob::{BlobError, BlobStamp, BlobUpload, Blobs, BoxFuture, MemoryBlobs},
    digest::ContentHash,
    firmware::Firmware,
};

/// FW-18, FW-13: the image that was replaced and that of a deleted entry go, those that are named stay, and not
/// before nothing has named them for the whole time.
#[test]
fn what_nothing_names_any_more_goes_after_its_time() {
    let world = World::new();
    let (kept, replaced) = (firmware(&world, "kept.img", b"kept"), firmware(&world, "a.img", b"old"));
    let again = firmware(&world, "a.img", b"new");
    let deleted = firmware(&world, "b.img", b"deleted");
    assert_eq!(sweep(&world), 0, "a first look only marks");
    block_on(world.admin().delete_firmware(deleted.id)).unwrap();
    let hours = GRACE.as_secs() / BLOB_SWEEP.as_secs();
    let mut gone = Vec::new();
    for hour in 1..=hours + 1 {
        world.clock.advance(BLOB_SWEEP);
        let removed = sweep(&world);
        gone.extend((0..removed).map(|_| hour));
    }
    // The deleted one was named at the first look.
    assert_eq!(gone, [hours, hours + 1]);
    assert!(is_there(&world, &kept) && is_there(&world, &again));
    assert!(!is_there(&world, &replaced) && !is_there(&world, &deleted));
}

/// An image that is taken up again by a row, or uploaded again, begins anew.
#[test]
fn what_is_uploaded_or_named_again_stays() {
    let world = World::new();
    let entry = firmware(&world, "a.img", b"one");
    firmware(&world, "a.img", b"two");
    sweep(&world);
    world.clock.advance(GRACE);
    // The upload has finished, and its row is not written yet.
    let hash = block_on(upload(&*world.ports.blobs, b"one"));
    assert_eq!(sweep(&world), 0);
    world.clock.advance(GRACE.saturating_sub(BLOB_SWEEP));
    assert_eq!(sweep(&world), 0);
    firmware(&world, "c.img", b"one");
    world.clock.advance(GRACE);
    assert_eq!((sweep(&world), sweep(&world)), (0, 0));
    assert_eq!(entry.image.unwrap().hash, hash);
    assert!(is_there(&world, &entry));
}

/// What another node wrote counts, also where this one has not heard of it yet.
#[test]
fn what_another_node_names_stays() {
    let world = World::new();
    let other = world.open();
    block_on(upload(&*world.ports.blobs, b"shared"));
    assert_eq!(block_on(other.sweep_blobs()).unwrap(), 0);
    let entry = firmware(&world, "a.img", b"other");
    block_on(upload(&*world.ports.blobs, b"shared"));
    world.clock.advance(BLOB_SWEEP);
    block_on(other.sweep_blobs()).unwrap();
    world.clock.advance(GRACE);
    assert_eq!(block_on(other.sweep_blobs()).unwrap(), 1, "only the one without a row");
    assert!(is_there(&world, &entry));
}

/// A start forgets what was marked: nothing goes before its time has passed once more. A wall clock that is set
/// makes nothing old.
#[test]
fn a_start_and_a_clock_that_is_set_delay_only() {
    let world = World::new();
    let old = firmware(&world, "a.img", b"old");
    firmware(&world, "a.img", b"new");
    sweep(&world);
    world.clock.set(START.plus(GRACE * 100));
    assert_eq!(sweep(&world), 0);
    world.clock.advance(GRACE);
    let restarted = world.open();
    assert_eq!(block_on(restarted.sweep_blobs()).unwrap(), 0);
    world.clock.advance(GRACE);
    assert_eq!(block_on(restarted.sweep_blobs()).unwrap(), 1);
    assert!(!is_there(&world, &old));
}

/// Wherever a sweep is cut off, what is named is there, and the sweeps after it finish its work.
#[test]
fn a_sweep_that_is_cut_off_anywhere_is_finished_by_the_next() {
    for calls in 0..6 {
        let failing = Arc::new(Failing::default());
        let world = World::with_blobs(failing.clone());
        let kept = firmware(&world, "a.img", b"kept");
        for content in [b"1", b"2", b"3"] {
            block_on(upload(&*failing, content));
        }
        sweep(&world);
        world.clock.advance(GRACE);
        failing.calls_left.store(calls, Ordering::Relaxed);
        let cut_off = block_on(world.app.sweep_blobs());
        assert_eq!(cut_off.is_err(), calls < 4, "{calls}");
        failing.calls_left.store(u64::MAX, Ordering::Relaxed);
        assert!(is_there(&world, &kept));
        assert_eq!(block_on(failing.all()).unwrap().len() as u64, 4 - calls.saturating_sub(1).min(3));
        let left = sweep(&world);
        assert_eq!(left, 3 - calls.saturating_sub(1).min(3), "{calls}");
        assert_eq!(block_on(failing.all()).unwrap().len(), 1);
        assert!(is_there(&world, &kept));
    }
}

fn sweep(world: &World) -> u64 {
    block_on(world.app.sweep_blobs()).unwrap()
}

fn is_there(world: &World, entry: &Firmware) -> bool {
    block_on(world.ports.blobs.length(entry.image.unwrap().hash)).unwrap().is_some()
}

fn firmware(world: &World, name: &str, content: &[u8]) -> Firmware {
    let mut pieces = vec![Bytes::copy_from_slice(content)].into_iter();
    block_on(world.admin().put_firmware(name.parse().unwrap(), None, async || pieces.next())).unwrap()
}

async fn upload(blobs: &dyn Blobs, content: &[u8]) -> ContentHash {
    let mut upload = blobs.begin(u64::MAX).await.unwrap();
    upload.write(Bytes::copy_from_slice(content)).await.unwrap();
    upload.finish().await.unwrap().0
}

/// Blobs that fail after so many calls of a sweep.
#[derive(Debug)]
struct Failing {
    inner: MemoryBlobs,
    calls_left: AtomicU64,
}

impl Default for Failing {
    fn default() -> Self {
        Self { inner: MemoryBlobs::default(), calls_left: AtomicU64::new(u64::MAX) }
    }
}

impl Failing {
    fn may(&self) -> Result<(), BlobError> {
        let left = self.calls_left.load(Ordering::Relaxed);
        self.calls_left.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 0 { Err(BlobError::Storage("the disk is gone".to_owned())) } else { Ok(()) }
    }
}

impl Blobs for Failing {
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
        self.inner.read(hash, offset, length)
    }

    fn delete(&self, hash: ContentHash) -> BoxFuture<'_, Result<(), BlobError>> {
        self.inner.delete(hash)
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(ContentHash, BlobStamp)>, BlobError>> {
        Box::pin(async move {
            self.may()?;
            self.inner.all().await
        })
    }

    fn delete_unchanged(
        &self,
        hash: ContentHash,
        stamp: BlobStamp,
    ) -> BoxFuture<'_, Result<bool, BlobError>> {
        Box::pin(async move {
            self.may()?;
            self.inner.delete_unchanged(hash, stamp).await
        })
    }
}
