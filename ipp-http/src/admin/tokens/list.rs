//! The own API tokens.

use serde::Serialize;
use utoipa::ToSchema;

use super::TokenDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The API tokens of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// In the order in which they were made.
    items: Vec<TokenDocument>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<Tokens>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let tokens = call.admin()?.tokens().await?;
        Ok(Json(Tokens { items: tokens.iter().map(TokenDocument::of).collect() }))
    }
}
