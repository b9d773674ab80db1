//! Log in with name and password (LGN-04).

use ipp_core::vault::SecretText;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SessionDocument, begun};
use crate::{
    admin::endpoint::{Call, Endpoint, Fresh, Json, JsonBody, Nothing},
    problem::Problem,
};

/// A name and a password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The name of the account.
    name: String,
    /// Its password.
    #[schema(value_type = String, format = Password)]
    password: SecretText,
}

pub(crate) struct LogIn;

impl Endpoint for LogIn {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<Credentials>;
    type Answer = Fresh<Json<SessionDocument>>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(Credentials { name, password }) = &call.body;
        let new = call.app().log_in(name, password.as_str(), call.peer).await?;
        Ok(begun(&call, &new))
    }
}
