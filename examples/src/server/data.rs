//! The data folder: keys, certificate, firmware images, and the database where it is a file.

mod error;
mod keys;
mod lock;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::ErrorKind::NotFound,
    net::IpAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use ipp_core::{
    blob::Blobs,
    entropy::Entropy,
    store::{AnyStore, Dump},
    vault::Vault,
};
use ipp_http::{
    blobs::DirectoryBlobs,
    private_file,
    vault::{KeyFile, KeyId, KeyVault},
};

pub use self::{error::DataError, lock::Hold};
use self::{error::access, lock::Lock};
use super::database::Database;

/// The data folder, opened. While it is held shared nobody has it alone, and the other way round.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    vault: Arc<KeyVault>,
    database: Database,
    /// Keys that are not in the folder yet.
    brought: Option<KeyFile>,
    _lock: Lock,
}

const KEYS: &str = "keys";

impl DataFolder {
    /// Opens the folder, or makes it, readable for this user only. The database is a file in it.
    pub fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, DataError> {
        let database = Database::in_folder(path);
        let is_there = is_file(&database);
        Self::open_with(path, database, is_there, entropy)
    }

    /// The same with a database that may stand elsewhere, and may be there already.
    pub fn open_with(
        path: &Path,
        database: Database,
        is_there: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, DataError> {
        make(path)?;
        let lock = Lock::take(path, Hold::Shared)?;
        let keys = path.join(KEYS);
        let file = match keys::read(&keys)? {
            Some(file) => file,
            None if is_there => return Err(DataError::KeysLost(keys)),
            None => {
                let file = KeyFile::generate(&*entropy);
                keys::write(&keys, &file)?;
                file
            }
        };
        Ok(Self::with(path, database, &file, entropy, lock))
    }

    /// Opens a folder that a server has worked with. The database is a file in it.
    pub fn existing(path: &Path, entropy: Arc<dyn Entropy>, hold: Hold) -> Result<Self, DataError> {
        let database = Database::in_folder(path);
        let is_there = is_file(&database);
        Self::existing_with(path, database, is_there, entropy, hold)
    }

    /// The same with a database that may stand elsewhere.
    pub fn existing_with(
        path: &Path,
        database: Database,
        is_there: bool,
        entropy: Arc<dyn Entropy>,
        hold: Hold,
    ) -> Result<Self, DataError> {
        if !is_there {
            return Err(DataError::NeverServed(path.to_owned()));
        }
        let lock = Lock::take(path, hold)?;
        let keys = path.join(KEYS);
        let file = keys::read(&keys)?.ok_or(DataError::KeysLost(keys))?;
        Ok(Self::with(path, database, &file, entropy, lock))
    }

    /// Opens or makes a folder for what a backup holds, alone. The keys are those of the folder, or of
    /// the given file; these are copied into the folder by [`keep_keys`](Self::keep_keys) only.
    pub fn for_backup(
        path: &Path,
        given: Option<&Path>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, DataError> {
        make(path)?;
        let lock = Lock::take(path, Hold::Alone)?;
        let place = path.join(KEYS);
        let there = keys::read(&place)?;
        let given = match given {
            Some(path) => Some(keys::read(path)?.ok_or_else(|| access(path)(NotFound.into()))?),
            None => None,
        };
        match (there, given) {
            (None, None) => Err(DataError::NoKeys(place)),
            (Some(there), Some(given)) if there.to_text() != given.to_text() => {
                Err(DataError::OtherKeys(place))
            }
            (Some(file), _) => Ok(Self::with(path, Database::in_folder(path), &file, entropy, lock)),
            (None, Some(file)) => {
                let opened = Self::with(path, Database::in_folder(path), &file, entropy, lock);
                Ok(Self { brought: Some(file), ..opened })
            }
        }
    }

    /// The same folder with a database that may stand elsewhere.
    #[must_use]
    pub fn with_database(self, database: Database) -> Self {
        Self { database, ..self }
    }

    fn with(path: &Path, database: Database, file: &KeyFile, entropy: Arc<dyn Entropy>, lock: Lock) -> Self {
        let vault = Arc::new(KeyVault::new(file, entropy));
        Self { path: path.to_owned(), vault, database, brought: None, _lock: lock }
    }

    /// Copies keys that came from elsewhere into the folder.
    pub fn keep_keys(&self) -> Result<(), DataError> {
        self.brought.as_ref().map_or(Ok(()), |file| keys::write(&self.path.join(KEYS), file))
    }

    /// The key that seals, and those that only open.
    pub fn keys(&self) -> Result<(KeyId, Vec<KeyId>), DataError> {
        let file = self.read_keys()?;
        Ok((file.current(), file.former().collect()))
    }

    /// Makes a new key the one that seals; the one so far only opens from now on. To be held alone:
    /// whoever works with the folder meanwhile would go on sealing under the former one.
    pub fn rotate_keys(&mut self, entropy: Arc<dyn Entropy>) -> Result<KeyId, DataError> {
        let file = self.read_keys()?.rotated(&*entropy);
        keys::write(&self.key_file(), &file)?;
        self.vault = Arc::new(KeyVault::new(&file, entropy));
        Ok(file.current())
    }

    /// The key file without a former key, to be written by [`replace_keys`](Self::replace_keys).
    pub fn keys_without(&self, key: KeyId) -> Result<KeyFile, DataError> {
        Ok(self.read_keys()?.without(key)?)
    }

    /// Writes other keys in the place of those of the folder, which has to be held alone.
    pub fn replace_keys(&self, file: &KeyFile) -> Result<(), DataError> {
        keys::write(&self.key_file(), file)
    }

    fn read_keys(&self) -> Result<KeyFile, DataError> {
        keys::read(&self.key_file())?.ok_or_else(|| DataError::KeysLost(self.key_file()))
    }

    /// Where the keys are.
    pub fn key_file(&self) -> PathBuf {
        self.path.join(KEYS)
    }

    /// The vault over the key file.
    pub fn vault(&self) -> Arc<dyn Vault> {
        Arc::clone(&self.vault) as Arc<dyn Vault>
    }

    /// The same, with what only a vault over keys knows.
    pub fn key_vault(&self) -> &KeyVault {
        &self.vault
    }

    /// The database.
    pub async fn store(&self) -> Result<AnyStore, DataError> {
        Ok(self.database.store().await?)
    }

    /// The addresses of the machines of the database.
    pub async fn database_addresses(&self) -> Vec<IpAddr> {
        self.database.addresses().await
    }

    /// Everything in the database, read without writing to it.
    pub async fn dump(&self) -> Result<Dump, DataError> {
        Ok(self.database.dump().await?)
    }

    /// The firmware images.
    pub fn blobs(&self) -> Result<Arc<dyn Blobs>, DataError> {
        Ok(Arc::new(DirectoryBlobs::open(self.path.join("firmware"))?))
    }

    /// The text of a private file of the folder, made by `make` where it is not there.
    pub fn private_file(&self, name: &str, make: impl FnOnce() -> String) -> Result<String, DataError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == NotFound => {
                let text = make();
                private_file::write(&path, text.as_bytes()).map_err(access(&path))?;
                Ok(text)
            }
            Err(error) => Err(access(&path)(error)),
        }
    }
}

fn is_file(database: &Database) -> bool {
    matches!(database, Database::Sqlite(path) if path.exists())
}

fn make(path: &Path) -> Result<(), DataError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(access(path))
}
