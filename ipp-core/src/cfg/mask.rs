//! Files as they are shown to those who may not see secrets.

use super::{
    key::is_secret,
    text::{LineKind, lines},
};
use crate::token::Token;

/// What stands in the place of a secret.
pub const MASK: &str = "********";

/// What stands in the place of a phone's token, with what is around it in a URL.
pub const TOKEN_MARK: &str = "/t/<token>";

/// The least length of a known secret that is looked for in all values: shorter ones are found
/// everywhere.
const LEAST: usize = 4;

/// A text with a mask for each secret: the values of keys that tell so, values in the vendor's
/// notation, tokens in URLs, and wherever a secret that is known stands.
pub fn masked(text: &str, known: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    for line in lines(text) {
        let shown = line.text.trim_start().trim_start_matches([';', '#']);
        match parameter(shown) {
            Some((key, value)) if !value.is_empty() && (is_secret(key) || is_encoded(value)) => {
                let cut = line.text.len() - shown.len() + shown.find('=').map_or(0, |at| at + 1);
                out.push_str(line.text.get(..cut).unwrap_or_default());
                out.push_str(MASK);
            }
            Some(_) | None => {
                let secrets = known.iter().filter(|secret| secret.len() >= LEAST);
                let shown = secrets.fold(line.text.to_owned(), |shown, secret| shown.replace(secret, MASK));
                out.push_str(&without_tokens(&shown));
            }
        }
        out.push('\n');
    }
    if !text.ends_with('\n') {
        out.pop();
    }
    out
}

/// The parameter of a line, also of one that a comment switches off.
fn parameter(line: &str) -> Option<(&str, &str)> {
    match lines(line).next()?.kind {
        LineKind::Parameter(key, value) => Some((key, value)),
        LineKind::Include(_) | LineKind::Comment | LineKind::Other => None,
    }
}

/// The vendor's notation of a secret: `{"…"}`.
pub(crate) fn is_encoded(value: &str) -> bool {
    value.starts_with("{\"") && value.ends_with("\"}")
}

fn without_tokens(line: &str) -> String {
    let mut parts = line.split("/t/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let length =
            part.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)).count();
        if let Some(token) = part.get(..length).filter(|text| text.parse::<Token>().is_ok()) {
            out.push_str(TOKEN_MARK);
            out.push_str(part.get(token.len()..).unwrap_or_default());
        } else {
            out.push_str("/t/");
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let text = "a=1\n;system/password=geheim\nvoip/line/0/auth_password = 1234\nb={\"VvlZOp5/5pM=\"}\n\
            c=http://h/t/AAAAAAAAAAAAAAAAAAAAAA/x\nd=say swordfish twice\nsystem/password=\n";
        let shown = masked(text, &["swordfish", "1"]);
        assert_eq!(
            shown,
            "a=1\n;system/password=********\nvoip/line/0/auth_password =********\nb=********\n\
            c=http://h/t/<token>/x\nd=say ******** twice\nsystem/password=\n"
        );
        assert_eq!(masked("a=/t/x", &[]), "a=/t/x");
    }
}
