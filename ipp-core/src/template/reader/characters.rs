//! Which characters may stand where in a file, and which ones references stand for.

use quick_xml::escape::resolve_predefined_entity;

use crate::template::error::{TemplateError, TemplateErrorKind, shown};

/// Whether XML 1.0 allows a character in a file at all.
pub(super) fn is_xml_char(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether a character must not reach a phone: the controls, and the two line breaks beyond ASCII that some
/// readers take for the end of a parameter. Line ends and tabs are for the caller to allow.
pub(in crate::template) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// White space as XML means it, unlike the Unicode kind.
pub(in crate::template) fn is_xml_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The error for a character that may not stand where it does.
pub(in crate::template) fn control_character(text: &str, at: usize, c: char) -> TemplateError {
    let message = format!("the control character U+{:04X} must not reach a phone; remove it", u32::from(c));
    TemplateError::at(TemplateErrorKind::ControlCharacter, text, at, message)
}

/// Whether a text can name an element or attribute. Beyond ASCII every letter and digit will do.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | ':'))
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))
}

/// The character that a reference stands for, without its `&` and `;`, or what is wrong with it. Line
/// breaks must stand as such, so that a line of the data is a line of the file.
pub(super) fn referred(reference: &str) -> Result<char, String> {
    if let Some(c) = resolve_predefined_entity(reference).and_then(|entity| entity.chars().next()) {
        return Ok(c);
    }
    let Some(number) = reference.strip_prefix('#') else {
        return Err(format!(
            "the entity {} is not allowed; use the character itself, or `&amp;` for a plain `&`",
            shown(&format!("&{reference};"))
        ));
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    // The parser of numbers would also take a sign.
    let code = Some(digits).filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
    code.and_then(|digits| u32::from_str_radix(digits, radix).ok())
        .and_then(char::from_u32)
        .filter(|c| is_xml_char(*c) && !is_control(*c))
        .ok_or_else(|| {
            format!(
                "the reference {} stands for no printable character; remove it, or write a line break as such",
                shown(&format!("&{reference};"))
            )
        })
}
