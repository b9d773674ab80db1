//! Copy what a region sets to another region.

use ipp_core::id::RegionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceholderCopy {
    /// The id of the other region.
    to: String,
    /// Whether what that one sets already is overwritten.
    #[serde(default)]
    overwrite: bool,
}

/// What became of the set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceholdersCopied {
    /// The names that were copied.
    copied: Vec<String>,
    /// Those that were left out.
    left: Vec<PlaceholderLeft>,
}

/// A placeholder that was left out.
#[derive(Debug, Serialize, ToSchema)]
struct PlaceholderLeft {
    /// Its name.
    name: String,
    /// Why.
    reason: &'static str,
}

pub(crate) struct Copy;

impl Endpoint for Copy {
    type Path = ById<RegionId>;
    type Query = Nothing;
    type Body = JsonBody<PlaceholderCopy>;
    type Answer = Json<PlaceholdersCopied>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let to = parse(&call.body.0.to, "/to")?;
        let done = call.admin()?.copy_placeholders(call.path.id, to, call.body.0.overwrite).await?;
        let left = done.left.iter().map(|(name, reason)| PlaceholderLeft { name: name.to_string(), reason });
        let copied = done.copied.iter().map(ToString::to_string).collect();
        Ok(Json(PlaceholdersCopied { copied, left: left.collect() }))
    }
}
