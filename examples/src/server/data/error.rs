//! Why a data folder cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};

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
    #[error(
        "{0} is missing, but there is a database already; restore the key file from a backup, or copy that of \
         another node"
    )]
    KeysLost(PathBuf),
    /// A backup needs the keys of its installation.
    #[error(
        "a backup does not hold the keys: put the key file of its installation at {0}, or name it with --keys"
    )]
    NoKeys(PathBuf),
    /// Two key files.
    #[error("{0} holds other keys than the file named with --keys; take away the wrong one")]
    OtherKeys(PathBuf),
    /// No server has worked here.
    #[error(
        "there is no database for {0}; name the server's configuration with --config, or start the server once"
    )]
    NeverServed(PathBuf),
    /// Somebody works here who must not.
    #[error("{0} is in use: stop the server, and what else works with it, and try again")]
    InUse(PathBuf),
    /// A server works with the database, on this machine or on another.
    #[error(
        "a server works with the database, on this machine or on another, or did less than a minute ago: stop all of them, and try again"
    )]
    DatabaseInUse,
    /// Somebody works here alone.
    #[error("{0} is being restored, or its keys are being changed; wait for the end of that")]
    Held(PathBuf),
    /// A key stays.
    #[error(transparent)]
    DropKey(#[from] ipp_http::vault::DropKeyError),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] ipp_core::store::StoreError),
    /// The folder of firmware images cannot be opened.
    #[error("the firmware folder cannot be opened: {0}")]
    Blobs(#[from] ipp_core::blob::BlobError),
}

/// The error of a path that cannot be used.
pub(super) fn access(path: &Path) -> impl Fn(io::Error) -> DataError {
    let path = path.to_owned();
    move |error| DataError::Access { path: path.clone(), error }
}
