//! A vendor template as a checked document: the imported bytes, and what they say (AMB-16).
//!
//! The format is the vendor's `<ipphonetamplate>` (misspelt so): a type, a description, and one
//! `<file_config>` for the global file (TPL-29) and one for each phone's private file (TPL-30).
//! Editing and writing stand in `writer.rs`; what the data sections mean is compiled elsewhere.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::encoding::{Decoded, TemplateEncoding, encode_file};
use super::error::{TemplateError, TemplateErrorKind, position, shown};
use super::reader::MAX_BYTES;
use outline::{FileOutline, not_empty};

mod outline;

pub(super) use outline::{Leaf, Outline, lf, one_line, outline};

/// The longest name of a generated file, in bytes.
pub const MAX_FILE_NAME_BYTES: usize = 128;

/// The longest type, description, profile or destination, in characters.
pub const MAX_FIELD_CHARS: usize = 256;

/// The placeholder that makes the name of a private file one name per phone (TPL-35).
pub(super) const MAC_PLACEHOLDER: &str = "%ITCS_mac%";

/// The directory that vendor templates name; the default where a file names none.
pub(super) const DEFAULT_DESTINATION: &str = "%ITCS_destination%";

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
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Global => "global_file",
            Self::Private => "file",
        }
    }

    /// The text of `<profile>` that goes with it.
    pub(super) fn default_profile(self) -> &'static str {
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

fn check_file(text: &str, outline: FileOutline) -> Result<FileConfig, TemplateError> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LATIN1: &[u8] = include_bytes!("fixtures/latin1.xml");

    fn refused(text: &str) -> (TemplateErrorKind, u32, u32) {
        let error = TemplateDocument::parse(text.as_bytes()).unwrap_err();
        (error.kind(), error.line(), error.column())
    }

    /// A small lawful template, one element a line, with one piece replaced.
    fn with(from: &str, to: &str) -> String {
        let text = "<ipphonetamplate>\n<type>t</type>\n<description>d</description>\n\
                    <file_config>\n<type>global_file</type>\n<name>g.cfg</name>\n<data>g=1</data>\n</file_config>\n\
                    <file_config>\n<type>file</type>\n<name>%ITCS_mac%.cfg</name>\n<data>p=1</data>\n</file_config>\n\
                    </ipphonetamplate>\n";
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    }

    #[test]
    fn amb_16_the_fields_of_a_template_are_read() {
        let document = TemplateDocument::parse(LATIN1).unwrap();
        assert_eq!(document.bytes(), LATIN1);
        assert_eq!(document.encoding(), TemplateEncoding::Latin1);
        assert_eq!(document.model_type(), "audiocodes_430HD");
        assert_eq!(document.description(), "Accueil & réunion");
        let [global, private] = document.files() else { panic!("two files") };
        assert_eq!((Some(global), private), (document.global(), document.private()));
        assert_eq!((global.role, &*global.name), (FileRole::Global, "Test_global.cfg"));
        assert_eq!((&*global.data, global.data_line), ("", 16));
        assert_eq!((&*private.profile, private.encrypt_mode), ("user", 0));
        assert_eq!((&*private.name, &*private.destination), ("%ITCS_mac%.cfg", "%ITCS_destination%"));
        assert_eq!(
            private.data,
            "include Test_global.cfg\nvoip/line/0/description=Réception\nvoip/dialing/odd=a]]>b\n\
             system/ldap/name_filter=(|(sn=%)(givenname=%))\nzzz3_user_cfg=ENABLE"
        );
        assert_eq!(private.data_line, 26);
    }

    #[test]
    fn amb_16_the_line_of_the_data_is_exact_in_every_form() {
        for (data, expected, line) in [
            ("<data>p=1</data>", "p=1", 12),
            ("<data>\n\n  p=1\n  q=2\n</data>", "p=1\n  q=2", 14),
            ("<data><![CDATA[p=1]]></data>", "p=1", 12),
            ("<data>\n<![CDATA[\np=1\n]]></data>", "p=1\n", 14),
            ("<data>\n<![CDATA[\n\np=1]]></data>", "\np=1", 14),
            ("<data\n>\n &#32;p=1</data>", " p=1", 14),
            ("<data>\r\n<![CDATA[\r\np=1\r\nq=2]]>\r\n</data>", "p=1\nq=2", 14),
            ("<data>\r<![CDATA[\rp=1\rq=2]]></data>", "p=1\nq=2", 14),
            ("<data>p=1\n<![CDATA[q=2]]>\n<![CDATA[r=3]]>\n</data>", "p=1\nq=2\nr=3", 12),
            ("<data>\n</data>", "", 12),
            ("<data/>", "", 12),
        ] {
            let document = TemplateDocument::parse(with("<data>p=1</data>", data).as_bytes()).unwrap();
            let file = document.private();
            assert_eq!((&*file.data, file.data_line), (expected, line), "{data:?}");
        }
    }

    #[test]
    fn amb_16_what_the_vendor_may_leave_out_has_defaults() {
        let document = TemplateDocument::parse(with("t", "t").as_bytes()).unwrap();
        let [global, private] = document.files() else { panic!("two files") };
        assert_eq!((&*global.profile, &*private.profile), ("global", "user"));
        assert_eq!((&*global.destination, global.encrypt_mode), ("%ITCS_destination%", 0));

        let text = with("<description>d</description>", "<description>a\n\tb</description>")
            .replace("ipphonetamplate", "ipphonetemplate");
        let document = TemplateDocument::parse(text.as_bytes()).unwrap();
        assert_eq!(document.description(), "a b");

        let swapped =
            with("global_file", "file").replacen("%ITCS_mac%", "x", 1).replacen("g.cfg", "%ITCS_mac%.cfg", 1);
        let swapped = swapped.replacen("<type>file</type>\n<name>x", "<type>global_file</type>\n<name>x", 1);
        let document = TemplateDocument::parse(swapped.as_bytes()).unwrap();
        assert_eq!(document.files().first().unwrap(), document.private());
        assert_eq!(document.files().last(), document.global());
        assert_eq!(document.file(FileRole::Global).unwrap().name, "x.cfg");
    }

    #[test]
    fn tpl_28_a_document_that_is_no_template_is_refused_with_its_place() {
        use TemplateErrorKind::{ControlCharacter, Duplicate, Encrypted, Misplaced, Missing, Root, Value};
        let file = "<file_config><type>file</type><name>%ITCS_mac%.cfg</name><data/></file_config>";
        for (from, to, expected) in [
            ("<ipphonetamplate>", "\n<html>", (Root, 2, 1)),
            ("<type>t</type>\n", "", (Missing, 1, 1)),
            ("<type>t</type>", "<type> </type>", (Value, 2, 1)),
            ("<type>t</type>", "<type>t\nu</type>", (Value, 2, 7)),
            ("<description>d</description>\n", "", (Missing, 1, 1)),
            ("<description>d", "<description>d</description>\n <description>e", (Duplicate, 4, 2)),
            ("<type>t", "<type>t</type><type>t", (Duplicate, 2, 15)),
            ("<description>d", "stray<description>d", (Misplaced, 3, 1)),
            ("<description>d", "<![CDATA[]]><description>d", (Misplaced, 3, 1)),
            ("<name>g.cfg", " &amp;<name>g.cfg", (Misplaced, 6, 2)),
            ("<type>global_file</type>\n", "", (Missing, 4, 1)),
            ("global_file", "globule", (Value, 5, 7)),
            ("<type>file</type>", "<type>global_file</type>", (Duplicate, 9, 1)),
            ("</file_config>\n</", &format!("</file_config>\n{file}</"), (Duplicate, 14, 1)),
            ("<name>g.cfg</name>\n", "", (Missing, 4, 1)),
            ("<name>g.cfg</name>", "<name/>", (Value, 6, 1)),
            ("<data>g=1</data>\n", "", (Missing, 4, 1)),
            ("<data>g=1</data>", "<data/>\n<data/>", (Duplicate, 8, 1)),
            ("<data>g=1", "<data>g=<b/>1", (Misplaced, 7, 9)),
            ("<data>g=1", "<data><!-- -->g=1", (Misplaced, 7, 7)),
            ("<data>g=1", "<data>g=1\nh=\u{7F}", (ControlCharacter, 8, 3)),
            ("<data>g=1", "<data>g=1\nh=2\ni\u{85}", (ControlCharacter, 9, 2)),
            ("<data>g=1", "<data>g=\u{2028}", (ControlCharacter, 7, 9)),
            ("<data>g=1", "<data>g=\0", (ControlCharacter, 7, 9)),
            ("<data>g=1", "<data>g=1\n\u{1B}", (ControlCharacter, 8, 1)),
            ("<data>g=1", "<encrypt_mode>1</encrypt_mode><data>g=1", (Encrypted, 7, 15)),
            ("<data>g=1", "<encrypt_mode>no</encrypt_mode><data>g=1", (Value, 7, 15)),
            ("<data>g=1", "<encrypt_mode/><data>g=1", (Value, 7, 16)),
        ] {
            let text = with(from, to);
            assert_eq!(
                refused(&text),
                expected,
                "{to:?}: {}",
                TemplateDocument::parse(text.as_bytes()).unwrap_err()
            );
        }
        let empty = "<ipphonetamplate><type>t</type><description/></ipphonetamplate>";
        assert_eq!(refused(empty), (Missing, 1, 1));
        assert_eq!(refused(&with("<type>t", &format!("<type>{}", "t".repeat(257)))), (Value, 2, 7));
    }

    #[test]
    fn file_names_that_would_not_be_safe_are_refused() {
        let long = format!("{}.cfg", "x".repeat(124));
        for name in ["g.cfg", "Audiocodes_430HD_global GENERIC-1.0.cfg", "0123456789ag.cfg", &long] {
            let text = with("g.cfg", name);
            assert_eq!(TemplateDocument::parse(text.as_bytes()).unwrap().global().unwrap().name, name);
        }
        let long = format!("{}.cfg", "x".repeat(125));
        for name in [
            ".cfg",
            ".g.cfg",
            "g.cfx",
            "g.CFG",
            "../g.cfg",
            "a/g.cfg",
            "a\\g.cfg",
            "é.cfg",
            "%ITCS_mac%.cfg",
            "00908f9a9623.cfg",
            "00908F9A9623.cfg",
            "g.cfg?",
            &long,
        ] {
            assert_eq!(refused(&with("g.cfg", name)), (TemplateErrorKind::Value, 6, 7), "{name}");
        }
        let text = with("%ITCS_mac%.cfg", "phone-%ITCS_mac%_a.cfg");
        assert!(TemplateDocument::parse(text.as_bytes()).is_ok());
        for name in [
            "x.cfg",
            "%ITCS_MAC%.cfg",
            "%ITCS_mac%",
            "%ITCS_mac%%ITCS_mac%.cfg",
            "%ITCS_mac%%ITCS_x%.cfg",
            "a/%ITCS_mac%.cfg",
            ".%ITCS_mac%.cfg",
        ] {
            assert_eq!(refused(&with("%ITCS_mac%.cfg", name)), (TemplateErrorKind::Value, 11, 7), "{name}");
        }
    }

    #[test]
    fn tpl_46_oversized_input_is_refused_unread() {
        assert_eq!(refused(&"x".repeat(10_000_000)), (TemplateErrorKind::Limit, 1, 1));
        let filler = " ".repeat(MAX_BYTES - with("t", "t").len());
        assert!(TemplateDocument::parse((with("t", "t") + &filler).as_bytes()).is_ok());
        assert_eq!(refused(&(with("t", "t") + &filler + " ")), (TemplateErrorKind::Limit, 1, 1));
    }

    #[test]
    fn tpl_28_a_truncated_file_is_refused_wherever_it_ends() {
        for end in 0..LATIN1.len() {
            assert!(TemplateDocument::parse(&LATIN1[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn debug_shows_no_data() {
        let document = TemplateDocument::parse(LATIN1).unwrap();
        let shown = format!("{document:?}");
        assert!(shown.len() < 600 && !shown.contains("zzz3"), "{shown}");
    }

    /// The unedited export of a real server is not part of the repository; where it lies beside it,
    /// it is read.
    #[test]
    fn tpl_39_a_real_export_is_read_unchanged() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/Audiocodes_430HD_GENERIC.template.xml");
        let Ok(bytes) = std::fs::read(path) else { return };
        let document = TemplateDocument::parse(&bytes).unwrap();
        assert_eq!(document.bytes(), bytes);
        assert_eq!(document.model_type(), "audiocodes_430HD");
        assert_eq!(document.global().unwrap().data, "");
        assert_eq!(document.private().data_line, 27);
        assert!(document.private().data.starts_with("include Audiocodes_430HD_global_GENERIC_empty.cfg\n"));
        assert!(document.private().data.ends_with("\nzzz3_user_cfg=ENABLE"));
        assert_eq!(TemplateDocument::from_text(&document.text()).unwrap(), document);
    }

    proptest! {
        #[test]
        fn tpl_46_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = TemplateDocument::parse(&bytes);
        }

        #[test]
        fn tpl_46_mutated_templates_are_read_or_refused(
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, any::<u8>()), 1..6),
        ) {
            let mut bytes = LATIN1.to_vec();
            for (at, action, byte) in edits {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match action {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    2 => drop(bytes.remove(at)),
                    3 => bytes.truncate(at + 1),
                    4 => drop(bytes.splice(at..at, *b"<![CDATA[")),
                    _ => bytes[at] = [b'<', b'>', b'&', b'"', b'!', b'/'][usize::from(byte) % 6],
                }
            }
            if let Ok(document) = TemplateDocument::parse(&bytes) {
                prop_assert_eq!(document.bytes(), &bytes);
                let again = TemplateDocument::from_text(&document.text()).unwrap();
                prop_assert_eq!(again.files(), document.files());
                let private = document.with_data(FileRole::Private, "a=1").unwrap();
                prop_assert_eq!(&private.private().data, "a=1");
            }
        }

        /// Line *n* of the data is line `data_line + n - 1` of the file, whatever the form.
        #[test]
        fn amb_16_data_lines_are_lines_of_the_file(
            before in "[ \t\n]{0,4}",
            pieces in prop::collection::vec(("([a-z=]{0,3}(\n|\r|\r\n)?){0,4}", any::<bool>()), 1..5),
        ) {
            let body: String = pieces
                .iter()
                .map(|(piece, cdata)| if *cdata { format!("<![CDATA[{piece}]]>") } else { piece.clone() })
                .collect();
            let text = with("<data>p=1</data>", &format!("<data>{before}{body}</data>"));
            let document = TemplateDocument::parse(text.as_bytes()).unwrap();
            let file = document.private();
            let xml = text.replace("\r\n", "\n").replace('\r', "\n");
            let lines: Vec<String> = xml
                .split('\n')
                .map(|line| {
                    ["<![CDATA[", "]]>", "<data>", "</data>"]
                        .iter()
                        .fold(line.to_owned(), |line, markup| line.replace(markup, ""))
                })
                .collect();
            let count = file.data.split('\n').count();
            for (n, line) in file.data.split('\n').enumerate() {
                let place = usize::try_from(file.data_line).unwrap() - 1 + n;
                if n == 0 || n + 1 == count {
                    prop_assert!(lines[place].contains(line), "{} in {}", line, text);
                } else {
                    prop_assert_eq!(&lines[place], line);
                }
            }
        }
    }
}
