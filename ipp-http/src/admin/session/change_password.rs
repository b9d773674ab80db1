//! Change the own password.

use ipp_core::vault::SecretText;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SessionDocument, begun};
use crate::{
    admin::endpoint::{Call, Endpoint, Fresh, Json, JsonBody, Nothing},
    problem::Problem,
};

/// The former and the new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The present password.
    #[schema(value_type = String, format = Password)]
    current: SecretText,
    /// The new one: 10 to 128 characters, without the user name.
    #[schema(value_type = String, format = Password)]
    new: SecretText,
}

pub(crate) struct ChangePassword;

impl Endpoint for ChangePassword {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<PasswordChange>;
    type Answer = Fresh<Json<SessionDocument>>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(PasswordChange { current, new }) = &call.body;
        let (current, new) = (current.as_str(), new.as_str());
        let session = call.app().change_own_password(call.person()?, current, new, call.peer).await?;
        Ok(begun(&call, &session))
    }
}
