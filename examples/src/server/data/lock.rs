//! Who works with a data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::{DataError, error::access};

/// How a folder is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Beside others, such as the server and a command.
    Shared,
    /// Alone: nobody else may work with it meanwhile.
    Alone,
}

/// Held until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(folder: &Path, hold: Hold) -> Result<Self, DataError> {
        let path = folder.join("lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(access(&path))?;
        let taken = match hold {
            Hold::Shared => file.try_lock_shared(),
            Hold::Alone => file.try_lock(),
        };
        match (taken, hold) {
            (Ok(()), _) => Ok(Self { _file: file }),
            (Err(TryLockError::WouldBlock), Hold::Alone) => Err(DataError::InUse(folder.to_owned())),
            (Err(TryLockError::WouldBlock), Hold::Shared) => Err(DataError::Held(folder.to_owned())),
            (Err(TryLockError::Error(error)), _) => Err(access(&path)(error)),
        }
    }
}
