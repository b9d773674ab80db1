//! What phones and the server did with each other, as facts that cost little to note; the words are made
//! when they are written down.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LogLevel, LogText};
use crate::{alarm::Severity, id::RegionId, mac::Mac, status::Registration, time::Timestamp};

/// A line of the activity log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// The region of the phone, where it is known.
    pub region: Option<RegionId>,
    /// The phone, where it is known or says who it is.
    pub mac: Option<Mac>,
    /// What happened.
    pub text: LogText,
}

/// A line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRecord {
    /// Counts the lines from 1.
    pub number: u64,
    /// The line.
    pub entry: ActivityEntry,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    /// A known phone reported.
    Reported(Registration),
    /// A phone that is not known by its token reported, and this became of it.
    Announced(Announced),
    /// A phone was given to the person who signed in on it.
    SignedIn,
    /// A phone raised an alarm.
    AlarmRaised {
        /// How bad it is.
        severity: Severity,
        /// Its name, as sent.
        name: String,
        /// Its description, as sent.
        description: String,
    },
    /// A phone cleared an alarm; without a description all of the name.
    AlarmCleared {
        /// Its name, as sent.
        name: String,
        /// Its description, as sent.
        description: Option<String>,
    },
    /// So many alarms of a sender that is not known were dropped (ALM-50).
    AlarmsDropped(usize),
    /// A message could not be read.
    Unreadable(Message),
    /// A file was asked for, and answered with that HTTP status.
    Fetched(FetchedFile, u16),
    /// A run published files.
    Published {
        /// On whose behalf.
        actor: String,
        /// Phones with a new file.
        published: u64,
        /// Phones whose file was current.
        unchanged: u64,
        /// Phones that keep their former file.
        failed: u64,
    },
    /// A phone has been silent for too long (SYS-10).
    Disconnected,
    /// So many more phones have been silent for too long.
    MoreDisconnected(u64),
    /// The clock was set, and the disconnect sweep waits.
    SweepPaused,
    /// So many lines and events were left out, because too much happened at once.
    LeftOut(u64),
}

/// What became of the report of a phone that is not known by its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// It waits for approval.
    Waits,
    /// It is enrolled from now on.
    Enrolled,
    /// It presented another token, which waits for approval.
    Requests,
    /// A token that was replaced is used again.
    Conflicts,
    /// It changes nothing: the phone is shut out, or the claim is none.
    Ignored,
    /// Its source announced too many phones in an hour.
    TooMany,
    /// It has no token, and its account cannot announce.
    Unauthorised,
}

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A status report.
    Report,
    /// An alarm.
    Alarm,
}

/// What is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchedFile {
    /// A phone's own configuration file.
    Private,
    /// What a phone gets that is not known by its token.
    FirstContact,
    /// The part that phones of a template share, or a file of another name.
    Named(String),
    /// What a region's URL answers.
    Region,
    /// The option 160 file.
    Option160,
    /// A firmware image.
    Firmware(String),
}

impl Activity {
    /// How much it matters.
    pub fn level(&self) -> LogLevel {
        match self {
            Self::Announced(Announced::Conflicts) => LogLevel::Error,
            Self::Announced(
                Announced::Requests | Announced::Ignored | Announced::TooMany | Announced::Unauthorised,
            )
            | Self::AlarmsDropped(_)
            | Self::Unreadable(_)
            | Self::Disconnected
            | Self::MoreDisconnected(_)
            | Self::SweepPaused
            | Self::LeftOut(_) => LogLevel::Warn,
            Self::AlarmRaised { severity, .. } if *severity >= Severity::Major => LogLevel::Warn,
            Self::Published { failed, .. } if *failed > 0 => LogLevel::Warn,
            Self::Fetched(_, status) => match status {
                200 => LogLevel::Info,
                206 | 304 => LogLevel::Verbose,
                _ => LogLevel::Warn,
            },
            Self::Reported(Registration::Registered) => LogLevel::Verbose,
            Self::Reported(Registration::Other(_)) => LogLevel::Debugging,
            Self::Reported(Registration::Started | Registration::Unregistered | Registration::Offline)
            | Self::Announced(Announced::Waits | Announced::Enrolled)
            | Self::SignedIn
            | Self::AlarmRaised { .. }
            | Self::AlarmCleared { .. }
            | Self::Published { .. } => LogLevel::Info,
        }
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(registration) => write!(f, "keep-alive: {registration}"),
            Self::Announced(became) => f.write_str(match became {
                Announced::Waits => "an unknown phone reports and waits for approval",
                Announced::Enrolled => "the phone is enrolled",
                Announced::Requests => {
                    "a report under another token than the phone's own; it waits for approval"
                }
                Announced::Conflicts => {
                    "a token that was replaced is used again: two phones claim this MAC address"
                }
                Announced::Ignored => {
                    "a report without effect: the phone is shut out, or the token is another's"
                }
                Announced::TooMany => {
                    "an unknown phone is not taken: its source announced too many in an hour"
                }
                Announced::Unauthorised => {
                    "a report without a token is refused: its account cannot announce phones"
                }
            }),
            Self::SignedIn => f.write_str("somebody signed in on the phone"),
            Self::AlarmRaised { severity, name, description } => {
                write!(f, "alarm raised ({}): {name}: {description}", word(*severity))
            }
            Self::AlarmCleared { name, description: Some(description) } => {
                write!(f, "alarm cleared: {name}: {description}")
            }
            Self::AlarmCleared { name, description: None } => write!(f, "all alarms cleared of {name}"),
            Self::AlarmsDropped(count) => {
                write!(f, "{count} alarms dropped: the sender is not known by its token")
            }
            Self::Unreadable(message) => write!(f, "{message} that cannot be read is refused"),
            Self::Fetched(file, status) => write!(f, "{file} {}", outcome(*status)),
            Self::Published { actor, published, unchanged, failed } => write!(
                f,
                "a run of {actor} published {published} files; {unchanged} were current, {failed} could not be made"
            ),
            Self::Disconnected => f.write_str("disconnected: silent for too long"),
            Self::MoreDisconnected(count) => {
                write!(f, "{count} more phones are disconnected: silent for too long")
            }
            Self::SweepPaused => f.write_str("the clock was set; the search for silent phones waits"),
            Self::LeftOut(count) => {
                write!(f, "{count} lines and events were left out: too much happened at once")
            }
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Report => "a report",
            Self::Alarm => "an alarm",
        })
    }
}

impl fmt::Display for FetchedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str("own configuration file"),
            Self::FirstContact => f.write_str("first contact"),
            Self::Named(name) => write!(f, "configuration file {name}"),
            Self::Region => f.write_str("configuration of the region"),
            Self::Option160 => f.write_str("option 160 file"),
            Self::Firmware(name) => write!(f, "firmware {name}"),
        }
    }
}

/// What an HTTP status means to people.
fn outcome(status: u16) -> String {
    let words = match status {
        200 => "fetched",
        206 => "fetched in part",
        304 => "is what the phone has",
        404 => "is not there",
        _ => "not given",
    };
    format!("{words} ({status})")
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Indeterminate => "indeterminate",
        Severity::Warning => "warning",
        Severity::Minor => "minor",
        Severity::Major => "major",
        Severity::Critical => "critical",
    }
}
