//! The checked text of a configuration file.

use std::fmt;

use zeroize::Zeroizing;

use super::mask::MASK;
use crate::text::breaks_line;

/// The text of a file, checked; it may hold secrets, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct CfgText(Zeroizing<String>);

/// Why a text is no configuration file. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CfgError {
    /// Too large.
    #[error("the file has {length} bytes; at most {limit} are allowed")]
    TooLarge {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("line {line} is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The line.
        line: usize,
    },
    /// A control character.
    #[error("line {line} contains the control character U+{code:04X}; remove it")]
    Control {
        /// The line.
        line: usize,
        /// The code point.
        code: u32,
    },
    /// A line that no phone understands.
    #[error("line {line} is neither `key=value`, `include <file>` nor a comment that begins with `;`")]
    NoParameter {
        /// The line.
        line: usize,
    },
    /// The mask of a secret.
    #[error("line {line} holds the mask `{MASK}` in the place of a secret; reveal the file and edit that")]
    Masked {
        /// The line.
        line: usize,
    },
}

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The line without its end.
    pub text: &'a str,
    /// What it is.
    pub kind: LineKind<'a>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind<'a> {
    /// A parameter: key and value, without the blanks around them.
    Parameter(&'a str, &'a str),
    /// `include`: the name or URL of the other file.
    Include(&'a str),
    /// A comment, or nothing.
    Comment,
    /// Anything else.
    Other,
}

impl CfgText {
    /// The largest file that phones share, in bytes (A13).
    pub const MAX_SHARED: usize = 1024 * 1024;
    /// The largest file of one phone, in bytes.
    pub const MAX_PRIVATE: usize = 256 * 1024;

    /// Reads a file that holds parameters. A byte order mark in front is taken off: phones would read
    /// it as a part of the first key. Everything else stays byte for byte.
    pub fn parameters(bytes: &[u8], limit: usize) -> Result<Self, CfgError> {
        let text = Self::any(bytes, limit)?;
        let other = text.lines().find(|line| line.kind == LineKind::Other).map(|line| line.number);
        other.map_or(Ok(text), |line| Err(CfgError::NoParameter { line }))
    }

    /// The same for a file whose form is its own affair, such as a phone book.
    pub fn any(bytes: &[u8], limit: usize) -> Result<Self, CfgError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.len() > limit {
            return Err(CfgError::TooLarge { length: bytes.len(), limit });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            CfgError::NotUtf8 { line: good.split(|byte| *byte == b'\n').count() }
        })?;
        let text = Self(Zeroizing::new(text.to_owned()));
        for line in text.lines() {
            if let Some(c) = line.text.chars().find(|c| breaks_line(*c) && *c != '\t') {
                return Err(CfgError::Control { line: line.number, code: c.into() });
            }
            if line.text.contains(MASK) {
                return Err(CfgError::Masked { line: line.number });
            }
        }
        Ok(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        lines(&self.0)
    }

    /// The value that phones take for a key: that of the last line with it.
    pub fn value(&self, key: &str) -> Option<&str> {
        let found = self.lines().filter_map(|line| match line.kind {
            LineKind::Parameter(found, value) => found.eq_ignore_ascii_case(key).then_some(value),
            LineKind::Include(_) | LineKind::Comment | LineKind::Other => None,
        });
        found.last()
    }
}

/// The lines of a text, whatever it is.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().zip(1..).map(|(text, number)| Line { number, text, kind: LineKind::of(text) })
}

impl<'a> LineKind<'a> {
    fn of(line: &'a str) -> Self {
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#']) {
            return Self::Comment;
        }
        if let Some((key, value)) = line.split_once('=')
            && !key.trim().is_empty()
            && !key.trim().contains([' ', '\t'])
        {
            return Self::Parameter(key.trim(), value.trim());
        }
        match line.split_once([' ', '\t']) {
            Some((word, other)) if word.eq_ignore_ascii_case("include") => Self::Include(other.trim()),
            Some(_) | None => Self::Other,
        }
    }
}

impl fmt::Debug for CfgText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CfgText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> CfgError {
        CfgText::parameters(bytes, 100).unwrap_err()
    }

    #[test]
    fn what_phones_read_is_taken_as_it_is() {
        let text = "include a b.cfg\r\n;x\r\n\r\n key = value=1 \r\nsystem/type=405HD";
        let read = CfgText::parameters([b"\xef\xbb\xbf", text.as_bytes()].concat().as_slice(), 100).unwrap();
        assert_eq!(read.as_str(), text);
        let kinds: Vec<_> = read.lines().map(|line| line.kind).collect();
        assert_eq!(
            kinds,
            [
                LineKind::Include("a b.cfg"),
                LineKind::Comment,
                LineKind::Comment,
                LineKind::Parameter("key", "value=1"),
                LineKind::Parameter("system/type", "405HD"),
            ]
        );
        assert_eq!(read.value("KEY"), Some("value=1"));
    }

    /// Each error names the line.
    #[test]
    fn what_phones_do_not_read_is_refused() {
        assert_eq!(error(b"a=1\nb"), CfgError::NoParameter { line: 2 });
        assert_eq!(error(b"a=1\n=1"), CfgError::NoParameter { line: 2 });
        assert_eq!(error(b"a=1\nb=\xff"), CfgError::NotUtf8 { line: 2 });
        assert_eq!(error(b"a=1\n\nb=\x1a"), CfgError::Control { line: 3, code: 0x1a });
        assert_eq!(error("a=\u{2028}b=2".as_bytes()), CfgError::Control { line: 1, code: 0x2028 });
        assert_eq!(error(b"a=1\nsystem/password=********"), CfgError::Masked { line: 2 });
        assert_eq!(error(&[b'a'; 101]), CfgError::TooLarge { length: 101, limit: 100 });
        assert!(CfgText::any(b"<phonebook/>", 100).is_ok());
    }
}
