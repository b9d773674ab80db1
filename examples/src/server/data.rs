//! The data folder: database, keys, certificate, firmware images.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use ipp_core::{blob::Blobs, entropy::Entropy, vault::Vault};
use ipp_http::{
    blobs::DirectoryBlobs,
    vault::{KeyFile, KeyVault},
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};

/// The data folder, opened.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    vault: Arc<KeyVault>,
}

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder cannot be made, read or written.
    #[error("{path}: {error}; make sure that this user may read and write it")]
    Access {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The key file is damaged. Without it no stored secret opens.
    #[error("the key file {0} is not readable: {1}; restore it from a backup")]
    Keys(PathBuf, String),
    /// There is a database, but no key file: a new key would open none of its secrets.
    #[error("{0} is missing, but there is a database beside it; restore the key file from a backup")]
    KeysLost(PathBuf),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] ipp_core::store::StoreError),
    /// The folder of firmware images cannot be opened.
    #[error("the firmware folder cannot be opened: {0}")]
    Blobs(#[from] ipp_core::blob::BlobError),
}

const DATABASE: &str = "ipp.sqlite";
const KEYS: &str = "keys";

impl DataFolder {
    /// Opens the folder, or makes it, readable for this user only.
    pub fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, DataError> {
        let access = |path: &Path| {
            let path = path.to_owned();
            move |error| DataError::Access { path, error }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(access(path))?;
        let keys = path.join(KEYS);
        let file = match fs::read_to_string(&keys) {
            Ok(text) => {
                KeyFile::parse(&text).map_err(|error| DataError::Keys(keys.clone(), error.to_string()))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if path.join(DATABASE).exists() {
                    return Err(DataError::KeysLost(keys));
                }
                let file = KeyFile::generate(&*entropy);
                write_private(&keys, file.to_text().as_bytes()).map_err(access(&keys))?;
                file
            }
            Err(error) => return Err(access(&keys)(error)),
        };
        Ok(Self { path: path.to_owned(), vault: Arc::new(KeyVault::new(&file, entropy)) })
    }

    /// The vault over the key file.
    pub fn vault(&self) -> Arc<dyn Vault> {
        Arc::clone(&self.vault) as Arc<dyn Vault>
    }

    /// The database.
    pub fn store(&self) -> Result<SqliteStore, DataError> {
        Ok(SqliteStore::open(&SqliteOptions::at(self.path.join(DATABASE)))?)
    }

    /// The firmware images.
    pub fn blobs(&self) -> Result<Arc<dyn Blobs>, DataError> {
        Ok(Arc::new(DirectoryBlobs::open(self.path.join("firmware"))?))
    }

    /// The text of a private file of the folder, made by `make` where it is not there.
    pub fn private_file(&self, name: &str, make: impl FnOnce() -> String) -> Result<String, DataError> {
        let path = self.path.join(name);
        let access = |error| DataError::Access { path: path.clone(), error };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = make();
                write_private(&path, text.as_bytes()).map_err(access)?;
                Ok(text)
            }
            Err(error) => Err(access(error)),
        }
    }
}

/// Writes a file whole or not at all, readable for this user only.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use ipp_core::entropy::SeededEntropy;

    use super::*;

    #[test]
    fn keys_are_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let open = || DataFolder::open(&data, Arc::new(SeededEntropy::new(1)));
        let first = open().unwrap();
        let keys = fs::read_to_string(data.join(KEYS)).unwrap();
        let second = open().unwrap();
        assert_eq!(fs::read_to_string(data.join(KEYS)).unwrap(), keys);
        assert_eq!(fs::metadata(data.join(KEYS)).unwrap().permissions().mode() & 0o777, 0o600);
        let whose = ipp_core::vault::SealFor::Named("x");
        let sealed = first.vault().seal(whose, b"secret").unwrap();
        assert_eq!(*second.vault().open(whose, &sealed).unwrap(), b"secret");
    }

    #[test]
    fn a_lost_key_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(DATABASE), b"").unwrap();
        let error = DataFolder::open(folder.path(), Arc::new(SeededEntropy::new(1))).unwrap_err();
        assert!(matches!(error, DataError::KeysLost(_)), "{error}");
    }
}
