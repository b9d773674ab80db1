//! Blobs in a directory.

mod files;
mod upload;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use ipp_core::{
    blob::{BlobError, BlobStamp, BlobUpload, Blobs, BoxFuture},
    digest::ContentHash,
};

use self::{
    files::Files,
    upload::{Upload, sweep},
};

/// Keeps every blob as one file named by the SHA-256 of its bytes: `<root>/ab/cdef…`. Names are made
/// from the hash alone, so nothing outside the directory is ever touched, whatever an upload is
/// called (A11).
///
/// - An upload is written to `<root>/incoming/` and renamed into place when it is whole and on the
///   disk; a blob is visible whole or not at all.
/// - A file is read through and compared with its hash before this process serves it for the first
///   time, and again when it was changed. A damaged blob is an error, never a short answer.
/// - Several processes may share a directory: each removes only leftovers that nobody writes to, and
///   the lock of the directory keeps the removal of a blob and its arrival apart.
///
/// Every method needs a tokio runtime, whose blocking threads do the work.
#[derive(Debug, Clone)]
pub struct DirectoryBlobs {
    root: Arc<Path>,
    files: Arc<Files>,
}

impl DirectoryBlobs {
    /// The blobs in `root`, which is made if it is not there. Removes what unfinished uploads of a
    /// crashed process left. Blocks for a few file operations: call it at start.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, BlobError> {
        let root = root.into();
        let incoming = root.join(INCOMING);
        fs::create_dir_all(&incoming).map_err(|error| storage("create", &incoming, &error))?;
        sweep(&incoming).map_err(|error| storage("clear", &incoming, &error))?;
        Ok(Self { files: Arc::new(Files::in_directory(&root)), root: root.into() })
    }
}

impl Blobs for DirectoryBlobs {
    fn begin(&self, limit: u64) -> BoxFuture<'_, Result<Box<dyn BlobUpload>, BlobError>> {
        Box::pin(async move {
            let (root, files) = (self.root.clone(), self.files.clone());
            let upload = blocking(move || Upload::create(root, files, limit)).await?;
            Ok(Box::new(upload) as Box<dyn BlobUpload>)
        })
    }

    fn length(&self, hash: ContentHash) -> BoxFuture<'_, Result<Option<u64>, BlobError>> {
        let files = self.files.clone();
        Box::pin(blocking(move || files.length(hash)))
    }

    fn read(
        &self,
        hash: ContentHash,
        offset: u64,
        length: u32,
    ) -> BoxFuture<'_, Result<Option<Bytes>, BlobError>> {
        let files = self.files.clone();
        Box::pin(blocking(move || files.read(hash, offset, length)))
    }

    fn delete(&self, hash: ContentHash) -> BoxFuture<'_, Result<(), BlobError>> {
        let files = self.files.clone();
        Box::pin(blocking(move || files.delete(hash)))
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(ContentHash, BlobStamp)>, BlobError>> {
        let files = self.files.clone();
        Box::pin(blocking(move || files.all()))
    }

    fn delete_unchanged(
        &self,
        hash: ContentHash,
        stamp: BlobStamp,
    ) -> BoxFuture<'_, Result<bool, BlobError>> {
        let files = self.files.clone();
        Box::pin(blocking(move || files.delete_unchanged(hash, stamp)))
    }
}

const INCOMING: &str = "incoming";

/// Where a blob lives: a directory of the first byte, so that none grows too wide, and the rest.
fn place(root: &Path, hash: ContentHash) -> PathBuf {
    let name = hash.to_string();
    let (directory, file) = name.split_at(2);
    root.join(directory).join(file)
}

/// Runs file work on a blocking thread. It runs to its end even when the caller goes away.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(BlobError::Storage("the server is shutting down".to_owned())),
    }
}

/// An error of the file system, with what to do about it.
fn storage(what: &str, path: &Path, error: &io::Error) -> BlobError {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let advice = [
        (StorageFull, "; free some disk space and try again"),
        (QuotaExceeded, "; raise the disk quota of the server's account and try again"),
        (PermissionDenied, "; give the server's account read and write access to the folder"),
        (ReadOnlyFilesystem, "; mount the disk read-write"),
    ];
    let advice = advice.iter().find(|(kind, _)| *kind == error.kind()).map_or("", |(_, advice)| advice);
    BlobError::Storage(format!("cannot {what} {}: {error}{advice}", path.display()))
}

#[cfg(test)]
mod tests;
