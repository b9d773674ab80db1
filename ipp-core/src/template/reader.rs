//! A bounded reader of XML: quick-xml events with our own limits and no document type definitions (TPL-46).
//!
//! It knows nothing of templates. It never recurses and holds only the names of the open elements,
//! so its memory is bounded by [`MAX_DEPTH`] whatever the input.

mod attributes;
mod characters;

use std::ops::Range;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error as XmlError, Reader};

use super::error::{TemplateError, TemplateErrorKind, position, shown};
use characters::{is_name, is_xml_char, referred};

pub(super) use characters::{control_character, is_control, is_xml_space};

/// The largest template file that is read, in bytes; real ones have about 10 KB (TPL-46).
pub const MAX_BYTES: usize = 1024 * 1024;

/// The deepest nesting of elements, the root being 1; a template needs 3 (TPL-46).
pub const MAX_DEPTH: usize = 64;

/// The most attributes of one element; a template needs none (TPL-46).
pub const MAX_ATTRIBUTES: usize = 256;

/// The most pieces of one file: tags, texts, references, comments and instructions (TPL-46).
pub const MAX_NODES: usize = 50_000;

/// A piece of the file and the bytes of the decoded text that it covers.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) kind: ItemKind<'a>,
    pub(super) span: Range<usize>,
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind<'a> {
    /// A start tag. A self-closing one is followed by a `Close` with an empty span.
    Open(&'a str),
    /// The end tag of the innermost open element.
    Close,
    /// Text without references, as written.
    Text(&'a str),
    /// The inside of a CDATA section, as written.
    CData(&'a str),
    /// A resolved reference.
    Reference(char),
    /// A comment, a processing instruction or the XML declaration.
    Aside,
    /// The end of the file, with no element left open.
    End,
}

/// Reads one file from start to end.
#[derive(Debug)]
pub(super) struct XmlReader<'a> {
    text: &'a str,
    xml: Reader<&'a [u8]>,
    /// Name and offset of each open element, outermost first.
    open: Vec<(&'a str, usize)>,
    nodes: usize,
    root_seen: bool,
}

impl<'a> XmlReader<'a> {
    /// A reader of a decoded file; refuses characters that XML does not allow anywhere.
    pub(super) fn new(text: &'a str) -> Result<Self, TemplateError> {
        if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
            return Err(control_character(text, at, c));
        }
        if text.starts_with('\u{FEFF}') {
            // quick-xml would drop it and shift every offset.
            return Err(TemplateError::whole(
                TemplateErrorKind::Syntax,
                "the file begins with two byte order marks; remove one",
            ));
        }
        let mut xml = Reader::from_str(text);
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        // End tags are matched below, where the message can name the line of the start tag.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Ok(Self { text, xml, open: Vec::new(), nodes: 0, root_seen: false })
    }

    /// The text that is read.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// An error at an offset of this text.
    pub(super) fn error(
        &self,
        kind: TemplateErrorKind,
        offset: usize,
        message: impl Into<Box<str>>,
    ) -> TemplateError {
        TemplateError::at(kind, self.text, offset, message)
    }

    /// The next piece. After [`ItemKind::End`] the same comes again.
    pub(super) fn next(&mut self) -> Result<Item<'a>, TemplateError> {
        let start = offset(self.xml.buffer_position());
        let event = self.xml.read_event().map_err(|error| self.malformed(&error))?;
        let span = start..offset(self.xml.buffer_position());
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            return Err(self.error(
                TemplateErrorKind::Limit,
                start,
                format!("the file has more than {MAX_NODES} pieces; shorten it"),
            ));
        }
        let kind = match event {
            Event::Start(tag) | Event::Empty(tag) => self.start_tag(&tag, start)?,
            Event::End(tag) => self.end_tag(tag.name().as_ref(), start)?,
            Event::Text(_) => self.plain_text(&span)?,
            Event::CData(_) => {
                self.inside_root(start)?;
                let inner = start.saturating_add("<![CDATA[".len())..span.end.saturating_sub("]]>".len());
                ItemKind::CData(self.text.get(inner).unwrap_or_default())
            }
            Event::GeneralRef(_) => {
                self.inside_root(start)?;
                let inner = start.saturating_add(1)..span.end.saturating_sub(1);
                let name = self.text.get(inner).unwrap_or_default();
                ItemKind::Reference(self.resolve(name, start)?)
            }
            Event::Decl(_) if start == 0 => ItemKind::Aside,
            Event::Decl(_) => {
                return Err(self.error(
                    TemplateErrorKind::Syntax,
                    start,
                    "the XML declaration must be the very first thing in the file; move it there",
                ));
            }
            Event::Comment(_) | Event::PI(_) => ItemKind::Aside,
            Event::DocType(_) => return Err(self.doctype(start)),
            Event::Eof => self.end_of_file(start)?,
        };
        Ok(Item { kind, span })
    }

    fn start_tag(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<ItemKind<'a>, TemplateError> {
        let length = tag.name().as_ref().len();
        let first = start.saturating_add(1);
        let name = self.text.get(first..first.saturating_add(length)).unwrap_or_default();
        if !is_name(name) {
            let message = format!(
                "{} is not an element name; write `<` in text as `&lt;` or put the text in a CDATA section",
                shown(name)
            );
            return Err(self.error(TemplateErrorKind::Syntax, start, message));
        }
        if self.open.is_empty() && self.root_seen {
            return Err(self.error(
                TemplateErrorKind::Syntax,
                start,
                format!("a second root element <{}>; a file holds one template", bare(name)),
            ));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(
                TemplateErrorKind::Limit,
                start,
                format!("elements are nested more than {MAX_DEPTH} deep"),
            ));
        }
        self.attributes(tag, first)?;
        self.root_seen = true;
        self.open.push((name, start));
        Ok(ItemKind::Open(name))
    }

    fn end_tag(&mut self, name: &str, start: usize) -> Result<ItemKind<'a>, TemplateError> {
        match self.open.pop() {
            Some((opened, _)) if opened == name => Ok(ItemKind::Close),
            Some((opened, at)) => {
                let (line, _) = position(self.text, at);
                let message = format!(
                    "`</{}>` stands where <{}> of line {line} is open; close that first",
                    bare(name),
                    bare(opened)
                );
                Err(self.error(TemplateErrorKind::Syntax, start, message))
            }
            None => {
                let message = format!("`</{}>` closes nothing; remove it", bare(name));
                Err(self.error(TemplateErrorKind::Syntax, start, message))
            }
        }
    }

    fn plain_text(&self, span: &Range<usize>) -> Result<ItemKind<'a>, TemplateError> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        if let Some(at) = text.find("]]>") {
            return Err(self.error(
                TemplateErrorKind::Syntax,
                span.start.saturating_add(at),
                "`]]>` outside a CDATA section; write it as `]]&gt;`, or inside one as `]]]]><![CDATA[>`",
            ));
        }
        if let Some(at) = text.find(|c| !is_xml_space(c)) {
            self.inside_root(span.start.saturating_add(at))?;
        }
        Ok(ItemKind::Text(text))
    }

    fn inside_root(&self, at: usize) -> Result<(), TemplateError> {
        if self.open.is_empty() {
            return Err(self.error(
                TemplateErrorKind::Syntax,
                at,
                "text outside the root element; is this an XML template?",
            ));
        }
        Ok(())
    }

    fn end_of_file(&self, at: usize) -> Result<ItemKind<'a>, TemplateError> {
        if let Some((name, opened)) = self.open.last() {
            let (line, _) = position(self.text, *opened);
            let name = bare(name);
            let message = format!("the file ends inside <{name}> of line {line}; add `</{name}>`");
            return Err(self.error(TemplateErrorKind::Syntax, at, message));
        }
        if !self.root_seen {
            return Err(self.error(TemplateErrorKind::Syntax, at, "the file has no element at all"));
        }
        Ok(ItemKind::End)
    }

    fn resolve(&self, reference: &str, at: usize) -> Result<char, TemplateError> {
        referred(reference).map_err(|message| self.error(TemplateErrorKind::Entity, at, message))
    }

    fn doctype(&self, at: usize) -> TemplateError {
        self.error(
            TemplateErrorKind::Doctype,
            at,
            "a document type definition (<!DOCTYPE …>) is not allowed; remove it",
        )
    }

    /// Turns an error of quick-xml into ours. The place is its own, or where an unclosed piece begins.
    fn malformed(&self, error: &XmlError) -> TemplateError {
        let at = offset(self.xml.error_position());
        let here = self.text.get(at..).unwrap_or_default();
        if here.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!DOCTYPE"))
            || matches!(error, XmlError::IllFormed(quick_xml::errors::IllFormedError::MissingDoctypeName))
        {
            return self.doctype(at);
        }
        self.error(TemplateErrorKind::Syntax, at, error.to_string())
    }
}

/// A name for a message that brings its own brackets.
fn bare(name: &str) -> String {
    shown(name).trim_matches('`').to_owned()
}

/// An offset as an index; texts are far shorter than either type.
fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads to the end and shows what was there.
    fn read(text: &str) -> Result<String, TemplateError> {
        use std::fmt::Write as _;
        let mut reader = XmlReader::new(text)?;
        let mut seen = String::new();
        loop {
            let item = reader.next()?;
            match item.kind {
                ItemKind::Open(name) => write!(seen, "({name} ").unwrap(),
                ItemKind::Close => seen.push(')'),
                ItemKind::Text(text) => write!(seen, "{text:?} ").unwrap(),
                ItemKind::CData(text) => write!(seen, "[{text:?}] ").unwrap(),
                ItemKind::Reference(c) => write!(seen, "&{c} ").unwrap(),
                ItemKind::Aside => seen.push('~'),
                ItemKind::End => return Ok(seen),
            }
        }
    }

    fn refused(text: &str) -> (TemplateErrorKind, u32, u32) {
        let error = read(text).unwrap_err();
        (error.kind(), error.line(), error.column())
    }

    #[test]
    fn well_formed_files_are_read_piece_by_piece() {
        for (text, expected) in [
            ("<a/>", "(a )"),
            ("<?xml version='1.0'?>\n<a ><!-- - --><?p i?></a >\n", "~\"\\n\" (a ~~)\"\\n\" "),
            ("<a x='1' y=\"&lt;&#65;\">&amp;&#x41;&#233;<![CDATA[<&]]></a>", "(a && &A &é [\"<&\"] )"),
            ("<a><b/>t</a>", "(a (b )\"t\" )"),
            ("<é:b.c-d_1/>", "(é:b.c-d_1 )"),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn tpl_28_malformed_xml_is_refused_with_its_place() {
        use TemplateErrorKind::{ControlCharacter, Syntax};
        for (text, expected) in [
            ("", (Syntax, 1, 1)),
            (" \n", (Syntax, 2, 1)),
            ("plain", (Syntax, 1, 1)),
            ("<a>\n <b>", (Syntax, 2, 5)),
            ("<a>\n</b>", (Syntax, 2, 1)),
            ("<a></a b='1'>", (Syntax, 1, 4)),
            ("<a/>\n</a>", (Syntax, 2, 1)),
            ("<a/>\n<b/>", (Syntax, 2, 1)),
            ("<a/> x", (Syntax, 1, 6)),
            ("<a/><![CDATA[]]>", (Syntax, 1, 5)),
            ("<a/>&amp;", (Syntax, 1, 5)),
            ("<a>\n<", (Syntax, 2, 1)),
            ("<a>\n<b", (Syntax, 2, 1)),
            ("<a>1 < 2</a>", (Syntax, 1, 6)),
            ("<1/>", (Syntax, 1, 1)),
            ("<>", (Syntax, 1, 1)),
            ("<a>\n <!-- x", (Syntax, 2, 2)),
            ("<a><!-- x -- y --></a>", (Syntax, 1, 11)),
            ("<a>\n<![CDATA[ x", (Syntax, 2, 1)),
            ("<a>\n<![cdata[ x]]></a>", (Syntax, 2, 1)),
            ("<a><?p", (Syntax, 1, 4)),
            ("<a><!ELEMENT b></a>", (Syntax, 1, 4)),
            ("<a>x\n]]></a>", (Syntax, 2, 1)),
            ("<a>&amp</a>", (Syntax, 1, 4)),
            ("<a>b & c</a>", (Syntax, 1, 6)),
            ("<a>\n<?xml version='1.0'?></a>", (Syntax, 2, 1)),
            ("\n<?xml version='1.0'?><a/>", (Syntax, 2, 1)),
            ("<a b></a>", (Syntax, 1, 5)),
            ("<a b=c></a>", (Syntax, 1, 6)),
            ("<a b='1' b='2'></a>", (Syntax, 1, 10)),
            ("<a b='<'></a>", (Syntax, 1, 1)),
            ("<a b='&'></a>", (Syntax, 1, 1)),
            ("<a>\n\0</a>", (ControlCharacter, 2, 1)),
            ("<a>\u{FFFF}</a>", (ControlCharacter, 1, 4)),
            ("\u{FEFF}<a/>", (Syntax, 1, 1)),
        ] {
            assert_eq!(refused(text), expected, "{text:?}: {}", read(text).unwrap_err());
        }
    }

    #[test]
    fn tpl_46_document_types_and_foreign_entities_are_refused() {
        use TemplateErrorKind::{Doctype, Entity};
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]>\n<a>&c;</a>";
        for (text, expected) in [
            (bomb, (Doctype, 1, 1)),
            ("<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>&b;</a>", (Doctype, 2, 1)),
            ("<!doctype a><a/>", (Doctype, 1, 1)),
            ("<!DOCTYPE a [", (Doctype, 1, 1)),
            ("<a>\n  &nbsp;</a>", (Entity, 2, 3)),
            ("<a>&;</a>", (Entity, 1, 4)),
            ("<a>&#0;</a>", (Entity, 1, 4)),
            ("<a>&#10;</a>", (Entity, 1, 4)),
            ("<a>&#x1B;</a>", (Entity, 1, 4)),
            ("<a>&#x85;</a>", (Entity, 1, 4)),
            ("<a>&#xD800;</a>", (Entity, 1, 4)),
            ("<a>&#xFFFF;</a>", (Entity, 1, 4)),
            ("<a>&#99999999999;</a>", (Entity, 1, 4)),
            ("<a>&#X41;</a>", (Entity, 1, 4)),
            ("<a>&#+65;</a>", (Entity, 1, 4)),
            ("<a>&#;</a>", (Entity, 1, 4)),
            ("<a b='&c;'/>", (Entity, 1, 1)),
        ] {
            assert_eq!(refused(text), expected, "{text:?}");
        }
    }

    #[test]
    fn tpl_46_every_limit_holds_and_its_last_lawful_value_passes() {
        use TemplateErrorKind::Limit;
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(refused(&nested(MAX_DEPTH + 1)), (Limit, 1, 1 + 3 * 64));
        assert_eq!(refused(&"<a>".repeat(300_000)), (Limit, 1, 1 + 3 * 64));

        let attributes = |count: usize| {
            let list: Vec<String> = (0..count).map(|n| format!("a{n}='1'")).collect();
            format!("<a {}/>", list.join(" "))
        };
        assert!(read(&attributes(MAX_ATTRIBUTES)).is_ok());
        assert_eq!(refused(&attributes(MAX_ATTRIBUTES + 1)), (Limit, 1, 1));
        assert_eq!(refused(&attributes(100_000)), (Limit, 1, 1));

        // Start tag, end tag, end of file and two pieces for each empty element.
        let pieces = |empty: usize| format!("<a>{}</a>", "<b/>".repeat(empty));
        let most = (MAX_NODES - 3) / 2;
        assert!(read(&pieces(most)).is_ok());
        assert_eq!(refused(&pieces(most + 1)).0, Limit);
    }
}
