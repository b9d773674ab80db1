//! What a job does to each of its phones.

use serde::{Deserialize, Serialize};

use crate::{
    access::Capability,
    id::FirmwareId,
    outbound::{CommandName, DisplaySeconds, MessageText, RestartKind},
};

use super::Pace;

/// What a job does to each of its phones. It names things by their ids: what they are is looked up when an
/// item's turn comes, which may be days later (C24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobAction {
    /// Asks the phone how it is (DEV-27).
    CheckStatus,
    /// Restarts the phone (DEV-32).
    Restart(RestartKind),
    /// Has the phone look for a new configuration file (DEV-33).
    UpdateConfiguration,
    /// Has the phone load a firmware image (DEV-29).
    UpdateFirmware {
        /// The image.
        firmware: FirmwareId,
        /// Whether phones of other models than the image's are commanded too (DEV-30).
        #[serde(default)]
        any_model: bool,
    },
    /// Shows a text on the phone (DEV-34).
    SendMessage {
        /// The text.
        text: MessageText,
        /// For how long.
        seconds: DisplaySeconds,
    },
}

impl JobAction {
    /// The entry of the command table that it needs.
    pub const fn command(&self) -> CommandName {
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

    /// Whether doing it twice does no more than doing it once. What does is never done again after its
    /// fate was lost (C21).
    pub const fn is_idempotent(&self) -> bool {
        match self {
            Self::CheckStatus | Self::UpdateConfiguration | Self::UpdateFirmware { .. } => true,
            Self::Restart(_) | Self::SendMessage { .. } => false,
        }
    }

    /// What whoever began the job must be able to do, when it begins and at each item.
    pub const fn capability(&self) -> Capability {
        match self {
            Self::CheckStatus => Capability::CheckStatus,
            Self::Restart(_)
            | Self::UpdateConfiguration
            | Self::UpdateFirmware { .. }
            | Self::SendMessage { .. } => Capability::CommandPhones,
        }
    }

    /// Whether a phone that is silent is left out, rather than called in vain (AMB-59).
    pub const fn needs_connection(&self) -> bool {
        match self {
            Self::Restart(_) => true,
            Self::CheckStatus
            | Self::UpdateConfiguration
            | Self::UpdateFirmware { .. }
            | Self::SendMessage { .. } => false,
        }
    }

    /// How fast it goes where nobody says otherwise: restarts in batches of 5 with 2 minutes between
    /// (MUL-13), the others one after the other with 2 seconds between (MUL-19), and what no phone works on
    /// for long in batches of 20.
    pub const fn usual_pace(&self) -> Pace {
        match self {
            Self::Restart(_) => Pace::RESTART,
            Self::UpdateConfiguration | Self::UpdateFirmware { .. } => Pace::ONE_BY_ONE,
            Self::CheckStatus | Self::SendMessage { .. } => Pace::LIGHT,
        }
    }
}
