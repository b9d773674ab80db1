//! The accounts of administrators (SEC-01).

use serde::Serialize;
use utoipa::ToSchema;

use super::OperatorDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The accounts of administrators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorList {
    /// By name.
    items: Vec<OperatorDocument>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<OperatorList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let operators = call.admin()?.operators().await?;
        Ok(Json(OperatorList { items: operators.iter().map(OperatorDocument::of).collect() }))
    }
}
