//! What people read to learn what went on: the activity log, the web-admin log, the events of a phone.
//!
//! The activity log holds what phones and the server did with each other (LOG-04); its lines are kept
//! in a bounded ring. The web-admin log (LOG-03) is no store of its own: it is the audit log, one line
//! for each entry. Both are read by level (LOG-06), and no text of theirs can add a line, mark up a page
//! or tell a token (LOG-16, LOG-18).

pub mod activity;
pub mod event;
pub mod line;
pub mod sample;
mod text;
pub mod web_admin;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::{
    activity::{Activity, ActivityEntry},
    event::{DeviceEvent, EventKind, Reported},
    sample::{Figures, Hour},
    text::LogText,
};

/// How much a line matters, the most severe first (LOG-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Something does not work.
    Error,
    /// Something was refused, or wants a look.
    Warn,
    /// Something was done.
    Info,
    /// What helps to find out why.
    Debugging,
    /// Everything.
    Verbose,
}

impl LogLevel {
    /// All levels in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debugging, Self::Verbose];

    /// The word that people choose it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debugging => "DEBUGGING",
            Self::Verbose => "VERBOSE",
        }
    }

    /// Whether a line of that level is among those of this level and more severe ones (LOG-07).
    pub fn includes(self, line: Self) -> bool {
        line <= self
    }

    /// This level and the more severe ones, the most severe first.
    pub fn and_more_severe(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |level| self.includes(*level))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a log level; there are ERROR, WARN, INFO, DEBUGGING and VERBOSE")]
pub struct ParseLogLevelError;

impl FromStr for LogLevel {
    type Err = ParseLogLevelError;

    fn from_str(text: &str) -> Result<Self, ParseLogLevelError> {
        let named = |level: &Self| level.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or(ParseLogLevelError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LOG-06, LOG-07: five levels in this order; each includes the more severe ones.
    #[test]
    fn log_06_levels_are_ordered_by_severity() {
        let words: Vec<&str> = LogLevel::ALL.iter().map(|level| level.as_str()).collect();
        assert_eq!(words, ["ERROR", "WARN", "INFO", "DEBUGGING", "VERBOSE"]);
        let included: Vec<LogLevel> = LogLevel::Warn.and_more_severe().collect();
        assert_eq!(included, [LogLevel::Error, LogLevel::Warn]);
        assert!(LogLevel::ALL.into_iter().all(|level| LogLevel::Verbose.includes(level)));
        assert_eq!("warn".parse(), Ok(LogLevel::Warn));
        assert!("TRACE".parse::<LogLevel>().is_err());
    }
}
