//! The text of a line: whatever it was made from, it is one line, bounded, and tells no token.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that cannot end its line, mark up a page, turn the reading direction, or tell a token
/// (LOG-16, LOG-18, A23). What is dangerous is written as Rust and JSON write it: `\n`, `\u{3c}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct LogText(String);

/// How many characters of a text are kept.
const LONGEST: usize = 500;

/// What stands for the rest of a text, and for a token.
const MORE: char = '…';

/// What tokens begin with, and how many characters behind it make one: those in the URLs of phones, and
/// those of programs.
const TOKENS: [(&str, usize); 2] = [("/t/", 16), (crate::operator::API_TOKEN_MARK, 16)];

impl LogText {
    /// The text, neutralised.
    pub fn of(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        for (at, c) in masked(text).chars().enumerate() {
            if at == LONGEST {
                out.push(MORE);
                break;
            }
            push(&mut out, c);
        }
        Self(out)
    }

    /// A text that was stored. It is neutral already, unless somebody wrote into the store.
    pub fn stored(text: String) -> Self {
        if text.chars().any(is_dangerous) || masked(&text) != text { Self::of(&text) } else { Self(text) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<LogText> for String {
    fn from(text: LogText) -> Self {
        text.0
    }
}

impl From<String> for LogText {
    fn from(text: String) -> Self {
        Self::stored(text)
    }
}

impl fmt::Display for LogText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LogText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn push(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_dangerous(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// Controls, line separators, markup, and characters that are not seen or turn the direction.
fn is_dangerous(c: char) -> bool {
    crate::text::breaks_line(c)
        || matches!(c, '<' | '>')
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with its tokens masked.
fn masked(text: &str) -> String {
    TOKENS.iter().fold(text.to_owned(), |text, (mark, length)| masked_behind(&text, mark, *length))
}

/// Masks what stands behind `mark`, where it is so long that it may be a token. The last character of one
/// mark may be the first of the next, as in `/t/t/`.
fn masked_behind(text: &str, mark: &str, length: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        let (before, behind) = rest.split_at(at + mark.len());
        let word = behind.len() - behind.trim_start_matches(is_of_token).len();
        if word >= length {
            out.push_str(before);
            out.push(MORE);
            rest = behind.split_at(word).1;
        } else {
            let (kept, again) = rest.split_at(before.len() - 1);
            out.push_str(kept);
            rest = again;
        }
    }
    out.push_str(rest);
    out
}

const fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// LOG-18: a display name with a line break and markup is one escaped line.
    #[test]
    fn log_18_a_text_is_one_line_without_markup() {
        let text = LogText::of("Bob\r\n2026-01-01 ERROR <script>alert(1)</script>\u{202e}\u{1b}[31m\\n");
        assert_eq!(
            text.as_str(),
            "Bob\\r\\n2026-01-01 ERROR \\u{3c}script\\u{3e}alert(1)\\u{3c}/script\\u{3e}\\u{202e}\\u{1b}[31m\\\\n"
        );
        assert_eq!(LogText::of("Jörg & 東京, 50 %").as_str(), "Jörg & 東京, 50 %");
    }

    /// LOG-16: tokens of phones and programs are masked, wherever they stand.
    #[test]
    fn log_16_tokens_are_masked() {
        let token = "AbCdEfGhIjKlMnOpQrSt-_";
        let text =
            format!("no http://s/t/{token}/firmware/x.img, {token} ipp_{token}{token} /t/x /t/{token}");
        assert_eq!(
            LogText::of(&text).as_str(),
            format!("no http://s/t/…/firmware/x.img, {token} ipp_… /t/x /t/…")
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        let text = LogText::of(&"é".repeat(9_000));
        assert_eq!(text.as_str().chars().count(), LONGEST + 1);
        assert!(text.as_str().ends_with(MORE));
    }

    proptest! {
        /// LOG-18, T14: whatever it is made from, a text is neutral, and stays as it is in the store.
        #[test]
        fn log_18_no_text_is_dangerous(text in any::<String>()) {
            let made = LogText::of(&text);
            prop_assert!(!made.as_str().chars().any(is_dangerous), "{made:?}");
            prop_assert_eq!(LogText::stored(made.as_str().to_owned()), made);
        }

        #[test]
        fn log_16_no_text_tells_a_token(before in ".*", token in "[A-Za-z0-9_-]{22}", after in ".*") {
            let text = LogText::of(&format!("{before}/t/{token}/{after}"));
            let told = format!("/t/{token}/");
            prop_assert!(!text.as_str().contains(&told), "{text:?}");
        }
    }
}
