//! A vendor template as a checked document: the imported bytes, and what they say (AMB-16).
//!
//! The format is the vendor's `<ipphonetamplate>` (misspelt so): a type, a description, and one
//! `<file_config>` for the global file (TPL-29) and one for each phone's private file (TPL-30).
//! Editing and writing stand in `writer.rs`; what the data sections mean is compiled elsewhere.

mod file;
mod outline;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::encoding::{Decoded, TemplateEncoding, encode_file};
use super::error::{TemplateError, TemplateErrorKind, position};
use super::reader::MAX_BYTES;
use file::check_file;
use outline::FileOutline;

pub(super) use file::{DEFAULT_DESTINATION, MAC_PLACEHOLDER};
pub use file::{FileConfig, FileRole, MAX_FILE_NAME_BYTES};
pub(super) use outline::{Leaf, Outline, lf, one_line, outline};

/// The longest type, description, profile or destination, in characters.
pub const MAX_FIELD_CHARS: usize = 256;

/// A template that has been read and checked; every value of this type is well-formed (TPL-28).
///
/// It keeps the bytes it was read from, so download and restore give back exactly what was uploaded (TPL-36,
/// TPL-39, TPL-40). Elements it does not know are kept in the bytes and otherwise ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct TemplateDocument {
    bytes: Vec<u8>,
    encoding: TemplateEncoding,
    model_type: String,
    description: String,
    files: Files,
}

/// The one or two files in document order; a template without a private file cannot be written down.
#[derive(Clone, PartialEq, Eq)]
enum Files {
    Private([FileConfig; 1]),
    GlobalFirst([FileConfig; 2]),
    PrivateFirst([FileConfig; 2]),
}

impl TemplateDocument {
    /// Reads a template file of at most [`MAX_BYTES`].
    ///
    /// The encoding is that of the XML header, UTF-8 or ISO-8859-1; the root may also be spelt correctly. No
    /// entity but the five predefined ones is read and no document type definition (TPL-46).
    ///
    /// # Errors
    ///
    /// The first fault, with its place in the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, TemplateError> {
        if bytes.len() > MAX_BYTES {
            return Err(TemplateError::whole(
                TemplateErrorKind::Limit,
                format!("the file has {} bytes; at most {MAX_BYTES} are read", bytes.len()),
            ));
        }
        let decoded = Decoded::new(bytes)?;
        let outline = outline(&decoded.text)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            encoding: decoded.encoding,
            model_type: outline.model_type.value,
            description: one_line(&outline.description.value),
            files: check_files(&decoded.text, outline.files)?,
        })
    }

    /// Reads a template given as text, as an editor has it (TPL-24). It is stored in the encoding
    /// that its header names; if that is ISO-8859-1 and cannot hold the text, the header becomes
    /// UTF-8.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn from_text(text: &str) -> Result<Self, TemplateError> {
        Self::parse(&encode_file(text)?)
    }

    /// The file, byte for byte as it was imported or written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The file as text, without a byte order mark.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        // The bytes were decoded before; were they not, nothing would be the honest answer.
        Decoded::new(&self.bytes).map(|decoded| decoded.text).unwrap_or_default()
    }

    /// The encoding of [`bytes`](Self::bytes).
    #[must_use]
    pub fn encoding(&self) -> TemplateEncoding {
        self.encoding
    }

    /// The vendor's name of the model, such as `audiocodes_430HD`; never empty, at most [`MAX_FIELD_CHARS`].
    #[must_use]
    pub fn model_type(&self) -> &str {
        &self.model_type
    }

    /// The description, such as `AudioCodes 430HD`, on one line; may be empty, at most [`MAX_FIELD_CHARS`].
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The files in document order: always the private one, at most one global.
    #[must_use]
    pub fn files(&self) -> &[FileConfig] {
        match &self.files {
            Files::Private(files) => files,
            Files::GlobalFirst(files) | Files::PrivateFirst(files) => files,
        }
    }

    /// The global file, if the template has one (TPL-29).
    #[must_use]
    pub fn global(&self) -> Option<&FileConfig> {
        match &self.files {
            Files::Private(_) => None,
            Files::GlobalFirst([global, _]) | Files::PrivateFirst([_, global]) => Some(global),
        }
    }

    /// The private file (TPL-30).
    #[must_use]
    pub fn private(&self) -> &FileConfig {
        match &self.files {
            Files::Private([private])
            | Files::GlobalFirst([_, private])
            | Files::PrivateFirst([private, _]) => private,
        }
    }

    /// The file of a role.
    #[must_use]
    pub fn file(&self, role: FileRole) -> Option<&FileConfig> {
        match role {
            FileRole::Global => self.global(),
            FileRole::Private => Some(self.private()),
        }
    }
}

/// Shows sizes instead of the file itself.
impl fmt::Debug for TemplateDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateDocument")
            .field("model_type", &self.model_type)
            .field("description", &self.description)
            .field("encoding", &self.encoding)
            .field("bytes", &self.bytes.len())
            .field("files", &self.files())
            .finish()
    }
}

/// As the file it was read from.
impl Serialize for TemplateDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::binary::serialize(&self.bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for TemplateDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes: Vec<u8> = crate::binary::deserialize(deserializer)?;
        Self::parse(&bytes).map_err(D::Error::custom)
    }
}

/// Checks the files one by one, and that there is one private and at most one global.
fn check_files(text: &str, outlines: Vec<FileOutline>) -> Result<Files, TemplateError> {
    let (mut private, mut global) = (None, None);
    for outline in outlines {
        let start = outline.start;
        let slot = match outline.role {
            FileRole::Global => &mut global,
            FileRole::Private => &mut private,
        };
        if let Some((first, _)) = slot {
            let (line, _) = position(text, *first);
            let kind = outline.role.type_name();
            let message =
                format!("a second <file_config> of type {kind}; the first stands on line {line}, remove one");
            return Err(TemplateError::at(TemplateErrorKind::Duplicate, text, start, message));
        }
        *slot = Some((start, check_file(text, outline)?));
    }
    match (private, global) {
        (None, _) => Err(TemplateError::whole(
            TemplateErrorKind::Missing,
            "the template has no <file_config> of type file; add the phones' private part",
        )),
        (Some((_, private)), None) => Ok(Files::Private([private])),
        (Some((at, private)), Some((global_at, global))) => Ok(if at < global_at {
            Files::PrivateFirst([private, global])
        } else {
            Files::GlobalFirst([global, private])
        }),
    }
}
