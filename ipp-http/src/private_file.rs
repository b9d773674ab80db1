//! Files that are there whole or not at all, durable, and readable for the server's account only: keys,
//! certificates, backups.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// A file on its way. Where it is dropped before it is finished, nothing has happened.
#[derive(Debug)]
pub struct PrivateFile {
    file: File,
    place: PathBuf,
    unfinished: Option<PathBuf>,
}

impl PrivateFile {
    /// Begins a file that will stand at `place`, in the place of what is there. It is written beside it,
    /// as `<name>.unfinished`; what an interrupted process left there is overwritten.
    pub fn create(place: &Path) -> io::Result<Self> {
        let name = place.file_name().ok_or_else(|| io::Error::other("this names no file"))?;
        let unfinished = place.with_file_name(format!("{}.unfinished", name.display()));
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&unfinished)?;
        let busy = || io::Error::other(format!("another process is writing {}", unfinished.display()));
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => busy(),
            TryLockError::Error(error) => error,
        })?;
        // Whoever had the lock may have finished in between: then this is the finished file.
        if fs::metadata(&unfinished).map(|found| found.ino()).ok() != Some(file.metadata()?.ino()) {
            return Err(busy());
        }
        file.set_len(0)?;
        Ok(Self { file, place: place.to_owned(), unfinished: Some(unfinished) })
    }

    /// Makes the content durable, and puts it in its place.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if let Some(unfinished) = &self.unfinished {
            fs::rename(unfinished, &self.place)?;
        }
        self.unfinished = None;
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some(unfinished) = &self.unfinished {
            // What stays is overwritten by the next one.
            let _ = fs::remove_file(unfinished);
        }
    }
}

/// Writes a file in one go.
pub fn write(place: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = PrivateFile::create(place)?;
    file.write_all(content)?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file.old");
        write(&place, b"former").unwrap();
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        let mut file = PrivateFile::create(&place).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"former");
        assert_eq!(names(folder.path()), ["file.old", "file.old.unfinished"]);
        let error = PrivateFile::create(&place).unwrap_err();
        assert!(error.to_string().contains("another process"), "{error}");
        drop(file);
        assert_eq!(
            (fs::read(&place).unwrap(), names(folder.path())),
            (b"former".to_vec(), vec!["file.old".to_owned()])
        );
        fs::write(folder.path().join("file.old.unfinished"), b"what a crash has left, and longer").unwrap();
        write(&place, b"new").unwrap();
        assert_eq!(
            (fs::read(&place).unwrap(), names(folder.path())),
            (b"new".to_vec(), vec!["file.old".to_owned()])
        );
    }
}
