//! Delete a user, with its devices where that is said (USR-22).

use ipp_core::id::UserId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, NoContent},
    problem::Problem,
};

/// What goes with the user.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct With {
    /// Whether its devices are deleted too; without it, a user with devices stays.
    #[serde(default)]
    devices: bool,
}

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ById<UserId>;
    type Query = With;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_user(call.path.id, call.query.devices).await?;
        Ok(NoContent)
    }
}
