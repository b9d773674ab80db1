//! Writing templates: edits that touch one element only, and new files in the vendor's form (AMB-16).

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::document::{
    DEFAULT_DESTINATION, FileConfig, FileRole, Leaf, MAC_PLACEHOLDER, Outline, TemplateDocument, lf,
    one_line, outline,
};
use super::encoding::Decoded;
use super::error::{TemplateError, TemplateErrorKind};

const CDATA_START: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

/// What a template says, apart from how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateParts {
    /// See [`TemplateDocument::model_type`].
    pub model_type: String,
    /// See [`TemplateDocument::description`].
    pub description: String,
    /// The global file, if there is one (TPL-29).
    pub global: Option<FilePart>,
    /// The private file (TPL-30).
    pub private: FilePart,
}

/// What one `<file_config>` says; its role follows from where it stands in [`TemplateParts`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart {
    /// See [`FileConfig::profile`].
    pub profile: String,
    /// See [`FileConfig::name`].
    pub name: String,
    /// See [`FileConfig::destination`].
    pub destination: String,
    /// See [`FileConfig::data`].
    pub data: String,
}

/// Shows the size of the data instead of the data, which is long and may hold passwords.
impl std::fmt::Debug for FilePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilePart")
            .field("name", &self.name)
            .field("data_bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl FilePart {
    /// A global file with the vendor's profile and destination.
    #[must_use]
    pub fn global(name: impl Into<String>, data: impl Into<String>) -> Self {
        Self::new(FileRole::Global, name.into(), data.into())
    }

    /// A private file with the vendor's name, profile and destination: one file per phone, named by its MAC.
    #[must_use]
    pub fn private(data: impl Into<String>) -> Self {
        Self::new(FileRole::Private, format!("{MAC_PLACEHOLDER}.cfg"), data.into())
    }

    fn new(role: FileRole, name: String, data: String) -> Self {
        let profile = role.default_profile().to_owned();
        Self { profile, name, destination: DEFAULT_DESTINATION.to_owned(), data }
    }
}

impl From<&FileConfig> for FilePart {
    fn from(file: &FileConfig) -> Self {
        Self {
            profile: file.profile.clone(),
            name: file.name.clone(),
            destination: file.destination.clone(),
            data: file.data.clone(),
        }
    }
}

impl TemplateDocument {
    /// Writes a new template in the vendor's form: same elements in the same order, root misspelt
    /// as theirs, in UTF-8.
    ///
    /// Fields are trimmed and line ends become LF; of parts already in that form,
    /// [`parts`](Self::parts) gives back the same.
    ///
    /// # Errors
    ///
    /// The first fault, with its place in the file that would have been written.
    pub fn from_parts(parts: &TemplateParts) -> Result<Self, TemplateError> {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ipphonetamplate>\n");
        element(&mut xml, "\t", "type", &parts.model_type);
        element(&mut xml, "\t", "description", &one_line(&parts.description));
        if let Some(global) = &parts.global {
            file_config(&mut xml, FileRole::Global, global);
        }
        file_config(&mut xml, FileRole::Private, &parts.private);
        xml.push_str("</ipphonetamplate>\n");
        Self::parse(xml.as_bytes())
    }

    /// What the template says, apart from how it is written.
    #[must_use]
    pub fn parts(&self) -> TemplateParts {
        TemplateParts {
            model_type: self.model_type().to_owned(),
            description: self.description().to_owned(),
            global: self.global().map(FilePart::from),
            private: FilePart::from(self.private()),
        }
    }

    /// The template with other data in one of its files (TPL-24).
    ///
    /// Every byte outside that data stays, unless the file is ISO-8859-1 and the new text needs
    /// more: then the whole file and its header become UTF-8. Line ends may be of any kind; the
    /// file's own are written. The same data gives the same bytes.
    ///
    /// # Errors
    ///
    /// [`Missing`](TemplateErrorKind::Missing) if the template has no such file; else as
    /// [`parse`](Self::parse), with the place in the edited file.
    pub fn with_data(&self, role: FileRole, new_data: &str) -> Result<Self, TemplateError> {
        let new_data = lf(new_data);
        let Some(file) = self.file(role) else {
            return Err(TemplateError::whole(
                TemplateErrorKind::Missing,
                "this template has no global file; add a <file_config> of type global_file",
            ));
        };
        if file.data == new_data {
            return Ok(self.clone());
        }
        self.edited(
            "data",
            |outline| outline.files.iter().find(|file| file.role == role).map(|file| &file.data),
            &new_data,
        )
    }

    /// The template with another description, as a clone gets (TPL-14).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), with the place in the edited file.
    pub fn with_description(&self, description: &str) -> Result<Self, TemplateError> {
        let description = one_line(description);
        if self.description() == description {
            return Ok(self.clone());
        }
        self.edited("description", |outline| Some(&outline.description), &description)
    }

    /// The template for another model, as a clone gets (TPL-14).
    ///
    /// # Errors
    ///
    /// [`Value`](TemplateErrorKind::Value) if the type is empty; else as [`parse`](Self::parse),
    /// with the place in the edited file.
    pub fn with_model_type(&self, model_type: &str) -> Result<Self, TemplateError> {
        if self.model_type() == model_type.trim() {
            return Ok(self.clone());
        }
        self.edited("type", |outline| Some(&outline.model_type), model_type.trim())
    }

    /// Replaces the text of one element and reads the result again.
    fn edited(
        &self,
        name: &str,
        find: impl FnOnce(&Outline) -> Option<&Leaf>,
        value: &str,
    ) -> Result<Self, TemplateError> {
        let decoded = Decoded::new(self.bytes())?;
        let outline = outline(&decoded.text)?;
        let Some(leaf) = find(&outline) else { return Ok(self.clone()) };
        let line_end = line_end(&decoded.text);
        let (range, replacement) = if name == "data" {
            data_edit(&decoded.text, leaf, &value.replace('\n', line_end), line_end)
        } else {
            (leaf.content.clone(), escaped(value).into_owned())
        };
        let text = decoded.text.as_ref();
        let edited = match text.get(leaf.open.clone()).and_then(|tag| tag.strip_suffix("/>")) {
            None => splice(text, range, &replacement),
            Some(tag) => {
                splice(text, leaf.open.clone(), &format!("{}>{replacement}</{name}>", tag.trim_end()))
            }
        };
        Self::parse(&decoded.encode(&edited))
    }
}

/// What to write where, so that the data of an element becomes another text.
fn data_edit(text: &str, leaf: &Leaf, value: &str, line_end: &str) -> (Range<usize>, String) {
    if !leaf.in_cdata {
        return (leaf.kept.clone(), cdata(value, line_end));
    }
    // A line end that directly follows the opening is not data, so data that begins with one needs
    // a second; so does an LF after a lone CR, which would take it for its other half.
    let at_opening = text.get(..leaf.kept.start).is_some_and(|before| {
        before.ends_with(CDATA_START) || (before.ends_with('\r') && line_end.starts_with('\n'))
    });
    let inner = if at_opening { cdata_inner(value, line_end) } else { split_ends(value) };
    (leaf.kept.clone(), inner)
}

/// A CDATA section that is read as this text.
fn cdata(value: &str, line_end: &str) -> String {
    format!("{CDATA_START}{}{CDATA_END}", cdata_inner(value, line_end))
}

fn cdata_inner(value: &str, line_end: &str) -> String {
    let extra = if value.starts_with(line_end) { line_end } else { "" };
    format!("{extra}{}", split_ends(value))
}

/// Splits each `]]>` over two sections.
fn split_ends(value: &str) -> String {
    value.replace(CDATA_END, "]]]]><![CDATA[>")
}

/// Text outside CDATA sections.
fn escaped(value: &str) -> Cow<'_, str> {
    quick_xml::escape::partial_escape(value)
}

/// The line end of a file, that of its first line.
fn line_end(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}

/// The text with a range replaced; unchanged if the range is none of it.
fn splice(text: &str, range: Range<usize>, replacement: &str) -> String {
    match (text.get(..range.start), text.get(range.end..)) {
        (Some(head), Some(tail)) => [head, replacement, tail].concat(),
        (None, _) | (_, None) => text.to_owned(),
    }
}

fn element(xml: &mut String, indent: &str, name: &str, value: &str) {
    xml.push_str(&[indent, "<", name, ">", &escaped(value.trim()), "</", name, ">\n"].concat());
}

fn file_config(xml: &mut String, role: FileRole, part: &FilePart) {
    xml.push_str("\t<file_config>\n");
    element(xml, "\t\t", "type", role.type_name());
    element(xml, "\t\t", "profile", &part.profile);
    element(xml, "\t\t", "encrypt_mode", "0");
    element(xml, "\t\t", "name", &part.name);
    element(xml, "\t\t", "destinationDir", &part.destination);
    let data = if part.data.is_empty() {
        // The vendor's own form of an empty file.
        format!("{CDATA_START}\n{CDATA_END}")
    } else {
        cdata(&lf(&part.data), "\n")
    };
    xml.push_str(&["\t\t<data>", &data, "</data>\n\t</file_config>\n"].concat());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::template::encoding::TemplateEncoding;

    const LATIN1: &[u8] = include_bytes!("fixtures/latin1.xml");

    fn fixture() -> TemplateDocument {
        TemplateDocument::parse(LATIN1).unwrap()
    }

    /// The bytes of `after` that differ from `before`: all between their common head and tail.
    fn changed(before: &[u8], after: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (before, after) = (&before[head..], &after[head..]);
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
        (before[..before.len() - tail].to_vec(), after[..after.len() - tail].to_vec())
    }

    #[test]
    fn tpl_24_an_edit_of_data_changes_nothing_else() {
        let document = fixture();
        let data = document.private().data.replace("Réception", "Récepción");
        let edited = document.with_data(FileRole::Private, &data).unwrap();
        assert_eq!(edited.private().data, data);
        assert_eq!(edited.encoding(), TemplateEncoding::Latin1);
        // The split of `]]>` is written anew, and is the same.
        assert_eq!(changed(LATIN1, edited.bytes()), (b"tio".to_vec(), b"ci\xF3".to_vec()));

        let global = document.with_data(FileRole::Global, "\na=1\r\nb=2\n").unwrap();
        assert_eq!(global.global().unwrap().data, "\na=1\nb=2\n");
        assert_eq!(changed(LATIN1, global.bytes()).1, b"\na=1\nb=2\n");
        assert_eq!(global.with_data(FileRole::Global, "").unwrap(), document);
    }

    #[test]
    fn tpl_24_text_beyond_iso_8859_1_turns_the_file_into_utf_8() {
        let document = fixture();
        let edited = document.with_data(FileRole::Private, "a=\u{4F60}\u{597D}").unwrap();
        assert_eq!(edited.encoding(), TemplateEncoding::Utf8);
        assert_eq!(edited.private().data, "a=\u{4F60}\u{597D}");
        assert_eq!(edited.description(), document.description());
        assert!(edited.text().starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!--"));
    }

    #[test]
    fn tpl_14_a_clone_gets_its_own_description_and_type() {
        let document = fixture();
        let clone = document.with_description(" Bar & <Grill>\n").unwrap();
        assert_eq!(clone.description(), "Bar & <Grill>");
        assert!(clone.text().contains("<description >Bar &amp; &lt;Grill&gt;</description>"));
        let clone = clone.with_model_type("audiocodes_440HD").unwrap();
        assert_eq!(clone.model_type(), "audiocodes_440HD");
        assert_eq!(clone.files(), document.files());
        assert_eq!(clone.with_model_type("").unwrap_err().kind(), TemplateErrorKind::Value);
    }

    #[test]
    fn tpl_24_every_form_of_a_data_element_can_be_edited() {
        let form = |data: &str| {
            format!(
                "<ipphonetamplate><type>t</type><description/><file_config><type>file</type>\
                 <name>%ITCS_mac%.cfg</name>{data}</file_config></ipphonetamplate>"
            )
        };
        for data in [
            "<data/>",
            "<data x='1' />",
            "<data></data>",
            "<data> \n </data>",
            "<data> plain &amp; text </data>",
            "<data>&lt;<![CDATA[x]]></data>",
            "<data> <![CDATA[x]]> y </data>",
            "<data><![CDATA[]]></data>",
            "<data><![CDATA[x]]> <![CDATA[y]]> </data>",
            "<data><![CDATA[\rx]]></data>",
            "<data>\r\n<![CDATA[\r\nx]]>\r\n</data>",
            "<data>\r\n<![CDATA[\rx]]></data>",
        ] {
            let document = TemplateDocument::parse(form(data).as_bytes()).unwrap();
            for new in ["", "a", "\na\n", "\n\na", "]]>", "]]", " a\nb ", "&amp;<b/>"] {
                let edited = document.with_data(FileRole::Private, new).unwrap();
                assert_eq!(edited.private().data, new, "{data:?} {new:?}");
                assert_eq!(edited.with_data(FileRole::Private, new).unwrap(), edited);
            }
            let described = document.with_description("d").unwrap();
            assert!(described.text().contains("<description>d</description>"));
            assert_eq!(described.private().data, document.private().data);
        }
    }

    #[test]
    fn tpl_24_a_refused_edit_names_its_place() {
        let document = fixture();
        let error = document.with_data(FileRole::Private, "a=1\nb=\u{1}").unwrap_err();
        assert_eq!(
            (error.kind(), error.line(), error.column()),
            (TemplateErrorKind::ControlCharacter, 27, 3)
        );
        let single = TemplateDocument::from_parts(&TemplateParts {
            model_type: "t".into(),
            description: String::new(),
            global: None,
            private: FilePart::private("a=1"),
        });
        let error = single.unwrap().with_data(FileRole::Global, "a=1").unwrap_err();
        assert_eq!(error.kind(), TemplateErrorKind::Missing);
    }

    #[test]
    fn amb_16_new_templates_are_written_in_the_vendors_form() {
        let document = TemplateDocument::from_parts(&TemplateParts {
            model_type: "audiocodes_405".into(),
            description: "A & B".into(),
            global: Some(FilePart::global("g.cfg", "")),
            private: FilePart::private("include g.cfg\na=1"),
        })
        .unwrap();
        let expected = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<ipphonetamplate>",
            "\t<type>audiocodes_405</type>",
            "\t<description>A &amp; B</description>",
            "\t<file_config>",
            "\t\t<type>global_file</type>",
            "\t\t<profile>global</profile>",
            "\t\t<encrypt_mode>0</encrypt_mode>",
            "\t\t<name>g.cfg</name>",
            "\t\t<destinationDir>%ITCS_destination%</destinationDir>",
            "\t\t<data><![CDATA[",
            "]]></data>",
            "\t</file_config>",
            "\t<file_config>",
            "\t\t<type>file</type>",
            "\t\t<profile>user</profile>",
            "\t\t<encrypt_mode>0</encrypt_mode>",
            "\t\t<name>%ITCS_mac%.cfg</name>",
            "\t\t<destinationDir>%ITCS_destination%</destinationDir>",
            "\t\t<data><![CDATA[include g.cfg",
            "a=1]]></data>",
            "\t</file_config>",
            "</ipphonetamplate>",
            "",
        ];
        assert_eq!(document.text(), expected.join("\n"));
    }

    /// A field as [`TemplateParts`] may hold it: trimmed and on one line.
    fn field() -> impl Strategy<Value = String> {
        "[a-zé&<>\"'\\]%€ ]{0,12}".prop_map(|field| field.trim().to_owned())
    }

    fn data() -> impl Strategy<Value = String> {
        "([ -~é€\t]|\n|\\]\\]>|&#10;|<!\\[CDATA\\[){0,40}"
    }

    fn part(name: &'static str) -> impl Strategy<Value = FilePart> {
        (field(), field(), data(), name).prop_map(|(profile, destination, data, name)| FilePart {
            profile,
            name,
            destination,
            data,
        })
    }

    proptest! {
        #[test]
        fn amb_16_written_parts_are_read_back(
            model_type in "[a-zA-Z0-9_&]{1,20}",
            description in field(),
            global in prop::option::of(part("[a-zA-Z0-9]([a-zA-Z0-9_. -]{0,8})g\\.cfg")),
            private in part("[a-zA-Z0-9_-]{0,8}%ITCS_mac%\\.cfg"),
        ) {
            let parts = TemplateParts { model_type, description, global, private };
            let document = TemplateDocument::from_parts(&parts).unwrap();
            prop_assert_eq!(document.parts(), parts);
            prop_assert_eq!(TemplateDocument::parse(document.bytes()).unwrap(), document);
        }

        #[test]
        fn tpl_24_edited_data_is_read_back(first in data(), second in data(), crlf in any::<bool>()) {
            let text = fixture().text().replace('\n', if crlf { "\r\n" } else { "\n" });
            let document = TemplateDocument::from_text(&text).unwrap();
            let edited = document.with_data(FileRole::Private, &first).unwrap();
            let edited = edited.with_data(FileRole::Global, &second).unwrap();
            prop_assert_eq!(&edited.private().data, &first);
            prop_assert_eq!(&edited.global().unwrap().data, &second);
            let back = edited.with_data(FileRole::Global, "").unwrap();
            let back = back.with_data(FileRole::Private, &document.private().data).unwrap();
            prop_assert_eq!(back.parts(), document.parts());
            let outside = |text: &str| -> String {
                text.split("<data>").filter_map(|part| part.split("</data>").nth(1)).collect()
            };
            prop_assert_eq!(outside(&back.text()), outside(&document.text()));
        }
    }
}
