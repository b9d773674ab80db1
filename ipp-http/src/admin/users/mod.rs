//! Phone users.

mod bulk;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod delete_many;
pub(crate) mod generate_many;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod move_many;
pub(crate) mod reset_passwords;
pub(crate) mod update;

use ipp_core::{catalog::Stored, user::User};
use serde::Serialize;
use utoipa::ToSchema;

/// A phone user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserDocument {
    /// Its id.
    id: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// The user name, which is the SIP user name too.
    name: String,
    /// The name that people see.
    display_name: String,
    /// The id of the region, which all devices of the user share.
    region: String,
    /// Whether there is a SIP password.
    has_password: bool,
    /// Who made it: `administrator` or `sign_in`.
    origin: String,
}

impl UserDocument {
    fn of(row: &Stored<User>) -> Self {
        let user = &row.value;
        Self {
            id: user.id.to_string(),
            revision: row.revision.0,
            name: user.name.to_string(),
            display_name: user.display_name.to_string(),
            region: user.region.to_string(),
            has_password: user.password.is_some(),
            origin: super::word(user.origin),
        }
    }
}
