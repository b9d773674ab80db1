//! What administrators do.
//!
//! [`Admin`] is the engine on behalf of one [`Caller`]: every method asks first whether the caller
//! may, in the region of the row that it loaded, and writes what it did into the audit log with the
//! same batch. There is no other way to these changes.

pub mod alarms;
mod bulk;
pub mod csv;
pub mod dashboard;
pub mod device_bulk;
pub mod device_events;
pub mod device_files;
pub mod device_placeholders;
pub mod devices;
pub mod dhcp;
pub mod files;
pub mod firmware;
pub mod jobs;
pub mod logs;
pub mod models;
pub mod operators;
mod pages;
pub mod placeholders;
pub mod preview;
pub mod publishing;
pub mod regions;
pub mod runs;
pub mod set_up;
pub mod settings;
pub mod templates;
pub mod tokens;
pub mod touched;
pub mod user_bulk;
mod user_devices;
pub mod users;

use serde::Serialize;

use super::{App, AppError};
use crate::{
    access::{Caller, Capability, Denied},
    id::RegionId,
    store::{AuditEntry, Store},
};

/// The engine on behalf of somebody.
#[derive(Debug)]
pub struct Admin<'a, S> {
    app: &'a App<S>,
    caller: Caller,
}

impl<S: Store> App<S> {
    /// The engine on behalf of `caller`.
    pub const fn admin(&self, caller: Caller) -> Admin<'_, S> {
        Admin { app: self, caller }
    }
}

impl<S: Store> Admin<'_, S> {
    /// On whose behalf.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Refuses what the caller can do nowhere.
    fn need(&self, capability: Capability) -> Result<(), AppError> {
        self.caller.need(capability).map_err(|denied| refused(denied, "thing"))
    }

    /// Refuses what the caller cannot do to a thing of that region; what it may not see does not
    /// exist.
    fn need_in(
        &self,
        capability: Capability,
        region: Option<RegionId>,
        what: &'static str,
    ) -> Result<(), AppError> {
        self.caller.need_in(capability, region).map_err(|denied| refused(denied, what))
    }

    fn audit(&self, action: &str, subject: impl Into<String>) -> AuditEntry {
        self.app.audit(self.caller.name(), action, subject)
    }
}

fn refused(denied: Denied, what: &str) -> AppError {
    match denied {
        Denied::Invisible => AppError::not_found(format!("such {what}")),
        Denied::Forbidden(capability) => AppError::forbidden(capability),
    }
}

/// A value as the audit log shows it. Nothing that is given here holds a secret.
pub(super) fn shown(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
