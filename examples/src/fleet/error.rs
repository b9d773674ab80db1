//! The steps of a phone's life, and the errors that end one.

use std::fmt;

use serde::Serialize;

use super::http::HttpError;
use super::meter::ErrorKind;
use super::option160::Option160Error;
use super::url::UrlError;

/// A step of a phone's life; in a fleet each completed one is an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Power on, or restart.
    PoweredOn,
    /// Firmware header read, or found missing.
    FirmwareHeader,
    /// A different firmware was downloaded.
    FirmwareImage,
    /// The file named by option 160 was applied.
    FirstConfiguration,
    /// The report `started` was accepted.
    Started,
    /// The file named by the configuration itself was applied, unchanged or missing.
    Configuration,
    /// The report `registered` was accepted.
    Registered,
    /// A later report was accepted.
    KeepAlive,
    /// An alarm message was accepted.
    Alarm,
    /// The phone stopped speaking, as its fault demands.
    Vanished,
    /// The phone takes commands on its own REST server.
    Listening,
}

impl Step {
    /// Name in tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PoweredOn => "powered on",
            Self::FirmwareHeader => "firmware header",
            Self::FirmwareImage => "firmware image",
            Self::FirstConfiguration => "first configuration",
            Self::Started => "report started",
            Self::Configuration => "configuration",
            Self::Registered => "report registered",
            Self::KeepAlive => "keep-alive",
            Self::Alarm => "alarm",
            Self::Vanished => "vanished",
            Self::Listening => "listening",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A step failed; the phone may try again.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {problem}")]
pub struct PhoneError {
    step: Step,
    problem: Box<Problem>,
}

impl PhoneError {
    pub(super) fn new(step: Step, problem: impl Into<Problem>) -> Self {
        Self { step, problem: Box::new(problem.into()) }
    }

    /// The step that failed.
    pub const fn step(&self) -> Step {
        self.step
    }

    /// What was wrong, without the step.
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The kind under which the error is counted.
    pub fn kind(&self) -> ErrorKind {
        match &*self.problem {
            Problem::Http(error) => error.kind(),
            Problem::Status { .. } => ErrorKind::Status,
            Problem::Option160(_)
            | Problem::Url(_)
            | Problem::NoServer
            | Problem::NoConfiguration
            | Problem::TooManyIncludes(_)
            | Problem::WrongModel { .. }
            | Problem::ShortImage { .. } => ErrorKind::Content,
            Problem::NoListener(_) => ErrorKind::Connect,
        }
    }
}

/// What was wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The DHCP value.
    #[error(transparent)]
    Option160(#[from] Option160Error),
    /// An address in the configuration.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The exchange itself.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// An answer that does not help.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Nowhere to report to.
    #[error("the configuration has no ems_server/provisioning/url")]
    NoServer,
    /// Nowhere to fetch from.
    #[error("the configuration has no provisioning/configuration/url")]
    NoConfiguration,
    /// Includes that nest too deep or are too many, perhaps in a circle.
    #[error("too many includes at {0}; do they form a circle?")]
    TooManyIncludes(String),
    /// A file meant for other phones.
    #[error("the file is for {found}, this phone is a {own}")]
    WrongModel {
        /// Value of `system/type`.
        found: String,
        /// Model of the phone.
        own: &'static str,
    },
    /// The phone's own port is taken.
    #[error("cannot listen for commands: {0}")]
    NoListener(std::io::Error),
    /// A firmware image that never arrived whole.
    #[error("the image has {expected} bytes, {got} arrived")]
    ShortImage {
        /// Size the server stated.
        expected: u64,
        /// Bytes received.
        got: u64,
    },
}
