//! Configuration files as phones read them, where they come from people and not from a template:
//! uploaded, or edited by hand (manual section 8.8).

pub mod key;
pub mod mask;
pub mod own;
pub mod text;

pub use self::{
    mask::{MASK, TOKEN_MARK, masked},
    own::OwnText,
    text::{CfgError, CfgText, Line, LineKind},
};
use serde::{Deserialize, Serialize};

use crate::{catalog::RowRevision, digest::Fingerprint, id::DeviceId, text::CfgName, time::Timestamp};

/// What is known of such a file beside its text, which is kept sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// The fingerprint of the text.
    pub digest: Fingerprint,
    /// The length of the text in bytes.
    pub length: u32,
    /// How often the text tells phones to report, in minutes.
    pub keep_alive_minutes: Option<u64>,
    /// When it was saved.
    pub changed_at: Timestamp,
    /// Who saved it.
    pub author: String,
}

impl FileInfo {
    /// The revision of this file in the place of a former one. It goes by the time where that is later,
    /// so that a file that was deleted and written again is told from the one that somebody has seen.
    pub fn revision_after(&self, former: Option<RowRevision>) -> RowRevision {
        let next = former.unwrap_or_default().0.saturating_add(1);
        RowRevision(next.max(u64::try_from(self.changed_at.as_millis()).unwrap_or_default()))
    }
}

/// A file that phones share: every phone that is known may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedFile {
    /// The name that phones ask for.
    pub name: CfgName,
    /// The rest.
    pub info: FileInfo,
}

/// What a file is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKey {
    /// It stands in for the private file of a device.
    Device(DeviceId),
    /// Phones share it; names compare without ASCII case.
    Shared(CfgName),
}

/// How many such files there are, and how large they are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileUsage {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The three kinds of the manual (CFG-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// Shared by the phones of a template, or by all.
    Global,
    /// A phone book, or the directory's settings (AMB-81).
    CompanyDirectory,
    /// The private file of one phone.
    Phone,
}

impl FileKind {
    /// The kind of a shared file, which its name tells (AMB-81).
    pub fn of(name: &CfgName) -> Self {
        if name.folded().ends_with("_directory.cfg") { Self::CompanyDirectory } else { Self::Global }
    }
}
