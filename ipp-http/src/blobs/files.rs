//! Reading blobs back: a few open files, each checked before it is used for the first time.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File, Metadata},
    io::{
        self,
        ErrorKind::{NotADirectory, NotFound},
        Read as _,
    },
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use ipp_core::{
    blob::{BlobError, BlobStamp},
    digest::ContentHash,
};
use sha2::{Digest as _, Sha256};

use super::{place, storage};

/// The open files of one directory. All methods block.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    state: Mutex<State>,
    /// Held while a file is checked, so that many readers of a new image read it through once.
    checking: Mutex<()>,
}

/// Most recently used last. So few that a scan is quicker than a map.
const OPEN: usize = 64;

#[derive(Debug, Default)]
struct State {
    open: VecDeque<(ContentHash, Arc<Opened>)>,
    /// What this process has read through, and whether it was as its name says. A damaged file is
    /// remembered as well: thousands of phones may ask for it.
    checked: BTreeMap<ContentHash, (Stamp, bool)>,
}

#[derive(Debug)]
struct Opened {
    file: File,
    stamp: Stamp,
}

/// Tells versions of a file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    changed: (i64, i64),
    length: u64,
}

impl Files {
    pub(super) fn in_directory(root: &Path) -> Self {
        Self { root: root.to_owned(), state: Mutex::default(), checking: Mutex::default() }
    }

    pub(super) fn length(&self, hash: ContentHash) -> Result<Option<u64>, BlobError> {
        let path = place(&self.root, hash);
        let found = match fs::metadata(&path) {
            Err(error) if error.kind() == NotFound => return Ok(None),
            Err(error) => return Err(storage("read", &path, &error)),
            Ok(found) => found,
        };
        match self.known(hash, Stamp::of(&found)) {
            Some(true) => Ok(Some(found.len())),
            Some(false) => Err(damaged(&path)),
            None => Ok(self.open(hash, &path)?.map(|opened| opened.stamp.length)),
        }
    }

    pub(super) fn read(
        &self,
        hash: ContentHash,
        offset: u64,
        length: u32,
    ) -> Result<Option<Bytes>, BlobError> {
        let path = place(&self.root, hash);
        let open = self.state().find(hash).filter(|opened| opened.is_unchanged());
        let opened = open.map_or_else(|| self.open(hash, &path), |opened| Ok(Some(opened)))?;
        let Some(opened) = opened else { return Ok(None) };
        let wanted = opened.stamp.length.saturating_sub(offset).min(u64::from(length));
        let mut bytes = vec![0; usize::try_from(wanted).unwrap_or(0)];
        match opened.file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(damaged(&path)),
            Err(error) => Err(storage("read", &path, &error)),
        }
    }

    pub(super) fn delete(&self, hash: ContentHash) -> Result<(), BlobError> {
        let path = place(&self.root, hash);
        let removed = fs::remove_file(&path);
        self.forget(hash);
        match removed {
            Err(error) if error.kind() != NotFound => Err(storage("delete", &path, &error)),
            _ => Ok(()),
        }
    }

    /// What is there: all files whose place is that of a hash.
    pub(super) fn all(&self) -> Result<Vec<(ContentHash, BlobStamp)>, BlobError> {
        let mut found = Vec::new();
        for directory in entries(&self.root)? {
            let Some(first) =
                directory.file_name().to_str().filter(|name| name.len() == 2).map(str::to_owned)
            else {
                continue;
            };
            for file in entries(&directory.path())? {
                let hash = file.file_name().to_str().and_then(|rest| format!("{first}{rest}").parse().ok());
                // One that goes away meanwhile is not there.
                let Some((hash, metadata)) = hash.zip(file.metadata().ok()) else { continue };
                found.push((hash, Stamp::of(&metadata).told()));
            }
        }
        Ok(found)
    }

    pub(super) fn delete_unchanged(&self, hash: ContentHash, stamp: BlobStamp) -> Result<bool, BlobError> {
        let path = place(&self.root, hash);
        let failed = |error: io::Error| storage("delete", &path, &error);
        let directory = File::open(&self.root).map_err(failed)?;
        // Who makes a blob visible shares this lock: what is looked at here is what is removed. Where there
        // are no locks, nothing is removed.
        directory.lock().map_err(failed)?;
        match fs::metadata(&path) {
            Ok(found) if Stamp::of(&found).told() == stamp => {}
            Err(error) if error.kind() != NotFound => return Err(failed(error)),
            Ok(_) | Err(_) => return Ok(false),
        }
        self.delete(hash).map(|()| true)
    }

    /// Notes that this content was just written to its place.
    pub(super) fn written(&self, hash: ContentHash, file: &File) {
        self.forget(hash);
        // Without its stamp the file is merely checked once more.
        if let Ok(found) = file.metadata() {
            self.state().checked.insert(hash, (Stamp::of(&found), true));
        }
    }

    fn forget(&self, hash: ContentHash) {
        let mut state = self.state();
        state.open.retain(|(open, _)| *open != hash);
        state.checked.remove(&hash);
    }

    /// Opens a blob and checks it if this version of it was not checked; `None` where it is gone.
    fn open(&self, hash: ContentHash, path: &Path) -> Result<Option<Arc<Opened>>, BlobError> {
        let failed = |error: io::Error| storage("read", path, &error);
        let file = match File::open(path) {
            Err(error) if error.kind() == NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let found = file.metadata().map_err(failed)?;
        let stamp = Stamp::of(&found);
        let known = self.known(hash, stamp);
        if !known.map_or_else(|| self.check(hash, stamp, &file).map_err(failed), Ok)? {
            return Err(damaged(path));
        }
        let opened = Arc::new(Opened { file, stamp });
        self.state().keep(hash, opened.clone());
        Ok(Some(opened))
    }

    /// Reads the whole file; answers whether it is as its name says.
    fn check(&self, hash: ContentHash, stamp: Stamp, mut file: &File) -> io::Result<bool> {
        let _one_at_a_time = self.checking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known(hash, stamp) {
            return Ok(known);
        }
        let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 128 * 1024]);
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let good = ContentHash::from_bytes(hasher.finalize().into()) == hash;
        self.state().checked.insert(hash, (stamp, good));
        Ok(good)
    }

    fn known(&self, hash: ContentHash, stamp: Stamp) -> Option<bool> {
        let (checked, good) = *self.state().checked.get(&hash)?;
        (checked == stamp).then_some(good)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&mut self, hash: ContentHash) -> Option<Arc<Opened>> {
        let at = self.open.iter().position(|(open, _)| *open == hash)?;
        let found = self.open.remove(at)?;
        let opened = found.1.clone();
        self.open.push_back(found);
        Some(opened)
    }

    fn keep(&mut self, hash: ContentHash, opened: Arc<Opened>) {
        self.open.retain(|(open, _)| *open != hash);
        if self.open.len() == OPEN {
            self.open.pop_front();
        }
        self.open.push_back((hash, opened));
    }
}

impl Opened {
    /// Whether the file is still what was opened and checked. Another process may have deleted it, or
    /// somebody restored it in place; asking costs nothing beside the read.
    fn is_unchanged(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.nlink() > 0 && Stamp::of(&found) == self.stamp)
    }
}

fn entries(directory: &Path) -> Result<Vec<fs::DirEntry>, BlobError> {
    match fs::read_dir(directory).and_then(Iterator::collect) {
        // No directory, or a file in its place.
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(Vec::new()),
        found => found.map_err(|error| storage("read", directory, &error)),
    }
}

impl Stamp {
    fn told(self) -> BlobStamp {
        let (seconds, nanos) = self.changed;
        BlobStamp([self.inode, seconds.cast_unsigned(), nanos.cast_unsigned(), self.length])
    }

    fn of(found: &Metadata) -> Self {
        Self { inode: found.ino(), changed: (found.mtime(), found.mtime_nsec()), length: found.len() }
    }
}

fn damaged(path: &Path) -> BlobError {
    BlobError::Storage(format!(
        "{} does not hold what its name says: it was cut short or altered; restore it from a backup or upload it again",
        path.display()
    ))
}
