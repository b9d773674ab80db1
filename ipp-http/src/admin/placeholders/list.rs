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
        let rows = call.admin()?.placeholder_rows(&call.path.scope.0)?;
        let items = rows.iter().map(|(name, row)| PlaceholderDocument::of(name, row)).collect();
        Ok(Json(PlaceholderList { items }))
    }
}
