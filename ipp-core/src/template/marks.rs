//! Where a phone's token goes: behind the authority of each URL that leads back to this server.

use super::token::Piece;
use crate::placeholder::{Builtin, builtin::SystemFact};

/// A piece of a line, or the place of the token between two pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marked<'a> {
    /// A piece of the line.
    Piece(Piece<'a>),
    /// The place of the token.
    Mark,
}

/// Marks every `scheme://authority` whose authority is this server: one of its placeholders, with
/// or without a port, or one of its literal addresses.
pub(crate) fn place<'a>(pieces: Vec<Piece<'a>>, own_hosts: &[String]) -> Vec<Marked<'a>> {
    let mut out = Vec::with_capacity(pieces.len() + 1);
    let mut state = State::Outside;
    for piece in pieces {
        match piece {
            Piece::Text(text) => state = walk_text(text, state, own_hosts, &mut out),
            Piece::Slot(name) => {
                let fact = Builtin::of(&name).and_then(|row| row.system);
                let own = matches!(fact, Some(SystemFact::FilesAuthority | SystemFact::RestHost));
                state = match state {
                    State::Authority if own => State::Own,
                    State::Own => State::Own,
                    State::Authority | State::Outside => State::Outside,
                };
                out.push(Marked::Piece(Piece::Slot(name)));
            }
        }
    }
    if state == State::Own {
        out.push(Marked::Mark);
    }
    out
}

/// Where in a URL the text ends that was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In no authority.
    Outside,
    /// Right behind `://`.
    Authority,
    /// In an authority that is this server; a port may follow.
    Own,
}

fn walk_text<'a>(text: &'a str, mut state: State, own_hosts: &[String], out: &mut Vec<Marked<'a>>) -> State {
    let mut rest = text;
    loop {
        match state {
            State::Own => {
                let port = rest
                    .strip_prefix(':')
                    .map_or(0, |digits| 1 + digits.bytes().take_while(u8::is_ascii_digit).count());
                let (head, tail) = rest.split_at_checked(port).unwrap_or(("", rest));
                push(out, head);
                rest = tail;
                if rest.is_empty() {
                    return State::Own;
                }
                // Anything but a path, or the end of the address, belongs to another authority.
                if rest.starts_with(['/', '?', '#', ' ', ';', '"']) {
                    out.push(Marked::Mark);
                }
                state = State::Outside;
            }
            State::Authority => {
                let own = own_hosts.iter().find(|host| {
                    rest.get(..host.len()).is_some_and(|head| head.eq_ignore_ascii_case(host))
                        && !rest.as_bytes().get(host.len()).is_some_and(|byte| {
                            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@')
                        })
                });
                state = if rest.is_empty() { return State::Authority } else { State::Outside };
                if let Some((head, tail)) = own.and_then(|host| rest.split_at_checked(host.len())) {
                    push(out, head);
                    (rest, state) = (tail, State::Own);
                    if rest.is_empty() {
                        return State::Own;
                    }
                }
            }
            State::Outside => {
                let Some((head, tail)) = rest.find("://").and_then(|at| rest.split_at_checked(at + 3)) else {
                    push(out, rest);
                    return State::Outside;
                };
                push(out, head);
                (rest, state) = (tail, State::Authority);
            }
        }
    }
}

fn push<'a>(out: &mut Vec<Marked<'a>>, text: &'a str) {
    if !text.is_empty() {
        out.push(Marked::Piece(Piece::Text(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::token::pieces;

    fn marked(line: &str) -> String {
        let hosts = ["phones.example.com".to_owned(), "[2001:db8::1]".to_owned(), "10.0.0.1".to_owned()];
        place(pieces(line), &hosts)
            .iter()
            .map(|piece| match piece {
                Marked::Piece(Piece::Text(text)) => (*text).to_owned(),
                Marked::Piece(Piece::Slot(name)) => format!("%{name}%"),
                Marked::Mark => "§".to_owned(),
            })
            .collect()
    }

    #[test]
    fn urls_that_lead_back_are_marked() {
        for (line, expected) in [
            ("a=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/configfiles/", "a=%HTTP_OR_S%://%ServerIP%§/configfiles/"),
            (
                "a=%ITCS_HTTP_OR_S%://%ITCS_HTTP_PROXY_IP%:%ITCS_HTTP_PROXY_PORT%/",
                "a=%HTTP_OR_S%://%HTTP_PROXY_IP%:%HTTP_PROXY_PORT%§/",
            ),
            ("a=http://%ITCS_HTTP_PROXY_IP%:8081/", "a=http://%HTTP_PROXY_IP%:8081§/"),
            ("a=http://%ITCS_ServerIP%", "a=http://%ServerIP%§"),
            ("include https://phones.example.com/x.cfg", "include https://phones.example.com§/x.cfg"),
            ("a=HTTP://PHONES.example.com:8080", "a=HTTP://PHONES.example.com:8080§"),
            ("a=http://[2001:db8::1]:80/x", "a=http://[2001:db8::1]:80§/x"),
            ("a=http://10.0.0.1/x;http://10.0.0.1/y", "a=http://10.0.0.1§/x;http://10.0.0.1§/y"),
        ] {
            assert_eq!(marked(line), expected);
        }
    }

    #[test]
    fn other_urls_are_not() {
        for line in [
            "a=https://redirect.audiocodes.com",
            "a=http://phones.example.com.evil.org/",
            "a=http://phones.example.com@evil.org/",
            "a=http://10.0.0.10/",
            "a=http://x.phones.example.com/",
            "a=%ITCS_Proxy_address%://%ITCS_Proxy_gateway%/",
            "a=http://%ITCS_ServerIP%.evil.org/",
            "a=http://%ITCS_ServerIP%@evil.org/",
            "a=%ITCS_ServerIP%/x",
            "a=://",
            "a=http://",
        ] {
            assert!(!marked(line).contains('§'), "{line}");
        }
    }
}
