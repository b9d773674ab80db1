//! One phone of a job.

use serde::{Deserialize, Serialize};

use crate::{
    id::{DeviceId, JobId},
    log::LogText,
    mac::Mac,
    outbound::SessionId,
    time::Timestamp,
};

/// One phone of a job, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobItem {
    /// The job.
    pub job: JobId,
    /// Its place in the job, from 0 on.
    pub number: u32,
    /// The phone, which need not be there any more.
    pub device: DeviceId,
    /// Its address when the job began.
    pub mac: Mac,
    /// How far it is.
    pub state: ItemState,
    /// The id of the attempt, where there was one; it stands in the phone's log too.
    pub session: Option<SessionId>,
    /// When it got into this state; `None` while it has never left the queue.
    pub at: Option<Timestamp>,
    /// What the phone said, or why not; empty where there is nothing to tell.
    pub text: LogText,
}

/// How far an item is. The numbers are those of the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ItemState {
    /// Its turn has not come.
    Queued = 0,
    /// The command may have left.
    Sending = 1,
    /// The phone took the command. A restart is done when the phone reports that it has started (C26).
    Accepted = 2,
    /// The phone did not take it, or certainly never got it.
    Failed = 3,
    /// It was not to be sent any more when its turn came.
    Skipped = 4,
    /// It may have arrived or not, and is not sent again by itself (C21).
    Unknown = 5,
    /// The job was cancelled before its turn.
    Cancelled = 6,
    /// The phone took the command, and has reported since that it has started (C26).
    Confirmed = 7,
    /// Its turn has come, and the command leaves with the answer to the phone's next report.
    Waiting = 8,
}

impl ItemState {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sending,
        Self::Accepted,
        Self::Failed,
        Self::Skipped,
        Self::Unknown,
        Self::Cancelled,
        Self::Confirmed,
        Self::Waiting,
    ];

    /// What it is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
            Self::Confirmed => "confirmed",
            Self::Waiting => "waiting",
        }
    }

    /// Whether it has yet to get somewhere.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Sending | Self::Waiting => true,
            Self::Accepted
            | Self::Failed
            | Self::Skipped
            | Self::Unknown
            | Self::Cancelled
            | Self::Confirmed => false,
        }
    }

    /// Whether the command may have reached the phone, and more may become known of it.
    pub const fn awaits_evidence(self) -> bool {
        match self {
            Self::Sending | Self::Accepted | Self::Unknown => true,
            Self::Queued
            | Self::Failed
            | Self::Skipped
            | Self::Cancelled
            | Self::Confirmed
            | Self::Waiting => false,
        }
    }

    /// The state of that number.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}
