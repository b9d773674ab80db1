//! The members of a command's body: names, and texts in which tokens stand for what one attempt fills in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::CommandName;

/// What a member of a body is called, and its text. The order of members is kept, as the vendor's bodies
/// begin with the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyMember {
    /// Its name.
    pub name: String,
    /// Its text.
    pub value: MemberText,
}

/// What an attempt fills in; in a text it stands in braces, such as `{session}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// The session id of the attempt.
    Session,
    /// The user name of the phone's REST account.
    User,
    /// Its password, in the form of the family.
    Password,
    /// The MAC address.
    Mac,
    /// After how many minutes the phone restarts.
    Minutes,
    /// The address of the firmware image.
    Image,
    /// The text of a message.
    Text,
    /// For how many seconds it is shown.
    Seconds,
}

impl Token {
    const ALL: [Self; 8] = [
        Self::Session,
        Self::User,
        Self::Password,
        Self::Mac,
        Self::Minutes,
        Self::Image,
        Self::Text,
        Self::Seconds,
    ];

    /// What stands in the braces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::User => "user",
            Self::Password => "password",
            Self::Mac => "mac",
            Self::Minutes => "minutes",
            Self::Image => "image",
            Self::Text => "text",
            Self::Seconds => "seconds",
        }
    }

    /// Whether the command has something to fill in.
    pub const fn is_of(self, command: CommandName) -> bool {
        match self {
            Self::Session | Self::User | Self::Password | Self::Mac => true,
            Self::Minutes => matches!(command, CommandName::RestartScheduled),
            Self::Image => matches!(command, CommandName::UpdateFirmware),
            Self::Text | Self::Seconds => matches!(command, CommandName::SendMessage),
        }
    }
}

/// The text of a member. `{#seconds}` alone is written as a number, as nothing else is; every other text is
/// written as a text. What is filled in is never scanned again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemberText {
    text: String,
    pieces: Vec<Piece>,
    number: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Token(Token),
}

/// Why a text is not one of a member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberTextError {
    /// A brace that belongs to no token.
    #[error("`{0}` has a brace that belongs to no token; a token is written like {{session}}")]
    Brace(String),
    /// A token that there is not.
    #[error(
        "`{{{0}}}` is not a token; there are {{session}}, {{user}}, {{password}}, {{mac}}, {{minutes}}, {{image}}, {{text}} and {{seconds}}"
    )]
    Unknown(String),
    /// A number that is not one alone.
    #[error("`{0}` is not a number alone; only {{#minutes}} and {{#seconds}} are written as numbers")]
    Number(String),
    /// A text that is too long.
    #[error("the text has more than 256 characters")]
    TooLong,
}

impl MemberText {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The tokens in it.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Token(token) => Some(*token),
        })
    }

    /// Writes the value as JSON, with each token filled in by `fill`.
    pub(super) fn write(&self, out: &mut String, mut fill: impl FnMut(Token) -> String) {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Token(token) => fill(*token),
            })
            .collect();
        if self.number {
            out.push_str(&text);
        } else {
            push_text(out, &text);
        }
    }
}

/// Writes a JSON text.
pub(super) fn push_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

impl FromStr for MemberText {
    type Err = MemberTextError;

    fn from_str(text: &str) -> Result<Self, MemberTextError> {
        if text.chars().count() > 256 {
            return Err(MemberTextError::TooLong);
        }
        let brace = || MemberTextError::Brace(text.to_owned());
        let (mut pieces, mut number, mut rest) = (Vec::new(), false, text);
        while let Some(open) = rest.find(['{', '}']) {
            let (literal, behind) = rest.split_at(open);
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            let (name, behind) =
                behind.strip_prefix('{').and_then(|behind| behind.split_once('}')).ok_or_else(brace)?;
            let plain = name.strip_prefix('#');
            let wanted = plain.unwrap_or(name);
            let token = Token::ALL.into_iter().find(|token| token.as_str() == wanted);
            let token = token.ok_or_else(|| MemberTextError::Unknown(name.chars().take(40).collect()))?;
            if plain.is_some() {
                if text.len() != name.len() + 2 || !matches!(token, Token::Minutes | Token::Seconds) {
                    return Err(MemberTextError::Number(text.to_owned()));
                }
                number = true;
            }
            pieces.push(Piece::Token(token));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), pieces, number })
    }
}

impl TryFrom<String> for MemberText {
    type Error = MemberTextError;

    fn try_from(text: String) -> Result<Self, MemberTextError> {
        text.parse()
    }
}

impl From<MemberText> for String {
    fn from(text: MemberText) -> Self {
        text.text
    }
}

impl fmt::Debug for MemberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str, filled: &str) -> String {
        let mut out = String::new();
        text.parse::<MemberText>().unwrap().write(&mut out, |_| filled.to_owned());
        out
    }

    #[test]
    fn tokens_are_filled_in_once() {
        assert_eq!(written("a{user}b", "{password}"), r#""a{password}b""#);
        assert_eq!(written("", "x"), r#""""#);
        assert_eq!(written("{#seconds}", "10"), "10");
        assert_eq!(written("{seconds}", "10"), r#""10""#);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for (text, error) in [
            ("{", "`{` has a brace that belongs to no token; a token is written like {session}"),
            ("a}", "`a}` has a brace that belongs to no token; a token is written like {session}"),
            (
                "{pasword}",
                "`{pasword}` is not a token; there are {session}, {user}, {password}, {mac}, {minutes}, {image}, {text} and {seconds}",
            ),
            (
                "{#user}",
                "`{#user}` is not a number alone; only {#minutes} and {#seconds} are written as numbers",
            ),
            (
                "x{#seconds}",
                "`x{#seconds}` is not a number alone; only {#minutes} and {#seconds} are written as numbers",
            ),
        ] {
            assert_eq!(text.parse::<MemberText>().unwrap_err().to_string(), error);
        }
        assert_eq!("x".repeat(257).parse::<MemberText>(), Err(MemberTextError::TooLong));
    }

    proptest! {
        /// Whatever is filled in stays one text of one member.
        #[test]
        fn nothing_that_is_filled_in_leaves_its_member(filled in any::<String>()) {
            let json = format!("{{\"x\":{}}}", written("{text}", &filled));
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(value, serde_json::json!({ "x": filled }));
        }
    }
}
