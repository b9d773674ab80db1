//! Add a placeholder to a scope, or change it there (PLH-16 to PLH-21).

use ipp_core::{app::admin::placeholders::PlaceholderEdit, vault::SecretText};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ByScopeAndName, PlaceholderDocument};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// What is to be set; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceholderPut {
    /// The value, which may be a secret. The empty text is a value; to inherit again, delete the placeholder.
    #[schema(value_type = Option<String>)]
    value: Option<SecretText>,
    /// What people note about it.
    description: Option<String>,
    /// Whether it is an error that the scope sets it already.
    #[serde(default)]
    new: bool,
}

pub(crate) struct Put;

impl Endpoint for Put {
    type Path = ByScopeAndName;
    type Query = Nothing;
    type Body = JsonBody<PlaceholderPut>;
    type Answer = Json<PlaceholderDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(put) = &call.body;
        let edit = PlaceholderEdit {
            value: put.value.as_ref().map(|text| parse(text.as_str(), "/value")).transpose()?,
            description: put.description.as_deref().map(|text| parse(text, "/description")).transpose()?,
            new: put.new,
        };
        let (scope, name) = (&call.path.scope.0, &call.path.name);
        let admin = call.admin()?;
        admin.put_placeholder(scope.clone(), name.clone(), edit).await?;
        let set = admin.placeholders(scope)?;
        set.get_key_value(name).map(PlaceholderDocument::of).map(Json).ok_or_else(Problem::not_found)
    }
}
