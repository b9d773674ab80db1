//! What a scope sets (PLH-14, PLH-19).

use serde::Serialize;
use utoipa::ToSchema;

use super::{ByScope, PlaceholderDocument};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// What a scope sets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceholderList {
    /// By name.
    items: Vec<PlaceholderDocument>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = ByScope;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<PlaceholderList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let set = call.admin()?.placeholders(&call.path.scope.0)?;
        Ok(Json(PlaceholderList { items: set.iter().map(PlaceholderDocument::of).collect() }))
    }
}
