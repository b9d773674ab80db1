//! Why a template document was refused, and where.

use serde::Serialize;
use thiserror::Error;

/// The longest piece of the input that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 40;

/// A refused template document: the place, the reason and the fix (TPL-28, AMB-16).
///
/// The place is a line and a column of the XML file, both 1-based. Lines end as XML says (LF, CR LF or a lone
/// CR); columns count characters, a tab being one, and the byte order mark none. An error about the file as a
/// whole stands at line 1, column 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct TemplateError {
    kind: TemplateErrorKind,
    line: u32,
    column: u32,
    message: Box<str>,
}

/// What is wrong with a template document, for callers that branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateErrorKind {
    /// The bytes are not text in a supported encoding, or header and byte order mark contradict each other.
    Encoding,
    /// One of the reader's limits is passed (TPL-46).
    Limit,
    /// The text is not well-formed XML (TPL-28).
    Syntax,
    /// The text has a document type definition, which is never read (TPL-46).
    Doctype,
    /// A reference that is neither one of the five predefined entities nor an allowed character (TPL-46).
    Entity,
    /// The root element is not that of a phone template.
    Root,
    /// A required element is missing.
    Missing,
    /// An element or a file stands twice.
    Duplicate,
    /// Text or markup stands where it cannot be.
    Misplaced,
    /// The content of an element is not allowed there.
    Value,
    /// A control character that must not reach a phone.
    ControlCharacter,
    /// The template asks for encrypted configuration files.
    Encrypted,
}

impl TemplateError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> TemplateErrorKind {
        self.kind
    }

    /// The line of the XML file, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column in that line in characters, from 1.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }

    /// What is wrong and how to mend it, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// An error at a byte offset of the decoded text.
    pub(super) fn at(
        kind: TemplateErrorKind,
        text: &str,
        offset: usize,
        message: impl Into<Box<str>>,
    ) -> Self {
        let (line, column) = position(text, offset);
        Self { kind, line, column, message: message.into() }
    }

    /// An error about the file as a whole.
    pub(super) fn whole(kind: TemplateErrorKind, message: impl Into<Box<str>>) -> Self {
        Self { kind, line: 1, column: 1, message: message.into() }
    }
}

/// Line and column, both from 1, of a byte offset. An offset past the end means the end.
pub(super) fn position(text: &str, offset: usize) -> (u32, u32) {
    let (mut line, mut column) = (1_u32, 1_u32);
    let mut after_cr = false;
    for (_, c) in text.char_indices().take_while(|(at, _)| *at < offset) {
        if c == '\n' && after_cr {
            // The second half of CR LF: the line was counted with the CR.
            after_cr = false;
            continue;
        }
        after_cr = c == '\r';
        if after_cr || c == '\n' {
            line = line.saturating_add(1);
            column = 1;
        } else {
            column = column.saturating_add(1);
        }
    }
    (line, column)
}

/// A piece of the input for use in a message: quoted, escaped and cut.
pub(super) fn shown(piece: &str) -> String {
    let cut = piece.chars().nth(MAX_SHOWN_CHARS).is_some();
    let start: String = piece.chars().take(MAX_SHOWN_CHARS).flat_map(char::escape_debug).collect();
    format!("`{start}{}`", if cut { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amb_16_positions_follow_the_line_ends_of_xml() {
        let text = "ab\ncd\r\né\rf";
        let places: Vec<_> = text.char_indices().map(|(at, _)| position(text, at)).collect();
        let expected = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 1), (3, 2), (4, 1)];
        assert_eq!(places, expected);
        assert_eq!(position(text, usize::MAX), (4, 2));
        assert_eq!(position("", 0), (1, 1));
    }

    #[test]
    fn amb_16_display_names_the_place() {
        let error = TemplateError::at(TemplateErrorKind::Syntax, "a\nbc", 3, "broken");
        assert_eq!(error.to_string(), "line 2, column 2: broken");
        assert_eq!((error.line(), error.column(), error.message()), (2, 2, "broken"));
        assert_eq!(error.kind(), TemplateErrorKind::Syntax);
    }

    #[test]
    fn input_in_messages_is_cut_and_escaped() {
        assert_eq!(shown("a\nb"), "`a\\nb`");
        assert_eq!(shown(&"x".repeat(40)), format!("`{}`", "x".repeat(40)));
        assert_eq!(shown(&"x".repeat(41)), format!("`{}…`", "x".repeat(40)));
    }
}
