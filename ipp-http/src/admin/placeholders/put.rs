//! Add a placeholder to a scope, or change it there (PLH-16 to PLH-21, C38).

use ipp_core::{app::admin::placeholders::PlaceholderEdit, vault::SecretText};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ByScopeAndName, PlaceholderDocument, refused};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged, parse},
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
    type Answer = Tagged<PlaceholderDocument>;
    const IF_MATCH: IfMatch = IfMatch::WhereThere;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(put) = &call.body;
        let (scope, name) = (&call.path.scope.0, &call.path.name);
        let admin = call.admin()?;
        let there = admin.placeholder(scope, name)?.is_some();
        // Who adds wants none there, whichever it is.
        let revision = if put.new { None } else { call.if_match_where(there)? };
        let edit = PlaceholderEdit {
            value: put.value.as_ref().map(|text| parse(text.as_str(), "/value")).transpose()?,
            description: put.description.as_deref().map(|text| parse(text, "/description")).transpose()?,
            new: put.new || revision.is_none(),
            revision,
        };
        let put = admin.put_placeholder(scope.clone(), name.clone(), edit).await;
        put.map_err(|error| refused(&admin, &call.path, error.into()))?;
        let row = admin.placeholder(scope, name)?.ok_or_else(Problem::not_found)?;
        Ok(Tagged { revision: row.revision, value: PlaceholderDocument::of(name, &row) })
    }
}
