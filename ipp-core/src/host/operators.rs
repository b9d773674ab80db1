//! The port of a host application's own operators (LGN-03).
//!
//! An embedding system has its accounts already: it checks names and passwords itself and says what
//! each operator may do here. The accounts of this installation are not used then.

use std::fmt;

use super::Asking;
use crate::access::{Caller, Role};

/// An operator of the host application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostOperator {
    /// The host's own name for it, which never changes; kept with the session.
    pub subject: String,
    /// The name that people and the audit log read.
    pub name: String,
    /// What it may do here.
    pub role: Role,
    /// Whether it may see secrets in files.
    pub reveal_secrets: bool,
}

impl HostOperator {
    /// On whose behalf the operator acts.
    pub fn caller(&self) -> Caller {
        Caller::new(self.name.clone(), None, self.role.clone(), self.reveal_secrets)
    }
}

/// The host application's operators.
pub trait Operators: fmt::Debug + Send + Sync {
    /// The operator with that name and password; `None` where there is none. Both take as long.
    fn log_in<'a>(&'a self, name: &'a str, password: &'a str) -> Asking<'a, Option<HostOperator>>;

    /// What an operator is now; `None` where it is gone or shut out. Asked at every request.
    fn find<'a>(&'a self, subject: &'a str) -> Asking<'a, Option<HostOperator>>;
}
