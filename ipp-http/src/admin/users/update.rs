//! Change a user (USR-18).

use ipp_core::{app::admin::users::PasswordEdit, catalog::Stored, id::UserId, vault::SecretText};
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserDocument;
use crate::{
    admin::{
        endpoint::{ById, Call, Endpoint, IfMatch, Json, JsonBody, Nothing, parse},
        member::Member,
    },
    problem::Problem,
};

/// What is to be changed of a user; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserEdit {
    /// The user name.
    name: Option<String>,
    /// The name that people see.
    display_name: Option<String>,
    /// The id of the region; all devices of the user move along.
    region: Option<String>,
    /// The SIP password; `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Member<SecretText>,
}

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = ById<UserId>;
    type Query = Nothing;
    type Body = JsonBody<UserEdit>;
    type Answer = Json<UserDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let admin = call.admin()?;
        let JsonBody(edit) = &call.body;
        let mut user = admin.user(call.path.id).await?.value;
        if let Some(name) = &edit.name {
            user.name = parse(name, "/name")?;
        }
        if let Some(display_name) = &edit.display_name {
            user.display_name = parse(display_name, "/display_name")?;
        }
        if let Some(region) = &edit.region {
            user.region = parse(region, "/region")?;
        }
        let password = match &edit.password {
            Member::Kept => PasswordEdit::Keep,
            Member::Null => PasswordEdit::Clear,
            Member::Set(text) => PasswordEdit::Set(text.clone()),
        };
        admin.update_user(Stored { revision, value: user }, password).await?;
        Ok(Json(UserDocument::of(&admin.user(call.path.id).await?)))
    }
}
