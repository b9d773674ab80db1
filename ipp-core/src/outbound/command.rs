//! The commands of the manual, without their transport.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::text::{PhoneUrl, breaks_line};

/// A command to a phone. *Open Web Admin* is a link, and *Change Region* takes effect when the phone
/// looks for its configuration (AMB-41), so neither is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneCommand {
    /// Tells how the phone is (API-07).
    CheckStatus,
    /// Restarts the phone (API-08); *Reset* and *Reboot* of the manual are the same (AMB-60).
    Restart(RestartKind),
    /// Looks for a new configuration file (API-09).
    UpdateConfiguration,
    /// Loads a firmware image (API-10).
    UpdateFirmware {
        /// Where it is; an image needs no token, so the address holds none.
        image: PhoneUrl,
    },
    /// Shows a text, with a beep (API-11, MUL-21).
    SendMessage {
        /// The text.
        text: MessageText,
        /// For how long.
        seconds: DisplaySeconds,
    },
}

/// When a phone restarts (MUL-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartKind {
    /// Once no call is active.
    #[default]
    Graceful,
    /// At once.
    Force,
    /// After a while that the phone itself measures.
    Scheduled(RestartDelay),
}

impl PhoneCommand {
    /// Whether sending it twice does no more than sending it once. What does is never sent again after its
    /// fate was lost (C21).
    pub const fn is_idempotent(&self) -> bool {
        match self {
            Self::CheckStatus | Self::UpdateConfiguration | Self::UpdateFirmware { .. } => true,
            Self::Restart(_) | Self::SendMessage { .. } => false,
        }
    }

    /// The action under which the audit log notes it.
    pub const fn audit_action(&self) -> &'static str {
        match self {
            Self::CheckStatus => "device.check_status",
            Self::Restart(_) => "device.restart",
            Self::UpdateConfiguration => "device.update_configuration",
            Self::UpdateFirmware { .. } => "device.update_firmware",
            Self::SendMessage { .. } => "device.send_message",
        }
    }

    /// What it is called in the command table.
    pub const fn name(&self) -> CommandName {
        match self {
            Self::CheckStatus => CommandName::CheckStatus,
            Self::Restart(RestartKind::Graceful) => CommandName::RestartGraceful,
            Self::Restart(RestartKind::Force) => CommandName::RestartForce,
            Self::Restart(RestartKind::Scheduled(_)) => CommandName::RestartScheduled,
            Self::UpdateConfiguration => CommandName::UpdateConfiguration,
            Self::UpdateFirmware { .. } => CommandName::UpdateFirmware,
            Self::SendMessage { .. } => CommandName::SendMessage,
        }
    }
}

/// An entry of the command table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the command of the same name")]
pub enum CommandName {
    CheckStatus,
    RestartGraceful,
    RestartForce,
    RestartScheduled,
    UpdateConfiguration,
    UpdateFirmware,
    SendMessage,
}

impl CommandName {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::CheckStatus,
        Self::RestartGraceful,
        Self::RestartForce,
        Self::RestartScheduled,
        Self::UpdateConfiguration,
        Self::UpdateFirmware,
        Self::SendMessage,
    ];

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CheckStatus => "check_status",
            Self::RestartGraceful => "restart_graceful",
            Self::RestartForce => "restart_force",
            Self::RestartScheduled => "restart_scheduled",
            Self::UpdateConfiguration => "update_configuration",
            Self::UpdateFirmware => "update_firmware",
            Self::SendMessage => "send_message",
        }
    }
}

/// The text is not the name of a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a command; there are check_status, restart_graceful, restart_force, restart_scheduled, update_configuration, update_firmware and send_message"
)]
pub struct CommandNameError(String);

impl FromStr for CommandName {
    type Err = CommandNameError;

    fn from_str(text: &str) -> Result<Self, CommandNameError> {
        let named = Self::ALL.into_iter().find(|name| name.as_str() == text);
        named.ok_or_else(|| CommandNameError(text.chars().take(64).collect()))
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an argument of a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandArgumentError {
    /// A message without text.
    #[error("a message needs a text of 1 to 200 characters")]
    NoText,
    /// A message that is too long.
    #[error("the message has {0} characters; at most 200 are allowed")]
    TextTooLong(usize),
    /// A number out of its range.
    #[error("{what} is {value}; {least} to {most} are allowed")]
    Range {
        /// What the number is, with its unit.
        what: &'static str,
        /// The number.
        value: u16,
        /// The least that is allowed.
        least: u16,
        /// The most that is allowed.
        most: u16,
    },
}

/// The text of a message: 1 to 200 characters, from which control characters are taken out (AMB-62).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageText(String);

impl MessageText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageText {
    type Err = CommandArgumentError;

    fn from_str(text: &str) -> Result<Self, CommandArgumentError> {
        let text: String = text.chars().filter(|c| !breaks_line(*c)).collect();
        match text.chars().count() {
            _ if text.trim().is_empty() => Err(CommandArgumentError::NoText),
            201.. => Err(CommandArgumentError::TextTooLong(text.chars().count())),
            _ => Ok(Self(text)),
        }
    }
}

impl TryFrom<String> for MessageText {
    type Error = CommandArgumentError;

    fn try_from(text: String) -> Result<Self, CommandArgumentError> {
        text.parse()
    }
}

impl From<MessageText> for String {
    fn from(text: MessageText) -> Self {
        text.0
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($what:literal, $least:literal..=$most:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "u16", into = "u16")]
        pub struct $name(u16);

        impl $name {
            /// The number.
            pub const fn get(self) -> u16 {
                self.0
            }
        }

        impl TryFrom<u16> for $name {
            type Error = CommandArgumentError;

            fn try_from(value: u16) -> Result<Self, CommandArgumentError> {
                if ($least..=$most).contains(&value) {
                    return Ok(Self(value));
                }
                Err(CommandArgumentError::Range { what: $what, value, least: $least, most: $most })
            }
        }

        impl From<$name> for u16 {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    )*};
}

numbers! {
    /// For how many seconds a message is shown: 1 to 3,600, by default 10 (AMB-62).
    DisplaySeconds("the display time in seconds", 1..=3_600);
    /// After how many minutes a phone restarts by itself: 1 to 1,440. What is further away is a job with a
    /// date (AMB-58).
    RestartDelay("the delay of the restart in minutes", 1..=1_440);
}

impl DisplaySeconds {
    /// The same as a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Default for DisplaySeconds {
    fn default() -> Self {
        Self(10)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One command of each entry of the table.
    pub(in crate::outbound) fn each() -> [PhoneCommand; 7] {
        [
            PhoneCommand::CheckStatus,
            PhoneCommand::Restart(RestartKind::Graceful),
            PhoneCommand::Restart(RestartKind::Force),
            PhoneCommand::Restart(RestartKind::Scheduled(30.try_into().unwrap())),
            PhoneCommand::UpdateConfiguration,
            PhoneCommand::UpdateFirmware {
                image: "http://10.0.0.1/firmwarefiles/430HD.img".parse().unwrap(),
            },
            PhoneCommand::SendMessage {
                text: "Fire drill".parse().unwrap(),
                seconds: DisplaySeconds::default(),
            },
        ]
    }

    /// C21: what must not happen twice is known to be so.
    #[test]
    fn c21_restart_and_message_are_not_repeatable() {
        let idempotent = each().map(|command| command.is_idempotent());
        assert_eq!(idempotent, [true, false, false, false, true, true, false]);
        assert_eq!(each().map(|command| command.name()), CommandName::ALL);
    }

    /// AMB-62: bounds of text and display time.
    #[test]
    fn amb_62_text_and_time_are_bounded() {
        let text = |text: &str| text.parse::<MessageText>();
        assert_eq!(text("a\r\nb\u{2028}\0c").unwrap().as_str(), "abc", "control characters are taken out");
        assert_eq!(text("\n "), Err(CommandArgumentError::NoText));
        assert!(text(&"é".repeat(200)).is_ok() && text(&"é".repeat(201)).is_err());
        let seconds = |seconds: u16| DisplaySeconds::try_from(seconds);
        assert!(seconds(0).is_err() && seconds(1).is_ok() && seconds(3_600).is_ok());
        let error = seconds(3_601).unwrap_err().to_string();
        assert_eq!(error, "the display time in seconds is 3601; 1 to 3600 are allowed");
        assert_eq!(DisplaySeconds::default().duration(), Duration::from_secs(10));
        assert!(RestartDelay::try_from(0).is_err() && RestartDelay::try_from(1_441).is_err());
    }

    /// A command is kept as a row and read back through the same checks.
    #[test]
    fn commands_survive_storage() {
        for command in each() {
            let text = serde_json::to_string(&command).unwrap();
            assert_eq!(serde_json::from_str::<PhoneCommand>(&text).unwrap(), command, "{text}");
        }
        let scheduled = serde_json::to_string(&each()[3]).unwrap();
        assert_eq!(scheduled, r#"{"restart":{"scheduled":30}}"#);
        let silent = r#"{"send_message":{"text":"","seconds":10}}"#;
        assert!(serde_json::from_str::<PhoneCommand>(silent).is_err());
    }
}
