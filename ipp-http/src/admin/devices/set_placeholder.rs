//! Set a placeholder of one device (C38).

use serde::Deserialize;
use utoipa::ToSchema;

use super::placeholders::{OfDevice, PlaceholderDocument, edit};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged, parse},
    problem::Problem,
};

/// The value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueRequest {
    /// The value; an empty one is a value too.
    value: String,
}

pub(crate) struct SetPlaceholder;

impl Endpoint for SetPlaceholder {
    type Path = OfDevice;
    type Query = Nothing;
    type Body = JsonBody<ValueRequest>;
    type Answer = Tagged<PlaceholderDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let value = Some(parse(&asked.value, "/value")?);
        edit(&call.admin()?, &call.path, call.if_match()?, value).await
    }
}
