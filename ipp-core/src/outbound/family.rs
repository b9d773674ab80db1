//! A family of phones, and how it takes each command.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    BodyMember, Call, Certificates, CommandName, Credentials, EncodeError, PasswordForm, Pattern,
    PhoneCommand, RestartKind, TableError, Token, template::push_text,
};
use crate::settings::Scheme;

/// A family of phones that take commands alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandFamily {
    /// Their hardware models, such as `C4*`.
    pub models: Pattern,
    /// Their firmware versions, such as `UC_3.*`.
    pub firmware: Pattern,
    /// How commands get to them.
    pub delivered: Delivered,
    /// Over which scheme they are called.
    pub scheme: Scheme,
    /// On which port; 80 and 443 by default (AMB-39).
    pub port: u16,
    /// Which of their certificates are taken.
    pub certificates: Certificates,
    /// How their password stands in a body.
    pub password: PasswordForm,
    /// How a command stands in the answer to a report.
    pub element: ElementForm,
    /// The commands that they take.
    pub commands: BTreeMap<CommandName, CommandEntry>,
}

/// How a family takes one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandEntry {
    /// The method.
    pub method: CommandMethod,
    /// The path.
    pub path: CommandPath,
    /// The members of the JSON object, in their order.
    pub body: Vec<BodyMember>,
    /// The statuses that mean that the phone has accepted it: 200 to 299.
    pub expected: Vec<u16>,
    /// From where it is known.
    pub source: EntrySource,
}

/// How commands get to phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// The server calls the phone, or the proxy in front of it.
    #[default]
    Call,
    /// In the answer to the phone's next report: phones without a REST server.
    KeepAlive,
}

/// How a command stands in the list `requests` of the answer to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementForm {
    /// As an object of method, path and body.
    #[default]
    Object,
    /// As the text of that object.
    Text,
    /// As the text of the body alone.
    BodyText,
}

/// The method of a command; phones know no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "each variant is the method of the same name")]
pub enum CommandMethod {
    #[default]
    Put,
    Post,
}

impl CommandMethod {
    /// The method as it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// From where an entry is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySource {
    /// The vendor's public documentation.
    Documented,
    /// By analogy with what is documented: try it on one phone first.
    Analogy,
    /// Somebody found out at this site.
    Site,
}

/// The path of a command: visible ASCII characters from a `/` on, at most 128 of them, without query.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandPath(String);

/// The text is not the path of a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the path of a command; expected something like /rest/v1/command/ResetGracefulHandler")]
pub struct CommandPathError(String);

impl CommandPath {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of_handler(handler: &str) -> Self {
        Self(format!("/rest/v1/command/{handler}"))
    }
}

impl FromStr for CommandPath {
    type Err = CommandPathError;

    fn from_str(text: &str) -> Result<Self, CommandPathError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~;:,=+!$'()*@".contains(&byte);
        let whole = text.len() <= 128 && text.starts_with('/') && text.bytes().all(plain);
        if whole && !text.contains("//") && !text.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Ok(Self(text.to_owned()));
        }
        Err(CommandPathError(text.chars().take(128).collect()))
    }
}

impl TryFrom<String> for CommandPath {
    type Error = CommandPathError;

    fn try_from(text: String) -> Result<Self, CommandPathError> {
        text.parse()
    }
}

impl From<CommandPath> for String {
    fn from(path: CommandPath) -> Self {
        path.0
    }
}

impl fmt::Display for CommandPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CommandPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl CommandFamily {
    pub(super) fn is_for_all(&self) -> bool {
        self.models.is_any() && self.firmware.is_any()
    }

    pub(super) fn body(
        &self,
        entry: &CommandEntry,
        command: &PhoneCommand,
        call: Call<'_>,
    ) -> Result<String, EncodeError> {
        let Credentials { user, password } = call.credentials;
        let needed =
            entry.body.iter().any(|member| member.value.tokens().any(|token| token == Token::Password));
        let password = match (password, self.password) {
            (None, _) if needed => return Err(EncodeError::NoPassword),
            (None, _) => String::new(),
            (Some(password), PasswordForm::Clear) => password.as_str().to_owned(),
            (Some(password), PasswordForm::Digest) => {
                call.formula.digest(call.session, user, password.as_str())
            }
        };
        let mut out = String::from("{");
        for (at, member) in entry.body.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_text(&mut out, &member.name);
            out.push(':');
            member.value.write(&mut out, |token| match token {
                Token::Session => call.session.to_string(),
                Token::User => user.clone(),
                Token::Password => password.clone(),
                Token::Mac => call.mac.to_string(),
                Token::Minutes | Token::Image | Token::Text | Token::Seconds => argument(command, token),
            });
        }
        out.push('}');
        Ok(out)
    }

    pub(super) fn check(&self, place: &str) -> Result<(), TableError> {
        let bad = |place: String, reason: String| Err(TableError { place, reason });
        if self.port == 0 {
            return bad(format!("{place}/port"), "a port is 1 to 65535".to_owned());
        }
        for (name, entry) in &self.commands {
            let place = format!("{place}/commands/{name}");
            if !(1..=8).contains(&entry.expected.len())
                || entry.expected.iter().any(|status| !(200..=299).contains(status))
            {
                return bad(
                    format!("{place}/expected"),
                    format!("{name} expects 1 to 8 statuses of 200 to 299; redirects are never followed"),
                );
            }
            if entry.body.len() > 32 {
                return bad(format!("{place}/body"), format!("the body of {name} has more than 32 members"));
            }
            for (at, member) in entry.body.iter().enumerate() {
                let place = format!("{place}/body/{at}");
                let visible = (1..=64).contains(&member.name.len())
                    && member.name.bytes().all(|byte| byte.is_ascii_graphic());
                if !visible {
                    return bad(
                        format!("{place}/name"),
                        format!(
                            "`{}` is not the name of a member; use 1 to 64 visible ASCII characters",
                            member.name
                        ),
                    );
                }
                if entry.body.iter().take(at).any(|before| before.name == member.name) {
                    return bad(format!("{place}/name"), format!("`{}` stands there twice", member.name));
                }
                if let Some(token) = member.value.tokens().find(|token| !token.is_of(*name)) {
                    return bad(
                        format!("{place}/value"),
                        format!("{name} has nothing to fill in for {{{}}}", token.as_str()),
                    );
                }
            }
        }
        Ok(())
    }
}

/// What a command has for a token. Tables with a token that a command has nothing for are refused.
fn argument(command: &PhoneCommand, token: Token) -> String {
    match (command, token) {
        (PhoneCommand::Restart(RestartKind::Scheduled(delay)), Token::Minutes) => delay.get().to_string(),
        (PhoneCommand::UpdateFirmware { image }, Token::Image) => image.to_string(),
        (PhoneCommand::SendMessage { text, .. }, Token::Text) => text.as_str().to_owned(),
        (PhoneCommand::SendMessage { seconds, .. }, Token::Seconds) => seconds.get().to_string(),
        (
            PhoneCommand::CheckStatus
            | PhoneCommand::Restart(_)
            | PhoneCommand::UpdateConfiguration
            | PhoneCommand::UpdateFirmware { .. }
            | PhoneCommand::SendMessage { .. },
            _,
        ) => String::new(),
    }
}
