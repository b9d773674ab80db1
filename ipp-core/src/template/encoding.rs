//! The bytes of a template file as text, and text as bytes again.
//!
//! Only the two encodings that vendor templates come in are read: UTF-8 and ISO-8859-1. Both
//! directions are exact inverses of each other, so an edit of the text leaves every byte outside
//! the edited place as it was.

use std::borrow::Cow;
use std::ops::Range;

use super::error::{TemplateError, TemplateErrorKind, shown};

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The longest XML declaration that is read, in bytes; real ones have about 45.
const MAX_DECLARATION_BYTES: usize = 256;

/// The encoding of a template file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplateEncoding {
    /// UTF-8, with or without a byte order mark; also the encoding of a file that declares none.
    Utf8,
    /// ISO-8859-1, which the vendor's own templates declare.
    Latin1,
}

impl TemplateEncoding {
    /// The name as an XML declaration or a `charset` parameter writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Latin1 => "ISO-8859-1",
        }
    }
}

/// A template file as text.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    /// The text without a byte order mark.
    pub(super) text: Cow<'a, str>,
    /// How the bytes were read.
    pub(super) encoding: TemplateEncoding,
    /// Whether the bytes began with a byte order mark.
    pub(super) bom: bool,
    /// Where the encoding name stands in the text; `None` if none is declared.
    declared: Option<Range<usize>>,
}

impl<'a> Decoded<'a> {
    /// Reads a file. The header decides; without one the file is UTF-8.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, TemplateError> {
        if [&b"\xFE\xFF"[..], b"\xFF\xFE", b"\x00<", b"<\x00", b"\x00\x00"]
            .iter()
            .any(|start| bytes.starts_with(start))
        {
            return Err(TemplateError::whole(
                TemplateErrorKind::Encoding,
                "the file is in UTF-16 or UTF-32; save it as UTF-8",
            ));
        }
        let (bom, bytes) = match bytes.strip_prefix(BOM) {
            Some(rest) => (true, rest),
            None => (false, bytes),
        };
        let declared = declared_encoding(bytes)?;
        let header = |range: &Range<usize>| {
            bytes.get(range.clone()).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
        };
        let encoding = match &declared {
            None => TemplateEncoding::Utf8,
            Some(range) if header(range).eq_ignore_ascii_case("UTF-8") => TemplateEncoding::Utf8,
            Some(range) if header(range).eq_ignore_ascii_case("ISO-8859-1") => {
                if bom {
                    return Err(in_declaration(
                        bytes,
                        range.start,
                        TemplateErrorKind::Encoding,
                        "the header says ISO-8859-1 but the file begins with a UTF-8 byte order mark; make it say UTF-8",
                    ));
                }
                TemplateEncoding::Latin1
            }
            Some(range) => {
                return Err(in_declaration(
                    bytes,
                    range.start,
                    TemplateErrorKind::Encoding,
                    format!(
                        "the encoding {} is not supported; save the file as UTF-8 and make the header say so",
                        shown(header(range))
                    ),
                ));
            }
        };
        let text = match encoding {
            TemplateEncoding::Utf8 => Cow::Borrowed(utf8(bytes)?),
            TemplateEncoding::Latin1 => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
        };
        Ok(Self { text, encoding, bom, declared })
    }

    /// The bytes of an edited text whose declaration is untouched. Text that ISO-8859-1 cannot hold turns the
    /// whole file and its declaration into UTF-8.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        let mut bytes = if self.bom { BOM.to_vec() } else { Vec::new() };
        match self.encoding {
            TemplateEncoding::Utf8 => bytes.extend_from_slice(text.as_bytes()),
            TemplateEncoding::Latin1 => match latin1(text) {
                Some(encoded) => bytes.extend_from_slice(&encoded),
                None => bytes.extend_from_slice(as_utf8(text, self.declared.as_ref()).as_bytes()),
            },
        }
        bytes
    }
}

/// The bytes of a whole file given as text, in the encoding that its declaration names. A
/// declaration that names ISO-8859-1 over text beyond it is changed to UTF-8; any other unsupported
/// name is left to the reader.
pub(super) fn encode_file(text: &str) -> Result<Vec<u8>, TemplateError> {
    let Some(range) = declared_encoding(text.as_bytes())? else { return Ok(text.as_bytes().to_vec()) };
    let name = text.get(range.clone()).unwrap_or_default();
    if !name.eq_ignore_ascii_case(TemplateEncoding::Latin1.name()) {
        return Ok(text.as_bytes().to_vec());
    }
    Ok(latin1(text).unwrap_or_else(|| as_utf8(text, Some(&range)).into_bytes()))
}

/// The text with its declared encoding replaced by UTF-8.
fn as_utf8(text: &str, declared: Option<&Range<usize>>) -> String {
    declared
        .and_then(|range| Some((text.get(..range.start)?, text.get(range.end..)?)))
        .map_or_else(|| text.to_owned(), |(head, tail)| format!("{head}UTF-8{tail}"))
}

/// The text in ISO-8859-1, or `None` if it has a character beyond U+00FF.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// Checks UTF-8, naming the place of the first wrong byte.
fn utf8(bytes: &[u8]) -> Result<&str, TemplateError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        TemplateError::at(
            TemplateErrorKind::Encoding,
            good,
            good.len(),
            "the bytes here are not UTF-8; save the file as UTF-8, or declare encoding=\"ISO-8859-1\" if it is that",
        )
    })
}

/// Reads the XML declaration, if there is one, and finds the encoding name in it.
fn declared_encoding(bytes: &[u8]) -> Result<Option<Range<usize>>, TemplateError> {
    const START: &str = "<?xml";
    if !bytes
        .strip_prefix(START.as_bytes())
        .is_some_and(|rest| rest.first().is_none_or(|b| is_end_of_name(*b)))
    {
        return Ok(None);
    }
    let head = bytes.get(..MAX_DECLARATION_BYTES).unwrap_or(bytes);
    let broken = |offset, message: &str| in_declaration(bytes, offset, TemplateErrorKind::Syntax, message);
    let length = head.windows(2).position(|pair| pair == b"?>");
    let Some(declaration) = length.and_then(|length| head.get(..length)) else {
        return Err(broken(0, "the XML declaration does not end; close it with `?>`"));
    };
    let Some(declaration) = std::str::from_utf8(declaration).ok().filter(|text| text.is_ascii()) else {
        return Err(broken(0, "the XML declaration has characters other than ASCII; remove them"));
    };
    let mut at = START.len();
    let mut encoding = None;
    let mut expected = ["version", "encoding", "standalone"].iter();
    let malformed = |offset| {
        broken(offset, "the XML declaration is malformed; write <?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    };
    while let Some(found) = pseudo_attribute(declaration, at).map_err(malformed)? {
        let PseudoAttribute { name, value, end } = found;
        if !expected.any(|known| *known == name) {
            return Err(broken(
                at,
                "the XML declaration may hold version, encoding and standalone only, in this order",
            ));
        }
        match name {
            "version" if declaration.get(value.clone()) != Some("1.0") => {
                return Err(broken(value.start, "only XML 1.0 is read; write version=\"1.0\""));
            }
            "encoding" => encoding = Some(value),
            _ => {}
        }
        if at == START.len() && name != "version" {
            return Err(broken(at, "the XML declaration must begin with version=\"1.0\""));
        }
        at = end;
    }
    if at == START.len() {
        return Err(broken(at, "the XML declaration must begin with version=\"1.0\""));
    }
    Ok(encoding)
}

/// One `name="value"` of a declaration.
struct PseudoAttribute<'a> {
    name: &'a str,
    /// Where the value stands, without its quotes.
    value: Range<usize>,
    /// The offset after it.
    end: usize,
}

/// The next pseudo attribute from an offset on, `None` at the end, or the offset of the fault.
fn pseudo_attribute(declaration: &str, at: usize) -> Result<Option<PseudoAttribute<'_>>, usize> {
    let rest = declaration.get(at..).unwrap_or_default();
    let trimmed = rest.trim_ascii_start();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let read = || {
        if trimmed.len() == rest.len() {
            return None;
        }
        let (name, value) = trimmed.split_once('=')?;
        let value = value.trim_ascii_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let inner = value.strip_prefix(quote)?;
        let (content, _) = inner.split_once(quote)?;
        let start = declaration.len().saturating_sub(inner.len());
        let end = start.saturating_add(content.len());
        let after = end.saturating_add(quote.len_utf8());
        Some(PseudoAttribute { name: name.trim_ascii_end(), value: start..end, end: after })
    };
    read().map(Some).ok_or(declaration.len().saturating_sub(trimmed.len()))
}

/// Whether a byte may follow the `xml` of a declaration; `<?xml-stylesheet` is something else.
fn is_end_of_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'?'
}

/// An error inside the declaration; every character before it is one byte.
fn in_declaration(
    bytes: &[u8],
    offset: usize,
    kind: TemplateErrorKind,
    message: impl Into<Box<str>>,
) -> TemplateError {
    let before: String = bytes.iter().take(offset).copied().map(char::from).collect();
    TemplateError::at(kind, &before, before.len(), message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(bytes: &[u8]) -> (TemplateErrorKind, u32, u32) {
        let error = Decoded::new(bytes).unwrap_err();
        (error.kind(), error.line(), error.column())
    }

    #[test]
    fn amb_16_the_header_decides_and_utf_8_is_the_default() {
        for (bytes, encoding, bom, text) in [
            (&b"<a>\xC3\xA9</a>"[..], TemplateEncoding::Utf8, false, "<a>é</a>"),
            (b"\xEF\xBB\xBF<a/>", TemplateEncoding::Utf8, true, "<a/>"),
            (b"<?xml version='1.0'?><a/>", TemplateEncoding::Utf8, false, "<?xml version='1.0'?><a/>"),
            (
                b"<?xml version='1.0' encoding = 'iso-8859-1' standalone=\"yes\" ?>\xE9",
                TemplateEncoding::Latin1,
                false,
                "<?xml version='1.0' encoding = 'iso-8859-1' standalone=\"yes\" ?>é",
            ),
            (b"<?xml-stylesheet x?><a/>", TemplateEncoding::Utf8, false, "<?xml-stylesheet x?><a/>"),
            (b"", TemplateEncoding::Utf8, false, ""),
        ] {
            let decoded = Decoded::new(bytes).unwrap();
            assert_eq!((decoded.encoding, decoded.bom, &*decoded.text), (encoding, bom, text));
            assert_eq!(decoded.encode(&decoded.text), bytes);
        }
    }

    #[test]
    fn tpl_28_wrong_encodings_are_refused_with_their_place() {
        use TemplateErrorKind::{Encoding, Syntax};
        for (bytes, expected) in [
            (&b"\xFF\xFE<\x00"[..], (Encoding, 1, 1)),
            (b"\xFE\xFF\x00<", (Encoding, 1, 1)),
            (b"<\x00?\x00", (Encoding, 1, 1)),
            (b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", (Encoding, 1, 31)),
            (b"<?xml version=\"1.0\"\nencoding=\"windows-1252\"?><a/>", (Encoding, 2, 11)),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", (Encoding, 1, 31)),
            (b"<a>\n \xE9</a>", (Encoding, 2, 2)),
            (b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\xC3\xA9\xFF", (Encoding, 2, 2)),
            (b"<?xml", (Syntax, 1, 1)),
            (b"<?xml version=\"1.0\"", (Syntax, 1, 1)),
            (b"<?xml?>", (Syntax, 1, 6)),
            (b"<?xml encoding=\"UTF-8\"?>", (Syntax, 1, 6)),
            (b"<?xml version=\"1.1\"?>", (Syntax, 1, 16)),
            (b"<?xml version=\"1.0\"encoding=\"UTF-8\"?>", (Syntax, 1, 20)),
            (b"<?xml version=\"1.0\" encoding=\"UTF-8?>", (Syntax, 1, 21)),
            (b"<?xml version=\"1.0\" encoding?>", (Syntax, 1, 21)),
            (b"<?xml version=\"1.0\" codepage=\"8\"?>", (Syntax, 1, 20)),
            (b"<?xml version=\"1.0\" version=\"1.0\"?>", (Syntax, 1, 20)),
            (b"<?xml version=\"\xE9\"?>", (Syntax, 1, 1)),
        ] {
            assert_eq!(refused(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
        let long = format!("<?xml version=\"1.0\"{}?>", " ".repeat(MAX_DECLARATION_BYTES));
        assert_eq!(refused(long.as_bytes()), (Syntax, 1, 1));
    }

    #[test]
    fn text_beyond_iso_8859_1_turns_the_file_into_utf_8() {
        let bytes = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>";
        let decoded = Decoded::new(bytes).unwrap();
        let edited = decoded.text.replace("</a>", "€</a>");
        let expected = "<?xml version='1.0' encoding='UTF-8'?><a>é€</a>";
        assert_eq!(decoded.encode(&edited), expected.as_bytes());
        assert_eq!(encode_file(&edited).unwrap(), expected.as_bytes());
        assert_eq!(encode_file(&decoded.text).unwrap(), bytes);
        assert_eq!(encode_file("<a>é</a>").unwrap(), "<a>é</a>".as_bytes());
    }

    proptest! {
        #[test]
        fn tpl_39_decoding_and_encoding_are_inverses(tail in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [b"<?xml version='1.0' encoding='ISO-8859-1'?>".as_slice(), &tail].concat();
            let decoded = Decoded::new(&bytes).unwrap();
            prop_assert_eq!(decoded.encode(&decoded.text), bytes);
        }

        #[test]
        fn any_bytes_decode_or_are_refused(
            start in "(<\\?xml )?[ -~]{0,60}",
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [start.as_bytes(), &bytes].concat();
            if let Ok(decoded) = Decoded::new(&bytes) {
                prop_assert_eq!(decoded.encode(&decoded.text), bytes);
            }
        }
    }
}
