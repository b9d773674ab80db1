//! The key file on the disk.

use std::{fs, io::ErrorKind::NotFound, path::Path};

use ipp_http::{private_file, vault::KeyFile};

use super::{DataError, error::access};

/// Reads it; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<KeyFile>, DataError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == NotFound => return Ok(None),
        Err(error) => return Err(access(path)(error)),
    };
    KeyFile::parse(&text).map(Some).map_err(|error| DataError::Keys(path.to_owned(), error.to_string()))
}

/// Writes it whole and durably, in the place of the one that is there.
pub(super) fn write(path: &Path, file: &KeyFile) -> Result<(), DataError> {
    private_file::write(path, file.to_text().as_bytes()).map_err(access(path))
}
