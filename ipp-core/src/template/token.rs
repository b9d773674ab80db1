//! The tokens of a line of template text.
//!
//! `%ITCS_<Name>%` is a placeholder. Any other `%` is text: LDAP filters such as `(sn=%)` and
//! display formats such as `%sn, %givenName` contain it.

use memchr::memchr;

use crate::placeholder::{PlaceholderName, TOKEN_PREFIX};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text that is copied.
    Text(&'a str),
    /// A placeholder.
    Slot(PlaceholderName),
}

/// Splits one line into its pieces. Pieces joined give the line again; there is no text between two
/// neighbouring texts.
pub(super) fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let (mut text_from, mut at) = (0, 0);
    while let Some(found) = line.get(at..).and_then(|rest| memchr(b'%', rest.as_bytes())) {
        let open = at + found;
        match placeholder_at(line, open) {
            Some((name, end)) => {
                push_text(&mut out, line, text_from, open);
                out.push(Piece::Slot(name));
                (text_from, at) = (end, end);
            }
            None => at = open + 1,
        }
    }
    push_text(&mut out, line, text_from, line.len());
    out
}

fn push_text<'a>(out: &mut Vec<Piece<'a>>, line: &'a str, from: usize, to: usize) {
    if let Some(text) = line.get(from..to).filter(|text| !text.is_empty()) {
        out.push(Piece::Text(text));
    }
}

fn placeholder_at(line: &str, open: usize) -> Option<(PlaceholderName, usize)> {
    let rest = line.get(open + 1..)?;
    let body = rest.strip_prefix(TOKEN_PREFIX)?;
    let length = body.bytes().take_while(|byte| PlaceholderName::allows(*byte)).count();
    if body.as_bytes().get(length) != Some(&b'%') {
        return None;
    }
    let end = open + 1 + TOKEN_PREFIX.len() + length + 1;
    // The whole token: of a bare name a second prefix would be taken off, and be lost.
    Some((line.get(open..end)?.parse().ok()?, end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(line: &str) -> Vec<String> {
        let show = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => format!("'{text}'"),
            Piece::Slot(name) => format!("<{name}>"),
        };
        pieces(line).iter().map(show).collect()
    }

    /// PLH-02: a lone `%`, and what only looks like a token, is text.
    #[test]
    fn plh_02_only_declared_tokens_are_placeholders() {
        assert_eq!(shown("a=%ITCS_X%"), ["'a='", "<X>"]);
        assert_eq!(shown("%ITCS_A%%ITCS_B%"), ["<A>", "<B>"]);
        assert_eq!(shown("%%ITCS_A%%"), ["'%'", "<A>", "'%'"]);
        assert_eq!(shown("%ITCS_ITCS_A%"), ["<ITCS_A>"]);
        for text in
            ["(|(cn=%)(sn=%))", "%sn, %givenName", "100%", "%ITCS_%", "%ITCS_a b%", "%itcs_x%", "%ITCS_x"]
        {
            assert_eq!(shown(text), [format!("'{text}'")], "{text}");
        }
        assert!(shown("").is_empty());
    }

    proptest! {
        #[test]
        fn pieces_joined_give_the_line(line in "[%A-Za-z_é=/ ]{0,60}|(%ITCS_[A-C]{0,2}%?){0,5}") {
            let joined: String = pieces(&line).iter().map(|piece| match piece {
                Piece::Text(text) => (*text).to_owned(),
                Piece::Slot(name) => name.token(),
            }).collect();
            prop_assert_eq!(joined, line);
        }
    }
}
