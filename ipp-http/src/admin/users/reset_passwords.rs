//! Give users new SIP passwords, each its own or all the same (MUL-09, MUL-10).

use ipp_core::{app::admin::user_bulk::NewPasswords, text::CfgValue, vault::SecretText};
use serde::Deserialize;
use utoipa::ToSchema;

use super::bulk::{UserFilterDocument, UserReport, selection};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// Which users, and which password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordsRequest {
    /// The ids of those that were picked.
    ids: Option<Vec<String>>,
    /// All that pass.
    filter: Option<UserFilterDocument>,
    /// The password of all of them; without it, each gets one of its own that is made up.
    #[schema(value_type = Option<String>)]
    password: Option<SecretText>,
}

pub(crate) struct ResetPasswords;

impl Endpoint for ResetPasswords {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<PasswordsRequest>;
    type Answer = Json<UserReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let passwords = match &asked.password {
            Some(text) => {
                parse::<CfgValue>(text.as_str(), "/password")?;
                NewPasswords::Same(text.clone())
            }
            None => NewPasswords::Random,
        };
        let selection = selection(asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(UserReport::of(call.admin()?.reset_user_passwords(&selection, &passwords).await?)))
    }
}
