//! The own session: log in and out, change the password.

pub(crate) mod change_password;
pub(crate) mod list;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod log_out_everywhere;
pub(crate) mod show;

use ipp_core::{
    access::{Capability, Regions, Role},
    app::login::{NewSession, SignedIn},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::{Call, Endpoint, Fresh, Json};

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionDocument {
    /// The name of the account.
    name: String,
    /// `super_administrator`, `administrator`, `operator` or `monitoring`.
    level: String,
    /// The regions that are visible; absent where all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<String>>,
    /// Whether secrets may be revealed.
    reveal_secrets: bool,
    /// Whether the password has to be changed before anything else can be done.
    must_change_password: bool,
    /// When the session began.
    created_at: String,
}

impl SessionDocument {
    fn of(who: &SignedIn) -> Self {
        let regions = match who.caller.role() {
            Role::SuperAdministrator | Role::Administrator | Role::Regional { regions: Regions::All, .. } => {
                None
            }
            Role::Regional { regions: Regions::Only(regions), .. } => {
                Some(regions.iter().map(ToString::to_string).collect())
            }
        };
        Self {
            name: who.caller.name().to_owned(),
            level: super::word(who.caller.level()),
            regions,
            reveal_secrets: who.caller.need(Capability::RevealSecrets).is_ok(),
            must_change_password: who.must_change_password,
            created_at: who.session.created_at.to_string(),
        }
    }
}

/// The answer that begins a session.
fn begun<E: Endpoint>(call: &Call<E>, new: &NewSession) -> Fresh<Json<SessionDocument>> {
    Fresh { cookie: call.cookie(new.id.as_str()), answer: Json(SessionDocument::of(&new.who)) }
}
