//! The text of a file that stands in for one phone's own.
//!
//! A phone is known by the token in the URLs that it follows. A text that people wrote has plain
//! addresses, and a token may be replaced later; so the place of the token is kept, not the token.

use super::{mask::TOKEN_MARK, text::CfgText};
use crate::{
    template::{Marked, Piece, mark_urls},
    token::Token,
};

/// Stands for the phone's token, with what belongs to it: `/t/<token>`. No checked text contains it.
const PLACE: char = '\u{1a}';

/// A text with places for the phone's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnText(String);

/// A URL with the token of another phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} has the token of another phone, or a former one; write the address without `/t/…`")]
pub struct ForeignToken {
    /// The line, from 1.
    pub line: usize,
}

impl OwnText {
    /// Makes a place of the phone's own token wherever it stands, and behind the authority of each URL
    /// that leads back to this server, as templates have it.
    pub fn new(text: &CfgText, token: Option<&str>, own_hosts: &[String]) -> Result<Self, ForeignToken> {
        let mut out = String::with_capacity(text.as_str().len() + 64);
        for (line, number) in text.as_str().split_inclusive('\n').zip(1..) {
            let body = line.trim_end_matches(['\r', '\n']);
            let mut pieces = mark_urls(vec![Piece::Text(body)], own_hosts).into_iter().peekable();
            while let Some(piece) = pieces.next() {
                match piece {
                    Marked::Piece(Piece::Text(text)) => out.push_str(text),
                    // There are no placeholders in such a text; what looks like one stays.
                    Marked::Piece(Piece::Slot(name)) => out.push_str(&name.token()),
                    Marked::Mark => {
                        out.push(PLACE);
                        let Some(Marked::Piece(Piece::Text(path))) = pieces.peek() else { continue };
                        // As people were shown it.
                        if let Some(behind) = path.strip_prefix(TOKEN_MARK) {
                            out.push_str(behind);
                            pieces.next();
                            continue;
                        }
                        match token_of(path) {
                            Some((given, behind)) if Some(given) == token => {
                                out.push_str(behind);
                                pieces.next();
                            }
                            Some(_) => return Err(ForeignToken { line: number }),
                            None => {}
                        }
                    }
                }
            }
            out.push_str(line.get(body.len()..).unwrap_or_default());
        }
        Ok(Self(out))
    }

    /// The first line with an address of this server, from 1.
    pub fn first_place(text: &CfgText, own_hosts: &[String]) -> Option<usize> {
        let leads_back = |line: &str| mark_urls(vec![Piece::Text(line)], own_hosts).contains(&Marked::Mark);
        text.lines().find(|line| leads_back(line.text)).map(|line| line.number)
    }

    /// A text as it was stored.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_stored(&self) -> &str {
        &self.0
    }

    /// The text for the phone, under the token that it has now; none where its region is open.
    pub fn under(&self, token: Option<&str>) -> String {
        let prefix = token.map_or(String::new(), |token| format!("/t/{token}"));
        self.0.split(PLACE).collect::<Vec<_>>().join(&prefix)
    }
}

/// The token that a path begins with, and what is behind it.
fn token_of(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix("/t/")?;
    let word = path.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)).count();
    let (word, behind) = path.split_at_checked(word)?;
    word.parse::<Token>().ok()?;
    Some((word, behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfg::masked;

    const OWN: &str = "AAAAAAAAAAAAAAAAAAAAAA";
    const OTHER: &str = "BBBBBBBBBBBBBBBBBBBBBA";

    fn kept(text: &str) -> Result<OwnText, ForeignToken> {
        let text = CfgText::parameters(text.as_bytes(), 1_000).unwrap();
        OwnText::new(&text, Some(OWN), &["phones.example.com".to_owned()])
    }

    #[test]
    fn plain_addresses_and_the_own_token_become_places() {
        let plain = "a=http://phones.example.com/configfiles/\nb=http://phones.example.com:8081\nc=http://elsewhere/x\n";
        let marked = kept(plain).unwrap();
        assert_eq!(marked.under(None), plain);
        let under = marked.under(Some(OTHER));
        assert_eq!(
            under,
            format!(
                "a=http://phones.example.com/t/{OTHER}/configfiles/\nb=http://phones.example.com:8081/t/{OTHER}\n\
                 c=http://elsewhere/x\n"
            )
        );
        // What the phone gets, saved again, is the same file.
        let own = marked.under(Some(OWN));
        assert_eq!(kept(&own).unwrap(), marked);
        // So is what people are shown of it.
        assert_eq!(kept(&masked(&own, &[])).unwrap(), marked);
    }

    /// A5: nobody becomes another phone by a copied file.
    #[test]
    fn the_token_of_another_phone_is_refused() {
        let copied = format!("x=1\na=http://phones.example.com/t/{OTHER}/configfiles/");
        assert_eq!(kept(&copied), Err(ForeignToken { line: 2 }));
        let longer = format!("a=http://phones.example.com/t/{OWN}A/configfiles/");
        assert_eq!(kept(&longer).unwrap().under(None), longer);
    }
}
