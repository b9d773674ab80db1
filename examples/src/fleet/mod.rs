//! A phone simulator that speaks real HTTP.
//!
//! A [`Phone`] behaves as the firmware of the 400HD family does on the wire: it follows the
//! option 160 value and the addresses in the files it is given, and knows nothing else about the
//! server. It does nothing by itself, so a test can lead it step by step. A [`Fleet`] lets up to
//! ten thousand phones live by themselves in one process, one task each, every phone with its own
//! source address, its own oddities and, where wanted, its own fault.
//!
//! Everything that looks random comes from a seed: the same options give the same phones, the same
//! habits and the same message bodies. No wall clock is read.
//!
//! ```no_run
//! # use ipp_examples::fleet::{Fleet, FleetOptions};
//! # use std::time::Duration;
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let options = FleetOptions::new("http://127.0.0.1/firmwarefiles;ipp/region/Berlin", 500)
//!     .users_from(1_000)
//!     .lync_share(50);
//! let summary = Fleet::new(options)?.run_until_registered(Duration::from_secs(60)).await;
//! assert!(summary.all_registered(), "{summary}");
//! # Ok(())
//! # }
//! ```

mod alarm;
mod boot;
mod command;
mod config_file;
mod error;
mod events;
mod fetch;
mod firmware;
mod habits;
mod http;
mod identity;
mod json;
mod life;
mod meter;
mod obey;
mod option160;
mod options;
mod phone;
mod phone_options;
mod random;
mod report;
mod rest;
mod run;
mod summary;
#[cfg(test)]
mod testing;
mod tls;
mod update;
mod url;
mod wire;

pub use self::http::HttpError;
pub use alarm::{ALARM_PATH, Alarm, Severity};
pub use boot::BootOutcome;
pub use command::{Command, Message, Order, Restart};
pub use config_file::{Line, MAX_FILE, Settings, lines};
pub use error::{PhoneError, Problem, Step};
pub use events::{FleetEvent, Outcome};
pub use fetch::Fetched;
pub use firmware::{HEADER, ImageHeader};
pub use habits::{Fault, FaultMix, FaultMixError, Habits, PasswordForm, Quirk};
pub use identity::{Identity, Kind, Model, UnknownModel, User};
pub use meter::{Counters, ErrorKind, Latency, Meter, RequestKind};
pub use obey::RestOptions;
pub use option160::{DhcpAnswer, Option160, Option160Error};
pub use options::{FleetError, FleetOptions, MAX_PHONES};
pub use phone::{Phone, RequestRecord};
pub use phone_options::{Keep, PhoneOptions, SignIn};
pub use random::SplitMix64;
pub use report::{ReportAnswer, STATUS_PATH, Status};
pub use rest::{Came, Ledger, Manner, Received};
pub use run::{Fleet, RunningFleet, Stopper};
pub use summary::{PhoneResult, Summary};
pub use tls::Trust;
pub use update::FirmwareOutcome;
pub use url::{Protocol, Url, UrlError};
