//! Set a placeholder of one device.

use serde::Deserialize;
use utoipa::ToSchema;

use super::placeholders::OfDevice;
use crate::{
    admin::endpoint::{Call, Endpoint, JsonBody, NoContent, Nothing, parse},
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
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let name = parse(&call.path.name, "name")?;
        let JsonBody(asked) = &call.body;
        let value = Some(parse(&asked.value, "/value")?);
        admin.set_device_placeholder(call.path.id, None, name, value).await?;
        Ok(NoContent)
    }
}
