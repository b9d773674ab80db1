//! Make a user (USR-04, USR-05).

use ipp_core::{app::admin::users::NewUser, vault::SecretText};
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserDocument;
use crate::{
    admin::endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse},
    problem::Problem,
};

/// A user that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRequest {
    /// The user name, which is the SIP user name too.
    name: String,
    /// The name that people see.
    #[serde(default)]
    display_name: String,
    /// The id of the region.
    region: String,
    /// The SIP password, where there is one.
    #[schema(value_type = Option<String>)]
    password: Option<SecretText>,
}

pub(crate) struct Create;

impl Endpoint for Create {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<UserRequest>;
    type Answer = Created<UserDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let new = NewUser {
            name: parse(&asked.name, "/name")?,
            display_name: parse(&asked.display_name, "/display_name")?,
            region: parse(&asked.region, "/region")?,
            password: asked.password.clone(),
        };
        let admin = call.admin()?;
        let user = admin.create_user(new).await?;
        let row = admin.user(user.id).await?;
        Ok(Created { location: format!("/api/v1/users/{}", user.id), value: UserDocument::of(&row) })
    }
}
