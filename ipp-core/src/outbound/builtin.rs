//! The command table as it is delivered. Of the vendor's handlers only `ResetGracefulHandler` is public, and
//! `schedulePeriod` in its body; the others are named by analogy, and each says so.

use super::{
    BodyMember, Certificates, CommandEntry, CommandFamily, CommandMethod, CommandName, CommandPath,
    Delivered, ElementForm, EntrySource, PasswordForm, Pattern,
};
use crate::settings::Scheme;

/// What every body begins with.
const CREDENTIALS: [(&str, &str); 3] =
    [("sessionId", "{session}"), ("emsUserName", "{user}"), ("emsUserPassword", "{password}")];

/// The family of all phones: called over HTTP on port 80.
pub(super) fn family() -> CommandFamily {
    CommandFamily {
        models: Pattern::any(),
        firmware: Pattern::any(),
        delivered: Delivered::Call,
        scheme: Scheme::Http,
        port: 80,
        certificates: Certificates::Any,
        password: PasswordForm::Digest,
        element: ElementForm::Object,
        commands: CommandName::ALL.into_iter().map(|name| (name, entry(name))).collect(),
    }
}

fn entry(name: CommandName) -> CommandEntry {
    let (handler, arguments): (&str, &[(&str, &str)]) = match name {
        CommandName::CheckStatus => ("CheckStatusHandler", &[]),
        CommandName::RestartGraceful => ("ResetGracefulHandler", &[("schedulePeriod", "")]),
        CommandName::RestartForce => ("ResetForcedHandler", &[("schedulePeriod", "")]),
        CommandName::RestartScheduled => ("ResetGracefulHandler", &[("schedulePeriod", "{minutes}")]),
        CommandName::UpdateConfiguration => ("UpdateConfigurationHandler", &[]),
        CommandName::UpdateFirmware => ("UpdateFirmwareHandler", &[("url", "{image}")]),
        CommandName::SendMessage => {
            ("SendMessageHandler", &[("text", "{text}"), ("duration", "{seconds}"), ("beep", "1")])
        }
    };
    let members = CREDENTIALS.iter().chain(arguments);
    CommandEntry {
        method: CommandMethod::Put,
        path: CommandPath::of_handler(handler),
        // A test sees that none is lost.
        body: members.filter_map(|(name, value)| Some(member(name, value.parse().ok()?))).collect(),
        expected: vec![200, 202, 204],
        source: match name {
            CommandName::RestartGraceful => EntrySource::Documented,
            CommandName::CheckStatus
            | CommandName::RestartForce
            | CommandName::RestartScheduled
            | CommandName::UpdateConfiguration
            | CommandName::UpdateFirmware
            | CommandName::SendMessage => EntrySource::Analogy,
        },
    }
}

fn member(name: &str, value: super::MemberText) -> BodyMember {
    BodyMember { name: name.to_owned(), value }
}
