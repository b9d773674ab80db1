//! On whose behalf a job goes on.

use serde::{Deserialize, Serialize};

use crate::{access::Role, id::OperatorId};

/// Who began a job, and what that allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// What the audit log calls them.
    pub name: String,
    /// By what right.
    pub authority: Authority,
}

/// By what right a job goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// That of an account of this installation as it is at each item, and never more than it was at the
    /// beginning: a token may have been limited (C24).
    Account {
        /// The account.
        operator: OperatorId,
        /// What it was at the beginning.
        role: Role,
    },
    /// That of an operator of the host application as it was at the beginning. The host cannot be asked
    /// about somebody who is not there; it cancels the job instead.
    Host(Role),
}

impl Authority {
    /// The role that counts now, given that of the account where there still is one; `None` where the
    /// author may do nothing any more.
    pub fn now(&self, account: Option<&Role>) -> Option<Role> {
        match self {
            Self::Host(role) => Some(role.clone()),
            Self::Account { role, .. } => account.map(|now| now.shared_with(role)),
        }
    }
}
