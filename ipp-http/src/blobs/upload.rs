//! Writing blobs: streamed into a file of their own, then renamed into place.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind::AlreadyExists, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use ipp_core::{
    blob::{BlobError, BlobUpload, BoxFuture},
    digest::ContentHash,
    entropy::random,
};
use sha2::{Digest as _, Sha256};

use super::{INCOMING, blocking, files::Files, place, storage};
use crate::entropy::OsEntropy;

/// Small pieces are gathered, because each trip to a blocking thread costs some microseconds.
const GATHER: usize = 256 * 1024;

/// An upload under way. Its memory is bounded by [`GATHER`] and one piece of the caller's.
pub(super) struct Upload {
    root: Arc<Path>,
    files: Arc<Files>,
    limit: u64,
    length: u64,
    gathered: BytesMut,
    /// `None` once a write failed or was abandoned half-way: then nothing can be finished.
    output: Option<Output>,
    unfinished: Unfinished,
}

struct Output {
    file: File,
    hasher: Sha256,
}

impl Upload {
    /// Makes the file; blocks.
    pub(super) fn create(root: Arc<Path>, files: Arc<Files>, limit: u64) -> Result<Self, BlobError> {
        let name = format!("{:032x}", u128::from_le_bytes(random(&OsEntropy)));
        let path = root.join(INCOMING).join(name);
        let create = || {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            // Tells other processes that this is no leftover.
            file.try_lock()?;
            Ok(file)
        };
        let file = create().map_err(|error| storage("create", &path, &error))?;
        let output = Some(Output { file, hasher: Sha256::new() });
        let unfinished = Unfinished(Some(path));
        Ok(Self { root, files, limit, length: 0, gathered: BytesMut::new(), output, unfinished })
    }

    /// Writes what was gathered.
    async fn flush(&mut self) -> Result<(), BlobError> {
        let mut output = self.output.take().ok_or_else(broken)?;
        let piece = self.gathered.split().freeze();
        let path = self.unfinished.path();
        let output = blocking(move || {
            output.hasher.update(&piece);
            output.file.write_all(&piece).map_err(|error| storage("write", &path, &error))?;
            Ok(output)
        });
        self.output = Some(output.await?);
        Ok(())
    }
}

impl BlobUpload for Upload {
    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            self.length = self.length.saturating_add(chunk.len() as u64);
            if self.length > self.limit {
                self.output = None;
                self.unfinished.remove();
                return Err(BlobError::TooLarge { limit: self.limit });
            }
            self.gathered.extend_from_slice(&chunk);
            if self.gathered.len() >= GATHER { self.flush().await } else { Ok(()) }
        })
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<(ContentHash, u64), BlobError>> {
        Box::pin(async move {
            self.flush().await?;
            let Self { root, files, length, output, unfinished, .. } = *self;
            let output = output.ok_or_else(broken)?;
            blocking(move || publish(&root, &files, output, unfinished, length)).await
        })
    }
}

/// Removes the file of an upload unless it was renamed into place.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn path(&self) -> PathBuf {
        self.0.clone().unwrap_or_default()
    }

    fn remove(&mut self) {
        // Nobody is left to tell about an error; the next start tries again.
        let _ = self.0.take().map(fs::remove_file);
    }
}

impl Drop for Unfinished {
    /// One quick call of the file system; a task for it might never run at shutdown.
    fn drop(&mut self) {
        self.remove();
    }
}

/// Removes the leftovers of crashed processes. A file that somebody writes to is locked and stays.
pub(super) fn sweep(incoming: &Path) -> io::Result<()> {
    for entry in fs::read_dir(incoming)? {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            continue;
        }
        let path = entry.path();
        match File::open(&path).map(|file| file.try_lock()) {
            Ok(Err(TryLockError::WouldBlock)) => {}
            // Where locks do not work at all, an old file is still a leftover.
            Ok(Ok(()) | Err(TryLockError::Error(_))) => fs::remove_file(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Content, then name, then directory reach the disk, so that after a power cut a visible blob is a
/// whole one.
fn publish(
    root: &Path,
    files: &Files,
    output: Output,
    mut unfinished: Unfinished,
    length: u64,
) -> Result<(ContentHash, u64), BlobError> {
    let from = unfinished.path();
    let Output { file, hasher } = output;
    file.sync_all().map_err(|error| storage("write", &from, &error))?;
    let hash = ContentHash::from_bytes(hasher.finalize().into());
    let to = place(root, hash);
    let directory = to.parent().unwrap_or(root);
    // Held until the file has its name. Where there are no locks, nothing that waits for it is removed.
    let placing = File::open(root).map_err(|error| storage("open", root, &error))?;
    let _ = placing.lock_shared();
    match fs::create_dir(directory) {
        Ok(()) => sync(root)?,
        Err(error) if error.kind() == AlreadyExists => {}
        Err(error) => return Err(storage("create", directory, &error)),
    }
    // The same content twice replaces a file by its equal; a damaged one is healed.
    fs::rename(&from, &to).map_err(|error| storage("create", &to, &error))?;
    unfinished.0 = None;
    sync(directory)?;
    files.written(hash, &file);
    Ok((hash, length))
}

fn sync(directory: &Path) -> Result<(), BlobError> {
    let synced = File::open(directory).and_then(|open| open.sync_all());
    synced.map_err(|error| storage("write", directory, &error))
}

fn broken() -> BlobError {
    BlobError::Storage("the upload failed earlier or was interrupted; begin it anew".to_owned())
}
