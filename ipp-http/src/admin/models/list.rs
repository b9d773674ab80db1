//! The phone models (GEN-12).

use serde::Serialize;
use utoipa::ToSchema;

use super::ModelDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The phone models.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    /// By id.
    items: Vec<ModelDocument>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<ModelList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let models = call.admin()?.models()?;
        Ok(Json(ModelList { items: models.iter().map(ModelDocument::of).collect() }))
    }
}
