//! One `<file_config>` of a template: which file it describes, and what a phone's file may be called.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::outline::{FileOutline, not_empty};
use crate::template::error::{TemplateError, TemplateErrorKind, position, shown};

/// The longest name of a generated file, in bytes.
pub const MAX_FILE_NAME_BYTES: usize = 128;

/// The placeholder that makes the name of a private file one name per phone (TPL-35).
pub(in crate::template) const MAC_PLACEHOLDER: &str = "%ITCS_mac%";

/// The directory that vendor templates name; the default where a file names none.
pub(in crate::template) const DEFAULT_DESTINATION: &str = "%ITCS_destination%";

/// Which of a template's two files a part describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// The upper section: parameters for all phones of the template, in one file (TPL-29, TPL-32).
    Global,
    /// The lower section: parameters of one phone, in one file per phone (TPL-30, TPL-35).
    Private,
}

impl FileRole {
    /// The text of `<type>` in a `<file_config>`.
    pub(in crate::template) fn type_name(self) -> &'static str {
        match self {
            Self::Global => "global_file",
            Self::Private => "file",
        }
    }

    /// The text of `<profile>` that goes with it.
    pub(in crate::template) fn default_profile(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Private => "user",
        }
    }
}

/// One `<file_config>`: a file that the template describes.
#[derive(Clone, PartialEq, Eq)]
pub struct FileConfig {
    /// Which file it is.
    pub role: FileRole,
    /// The vendor's profile, `global` or `user`; kept, not used. Defaults by role where it is absent.
    pub profile: String,
    /// Always 0: templates for encrypted files are refused. 0 where it is absent.
    pub encrypt_mode: u8,
    /// The file's name: a plain `.cfg` name, or for the private file one around `%ITCS_mac%`.
    pub name: String,
    /// The vendor server's directory; kept, not used. `%ITCS_destination%` where it is absent.
    pub destination: String,
    /// The lines of the file, ended by LF, without markup. White space around a CDATA section and
    /// one line end directly after its opening are not part of it.
    pub data: String,
    /// The line of the XML file on which the first line of `data` stands, from 1. Line *n* of
    /// `data` stands on line `data_line + n - 1`.
    pub data_line: u32,
}

/// Shows the size of the data instead of the data, which is long and may hold passwords.
impl fmt::Debug for FileConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileConfig")
            .field("role", &self.role)
            .field("name", &self.name)
            .field("data_bytes", &self.data.len())
            .field("data_line", &self.data_line)
            .finish_non_exhaustive()
    }
}

/// Checks a file, and takes over its fields.
pub(super) fn check_file(text: &str, outline: FileOutline) -> Result<FileConfig, TemplateError> {
    let FileOutline { start: _, role, profile, encrypt_mode, name, destination, data } = outline;
    if let Some(mode) = &encrypt_mode
        && mode.value != "0"
    {
        let at = mode.start;
        return Err(if mode.value.parse::<u8>().is_ok() {
            let message = "encrypted templates are not supported; set <encrypt_mode> to 0";
            TemplateError::at(TemplateErrorKind::Encrypted, text, at, message)
        } else {
            let message = format!("{} is no encryption mode; write 0", shown(&mode.value));
            TemplateError::at(TemplateErrorKind::Value, text, at, message)
        });
    }
    not_empty(text, &name, "name")?;
    let fault = match role {
        FileRole::Global => global_name_fault(&name.value),
        FileRole::Private => private_name_fault(&name.value),
    };
    if let Some(fault) = fault {
        let message = format!("the file name {} {fault}", shown(&name.value));
        return Err(TemplateError::at(TemplateErrorKind::Value, text, name.start, message));
    }
    let (data_line, _) = position(text, data.start);
    Ok(FileConfig {
        role,
        profile: profile.map_or_else(|| role.default_profile().to_owned(), |leaf| leaf.value),
        encrypt_mode: 0,
        name: name.value,
        destination: destination.map_or_else(|| DEFAULT_DESTINATION.to_owned(), |leaf| leaf.value),
        data: data.value,
        data_line,
    })
}

/// What is wrong with the name of a global file. It is served beside the phones' own files, so it
/// must not look like one of them.
fn global_name_fault(name: &str) -> Option<&'static str> {
    let stem = name.strip_suffix(".cfg").unwrap_or(name);
    if stem.len() == 12 && stem.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some("is that of a phone's private file; choose another");
    }
    plain_name_fault(name)
}

/// What is wrong with the name of a private file: it needs the MAC placeholder, once, and no other.
fn private_name_fault(name: &str) -> Option<&'static str> {
    match name.split_once(MAC_PLACEHOLDER) {
        None => Some("must contain the placeholder %ITCS_mac%, as in `%ITCS_mac%.cfg`"),
        Some((before, after))
            if after.contains(MAC_PLACEHOLDER) || before.contains('%') || after.contains('%') =>
        {
            Some("may contain the placeholder %ITCS_mac% once and no other; write `%ITCS_mac%.cfg`")
        }
        // The placeholder becomes twelve plain characters, which is what counts for the rest.
        Some((before, after)) => plain_name_fault(&format!("{before}0123456789ab{after}")),
    }
}

fn plain_name_fault(name: &str) -> Option<&'static str> {
    if name.len() > MAX_FILE_NAME_BYTES {
        Some("is longer than 128 bytes; shorten it")
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'_' | b'-')) {
        Some("may have letters, digits, blanks and `.`, `_`, `-` only")
    } else if name.starts_with('.') {
        Some("must not begin with a dot")
    } else if name.strip_suffix(".cfg").is_none_or(str::is_empty) {
        Some("must end in `.cfg`")
    } else {
        None
    }
}
