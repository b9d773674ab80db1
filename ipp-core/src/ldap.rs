//! The company directory: search filters and the format of names (Table D-1).

/// Deepest nesting of a filter.
const MAX_DEPTH: u8 = 16;

/// Why a text is not an LDAP search filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "character {at} of the filter: {expected}; filters look like (cn=%), (!(cn=%)) or (&(telephoneNumber=*)(sn=%))"
)]
pub struct FilterError {
    at: usize,
    expected: &'static str,
}

/// Checks the form of a search filter (RFC 4515). `%` stands for what was typed and `*` for any
/// value (LDAP-11); what the attributes are is the server's affair. Nothing is a filter too.
pub fn check_filter(text: &str) -> Result<(), FilterError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut rest = Rest { text, at: 0 };
    rest.filter(0)?;
    if rest.at == text.len() { Ok(()) } else { Err(rest.error("the filter has ended here")) }
}

/// A result as the phone shows it: `%name` in the format becomes the attribute of that name
/// (LDAP-20).
pub fn display(format: &str, attribute: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut pieces = format.split('%');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| !is_name(c)).unwrap_or(piece.len());
        let (name, tail) = piece.split_at(end);
        match attribute(name) {
            Some(value) => out.push_str(&value),
            None if name.is_empty() => out.push('%'),
            None => {}
        }
        out.push_str(tail);
    }
    out
}

struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl Rest<'_> {
    fn filter(&mut self, depth: u8) -> Result<(), FilterError> {
        if depth > MAX_DEPTH {
            return Err(self.error("the filter is nested too deeply"));
        }
        self.take('(', "expected `(`")?;
        match self.peek() {
            Some(list @ ('&' | '|')) => {
                self.at += list.len_utf8();
                self.filter(depth + 1)?;
                while self.peek() == Some('(') {
                    self.filter(depth + 1)?;
                }
            }
            Some('!') => {
                self.at += 1;
                self.filter(depth + 1)?;
            }
            Some(_) | None => self.item()?,
        }
        self.take(')', "expected `)`")
    }

    /// An attribute, a comparison and a value.
    fn item(&mut self) -> Result<(), FilterError> {
        let start = self.at;
        self.skip(|c| is_name(c) || matches!(c, ';' | '.' | ':'));
        if self.at == start {
            return Err(self.error("expected the name of an attribute"));
        }
        if matches!(self.peek(), Some('>' | '<' | '~')) {
            self.at += 1;
        }
        self.take('=', "expected `=`")?;
        self.skip(|c| !matches!(c, '(' | ')'));
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn skip(&mut self, of: impl Fn(char) -> bool) {
        while let Some(c) = self.peek().filter(|c| of(*c)) {
            self.at += c.len_utf8();
        }
    }

    fn take(&mut self, c: char, expected: &'static str) -> Result<(), FilterError> {
        if self.peek() != Some(c) {
            return Err(self.error(expected));
        }
        self.at += c.len_utf8();
        Ok(())
    }

    fn error(&self, expected: &'static str) -> FilterError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        FilterError { at: before.chars().count() + 1, expected }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ldap_11_the_filters_of_the_manual_are_filters() {
        for good in [
            "",
            "(&(telephoneNumber=*)(sn=%))",
            "(|(cn=%)(sn=%))",
            "(!(cn=%))",
            "(|(telephoneNumber=%)(Mobile=%)(ipPhone=%))",
            "(&(telephoneNumber=%)(sn=*))",
            "(age>=21)",
            "(cn=Bü*\\28x\\29)",
        ] {
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        for (bad, at) in
            [("cn=%", 1), ("(cn=%", 6), ("(cn=%))", 7), ("(&)", 3), ("(=x)", 2), ("(cn)", 4), ("(ü=1)", 2)]
        {
            assert_eq!(check_filter(bad).unwrap_err().at, at, "{bad}");
        }
        assert!(check_filter(&"(!".repeat(100_000)).is_err());
    }

    #[test]
    fn ldap_20_the_format_of_names_is_filled_in() {
        let mike = |name: &str| match name {
            "sn" => Some("Black".to_owned()),
            "givenName" => Some("Mike".to_owned()),
            _ => None,
        };
        assert_eq!(display("%sn, %givenName", mike), "Black, Mike");
        assert_eq!(display("100% %mail%sn", mike), "100% Black");
    }
}
