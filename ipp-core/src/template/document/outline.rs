//! The known elements of a template file, their text, and where they stand in it.
//!
//! The places serve two ends: errors name them, and an edit replaces exactly one of them.

use std::borrow::Cow;
use std::ops::Range;

use super::{FileRole, MAX_FIELD_CHARS};
use crate::template::error::{TemplateError, TemplateErrorKind, position, shown};
use crate::template::reader::{Item, ItemKind, XmlReader, control_character, is_control, is_xml_space};

/// An element that holds text only, and where it stands.
#[derive(Debug)]
pub(in crate::template) struct Leaf {
    /// The text with references resolved and LF line ends; trimmed, except for data.
    pub(in crate::template) value: String,
    /// The start tag; a self-closing one ends with `/>`.
    pub(in crate::template) open: Range<usize>,
    /// Everything between start tag and end tag.
    pub(in crate::template) content: Range<usize>,
    /// Where the first character of the value stands, or would.
    pub(super) start: usize,
    /// The part of the content that an edit replaces: all that makes the value.
    pub(in crate::template) kept: Range<usize>,
    /// Whether that part begins and ends inside CDATA sections.
    pub(in crate::template) in_cdata: bool,
}

/// A `<file_config>` as it stands in the file.
#[derive(Debug)]
pub(in crate::template) struct FileOutline {
    /// Where its start tag stands.
    pub(super) start: usize,
    pub(in crate::template) role: FileRole,
    pub(super) profile: Option<Leaf>,
    pub(super) encrypt_mode: Option<Leaf>,
    pub(super) name: Leaf,
    pub(super) destination: Option<Leaf>,
    pub(in crate::template) data: Leaf,
}

/// The known elements of a template and where they stand.
#[derive(Debug)]
pub(in crate::template) struct Outline {
    pub(in crate::template) model_type: Leaf,
    pub(in crate::template) description: Leaf,
    pub(in crate::template) files: Vec<FileOutline>,
}

/// Finds the known elements in a decoded file.
pub(in crate::template) fn outline(text: &str) -> Result<Outline, TemplateError> {
    let mut reader = XmlReader::new(text)?;
    let root = loop {
        let item = reader.next()?;
        if let ItemKind::Open(name) = item.kind {
            if !matches!(name, "ipphonetamplate" | "ipphonetemplate") {
                let message = format!(
                    "the root element is {}; a phone template begins with <ipphonetamplate>",
                    shown(name)
                );
                return Err(reader.error(TemplateErrorKind::Root, item.span.start, message));
            }
            break item.span.start;
        }
    };
    let (mut model_type, mut description, mut files) = (None, None, Vec::new());
    while let Some((name, span)) = child(&mut reader)? {
        match name {
            "type" => fill(&mut reader, &mut model_type, name, span)?,
            "description" => fill(&mut reader, &mut description, name, span)?,
            "file_config" => files.push(file_outline(&mut reader, span.start)?),
            _ => skip(&mut reader)?,
        }
    }
    // Whatever follows the root must be well-formed too.
    while reader.next()?.kind != ItemKind::End {}
    let model_type = required(text, model_type, root, "ipphonetamplate", "type")?;
    not_empty(text, &model_type, "type")?;
    let description = required(text, description, root, "ipphonetamplate", "description")?;
    Ok(Outline { model_type, description, files })
}

fn file_outline(reader: &mut XmlReader<'_>, start: usize) -> Result<FileOutline, TemplateError> {
    let (mut kind, mut profile, mut encrypt_mode) = (None, None, None);
    let (mut name, mut destination, mut data) = (None, None, None);
    while let Some((tag, span)) = child(reader)? {
        let slot = match tag {
            "type" => &mut kind,
            "profile" => &mut profile,
            "encrypt_mode" => &mut encrypt_mode,
            "name" => &mut name,
            "destinationDir" => &mut destination,
            "data" => &mut data,
            _ => {
                skip(reader)?;
                continue;
            }
        };
        fill(reader, slot, tag, span)?;
    }
    let text = reader.text();
    let kind = required(text, kind, start, "file_config", "type")?;
    let role = [FileRole::Global, FileRole::Private].into_iter().find(|role| role.type_name() == kind.value);
    let Some(role) = role else {
        let message = format!("{} is no file type; write global_file or file", shown(&kind.value));
        return Err(reader.error(TemplateErrorKind::Value, kind.start, message));
    };
    Ok(FileOutline {
        start,
        role,
        profile,
        encrypt_mode,
        name: required(text, name, start, "file_config", "name")?,
        destination,
        data: required(text, data, start, "file_config", "data")?,
    })
}

/// The next child element of the innermost open one, or `None` at its end.
fn child<'a>(reader: &mut XmlReader<'a>) -> Result<Option<(&'a str, Range<usize>)>, TemplateError> {
    loop {
        let Item { kind, span } = reader.next()?;
        let stray = match kind {
            ItemKind::Open(name) => return Ok(Some((name, span))),
            ItemKind::Close | ItemKind::End => return Ok(None),
            ItemKind::Aside => None,
            ItemKind::Text(text) => text.find(|c| !is_xml_space(c)),
            ItemKind::CData(_) | ItemKind::Reference(_) => Some(0),
        };
        if let Some(at) = stray {
            return Err(reader.error(
                TemplateErrorKind::Misplaced,
                span.start.saturating_add(at),
                "text between the elements; parameters belong inside <data>",
            ));
        }
    }
}

/// Passes over the rest of an unknown element.
fn skip(reader: &mut XmlReader<'_>) -> Result<(), TemplateError> {
    let mut depth = 1_usize;
    while depth > 0 {
        match reader.next()?.kind {
            ItemKind::Open(_) => depth = depth.saturating_add(1),
            ItemKind::Close => depth = depth.saturating_sub(1),
            ItemKind::End => break,
            ItemKind::Text(_) | ItemKind::CData(_) | ItemKind::Reference(_) | ItemKind::Aside => {}
        }
    }
    Ok(())
}

/// Reads an element of text into its slot, which must still be empty.
fn fill(
    reader: &mut XmlReader<'_>,
    slot: &mut Option<Leaf>,
    name: &str,
    open: Range<usize>,
) -> Result<(), TemplateError> {
    if let Some(first) = slot {
        let (line, _) = position(reader.text(), first.open.start);
        let message = format!("a second <{name}>; the first stands on line {line}, remove one");
        return Err(reader.error(TemplateErrorKind::Duplicate, open.start, message));
    }
    let mut leaf = leaf(reader, name, open)?;
    if name != "data" {
        leaf.value = String::from(leaf.value.trim());
        if leaf.value.chars().nth(MAX_FIELD_CHARS).is_some() {
            let message = format!("<{name}> is longer than {MAX_FIELD_CHARS} characters; shorten it");
            return Err(reader.error(TemplateErrorKind::Value, leaf.start, message));
        }
        if name != "description" && leaf.value.contains('\n') {
            let message = format!("<{name}> must stand on one line");
            return Err(reader.error(TemplateErrorKind::Value, leaf.start, message));
        }
    }
    *slot = Some(leaf);
    Ok(())
}

/// A piece of an element's content: the bytes it covers, those of its text, and what kind it is.
struct Piece {
    outer: Range<usize>,
    inner: Range<usize>,
    kind: PieceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    Blank,
    Text,
    CData,
    Reference(char),
}

/// Reads an element that holds text only.
fn leaf(reader: &mut XmlReader<'_>, name: &str, open: Range<usize>) -> Result<Leaf, TemplateError> {
    let mut pieces = Vec::new();
    let end = loop {
        let Item { kind, span } = reader.next()?;
        let (inner, kind) = match kind {
            ItemKind::Close | ItemKind::End => break span.start,
            ItemKind::Text(text) if text.chars().all(is_xml_space) => (span.clone(), PieceKind::Blank),
            ItemKind::Text(_) => (span.clone(), PieceKind::Text),
            ItemKind::CData(inner) => {
                let start = span.start.saturating_add("<![CDATA[".len());
                (start..start.saturating_add(inner.len()), PieceKind::CData)
            }
            ItemKind::Reference(c) => (span.clone(), PieceKind::Reference(c)),
            // Even a comment: its lines would shift those of the data.
            ItemKind::Open(_) | ItemKind::Aside => {
                let message =
                    format!("<{name}> holds text only; move this out, or put the text in a CDATA section");
                return Err(reader.error(TemplateErrorKind::Misplaced, span.start, message));
            }
        };
        pieces.push(Piece { outer: span, inner, kind });
    };
    let text = reader.text();
    let content = open.end..end;
    let inside = text.get(content.clone()).unwrap_or_default();
    let control = |(_, c): &(usize, char)| is_control(*c) && !matches!(*c, '\t' | '\n' | '\r');
    if let Some((at, c)) = inside.char_indices().find(control) {
        return Err(control_character(text, open.end.saturating_add(at), c));
    }
    Ok(kept(text, &pieces, open, content))
}

/// Leaves out the white space around the text, and the line end that opens a CDATA section.
fn kept(text: &str, pieces: &[Piece], open: Range<usize>, content: Range<usize>) -> Leaf {
    let full = |piece: &Piece| piece.kind != PieceKind::Blank;
    let from = pieces.iter().position(full).unwrap_or(pieces.len());
    let to = pieces.iter().rposition(full).map_or(from, |last| last.saturating_add(1));
    let pieces = pieces.get(from..to).unwrap_or_default();
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return Leaf {
            value: String::new(),
            open,
            start: content.start,
            kept: content.clone(),
            content,
            in_cdata: false,
        };
    };
    let first_text = text.get(first.inner.clone()).unwrap_or_default();
    let start = match first.kind {
        PieceKind::CData => first.inner.start.saturating_add(leading_line_end(first_text)),
        PieceKind::Text => {
            let blank = first_text.len().saturating_sub(first_text.trim_start_matches(is_xml_space).len());
            first.inner.start.saturating_add(blank)
        }
        PieceKind::Reference(_) | PieceKind::Blank => first.inner.start,
    };
    let end = match last.kind {
        PieceKind::Text => {
            let last_text = text.get(last.inner.clone()).unwrap_or_default();
            last.inner.start.saturating_add(last_text.trim_end_matches(is_xml_space).len())
        }
        PieceKind::CData | PieceKind::Reference(_) | PieceKind::Blank => last.inner.end,
    };
    let mut value = String::new();
    for piece in pieces {
        if let PieceKind::Reference(c) = piece.kind {
            value.push(c);
        } else {
            let range = piece.inner.start.max(start)..piece.inner.end.min(end);
            value.push_str(&lf(text.get(range).unwrap_or_default()));
        }
    }
    let in_cdata = first.kind == PieceKind::CData && last.kind == PieceKind::CData;
    let outer_start = if first.kind == PieceKind::CData { first.outer.start } else { start };
    let outer_end = if last.kind == PieceKind::CData { last.outer.end } else { end };
    let kept = if in_cdata { start..end } else { outer_start..outer_end };
    Leaf { value, open, content, start, kept, in_cdata }
}

/// The length of a line end at the beginning of a text: 0, 1 or 2.
fn leading_line_end(text: &str) -> usize {
    ["\r\n", "\n", "\r"].iter().find(|end| text.starts_with(**end)).map_or(0, |end| end.len())
}

/// The text with every line end as LF, as XML prescribes.
pub(in crate::template) fn lf(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text on one line, with the indentation of its further lines gone.
pub(in crate::template) fn one_line(text: &str) -> String {
    let lines: Vec<&str> =
        text.split(['\n', '\r', '\t']).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn required(
    text: &str,
    leaf: Option<Leaf>,
    parent_start: usize,
    parent: &str,
    name: &str,
) -> Result<Leaf, TemplateError> {
    leaf.ok_or_else(|| {
        let message = format!("this <{parent}> has no <{name}>; add it");
        TemplateError::at(TemplateErrorKind::Missing, text, parent_start, message)
    })
}

pub(super) fn not_empty(text: &str, leaf: &Leaf, name: &str) -> Result<(), TemplateError> {
    if leaf.value.is_empty() {
        let message = format!("<{name}> is empty; write its value");
        return Err(TemplateError::at(TemplateErrorKind::Value, text, leaf.open.start, message));
    }
    Ok(())
}
