//! Phone users: who a phone belongs to, and the SIP credentials it registers with.

use serde::{Deserialize, Serialize};

use crate::{
    id::{RegionId, UserId},
    text::{Label, UserName},
    vault::SealedValue,
};

/// A phone user. Not an administrator: it cannot log in to the console (USR-29).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The user name, which is the SIP user name too (USR-31); unique without regard to ASCII case.
    pub name: UserName,
    /// The name that people see.
    pub display_name: Label,
    /// The region, which all devices of the user share (AMB-103).
    pub region: RegionId,
    /// The SIP password; some environments have none (USR-33).
    pub password: Option<SealedValue>,
    /// Who made the user.
    pub origin: UserOrigin,
}

/// Who made a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserOrigin {
    /// An administrator, by form, import or approval.
    Administrator,
    /// A phone, by somebody signing in on it.
    SignIn,
}
