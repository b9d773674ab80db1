//! Backups: everything that a store and its blobs keep, in one plain file that restores into a store of
//! any kind (A30, T30).
//!
//! An archive is text, one JSON object a line, with the bytes of blobs in between:
//!
//! ```text
//! {"format":"ipp-backup","version":1,"product":"0.1.0","at":"2026-01-31T13:45:00.000Z","key":"…"}
//! {"row":{"region":{"revision":3,"value":{…}}}}          every row, in the order of a dump
//! {"blob":{"hash":"…","length":20000000}}                every blob that a row refers to,
//! <20,000,000 bytes and a line feed>                      each once
//! {"end":{"rows":1234,"blobs":1,"sha256":"…"}}           the hash of everything before this line
//! ```
//!
//! Secrets stay sealed in it and no key is part of it. `key` is a fingerprint that only the same
//! fingerprint key gives: what was kept under another key would never be found again.
//!
//! Everything is streamed, so memory does not depend on the size. Files are read and written on the
//! calling thread: let a thread do that which may wait for a disk.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::io;

use ipp_core::{
    blob::BlobError,
    digest::{ContentHash, Fingerprint, FingerprintOf},
    store::StoreError,
    time::Timestamp,
    vault::Vault,
};
use serde::{Deserialize, Serialize};

pub use self::{
    read::{Content, check, restore},
    write::write,
};

/// The newest format that this version reads, and the one that it writes. It changes where a version
/// before it would misunderstand what is written.
pub const VERSION: u32 = 1;

const FORMAT: &str = "ipp-backup";

/// The first line of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    format: String,
    version: u32,
    /// The version of the software that made it.
    pub product: String,
    /// When it was begun; what it holds is of that moment.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    /// The fingerprint of the key of fingerprints.
    pub key: Fingerprint,
}

impl Head {
    /// The head of an archive that is made now, in an installation with this vault.
    pub fn new(at: Timestamp, vault: &dyn Vault) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            key: key_print(vault),
        }
    }

    /// Whether the archive is of an installation with the key of fingerprints of this vault.
    pub fn fits(&self, vault: &dyn Vault) -> bool {
        self.key == key_print(vault)
    }
}

fn key_print(vault: &dyn Vault) -> Fingerprint {
    vault.fingerprints().of(FingerprintOf::Key, b"")
}

/// How much is in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Rows of all kinds.
    pub rows: u64,
    /// Blobs, such as firmware images.
    pub blobs: u64,
    /// The length of the archive in bytes.
    pub bytes: u64,
}

/// Why an archive cannot be made or used. The text names the place.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read or written.
    #[error("the archive cannot be read or written: {0}")]
    File(#[from] io::Error),
    /// The file is something else.
    #[error("this is no backup: its first line does not say so")]
    Foreign,
    /// A newer version made it.
    #[error(
        "the backup has format {version}, made by version {product} of the software; this version reads formats up \
         to {VERSION}. Restore it with that version"
    )]
    Newer {
        /// Its format.
        version: u64,
        /// The version that made it.
        product: String,
    },
    /// A place of it is not what was written.
    #[error("the backup is damaged in line {line}, at byte {byte}: {what}")]
    Damaged {
        /// The line, counted from 1; the bytes of a blob are one line.
        line: u64,
        /// The position of its first byte, counted from 0.
        byte: u64,
        /// What is wrong there.
        what: String,
    },
    /// Its end is not there.
    #[error(
        "the backup ends in line {line}, after {bytes} bytes, and its last line is missing: it was cut off"
    )]
    CutOff {
        /// The line in which it ends, counted from 1.
        line: u64,
        /// Its length.
        bytes: u64,
    },
    /// Its hash is another one.
    #[error(
        "the backup was altered: the hash in its last line, line {0}, is not that of the lines before it"
    )]
    Altered(u64),
    /// A blob is not there to be backed up.
    #[error("the image with the hash {0} is missing; upload it again, or delete its firmware entry")]
    MissingBlob(ContentHash),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The blobs refuse.
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// What stands between the first line and the end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Row(ipp_core::store::StoredRow),
    Blob { hash: ContentHash, length: u64 },
    End { rows: u64, blobs: u64, sha256: ContentHash },
}

/// Times as people read them.
mod rfc3339 {
    use ipp_core::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
