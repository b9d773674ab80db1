//! Make an API token.

use ipp_core::app::admin::tokens::NewToken;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TokenDocument;
use crate::{
    admin::{
        endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse},
        operators::RegionsDocument,
    },
    problem::Problem,
};

/// A token that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// What it is for.
    name: String,
    /// It may do no more than this: `monitoring`, `operator`, `administrator` or
    /// `super_administrator`.
    level: String,
    /// In no more than these regions.
    #[serde(default)]
    regions: RegionsDocument,
    /// After how many days it ends: 1 to 366.
    days: u16,
}

/// A token with its text, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenMade {
    #[serde(flatten)]
    token: TokenDocument,
    /// What a program sends as bearer.
    secret: String,
}

pub(crate) struct Create;

impl Endpoint for Create {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<TokenRequest>;
    type Answer = Created<TokenMade>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let new = NewToken {
            name: parse(&asked.name, "/name")?,
            level: parse(&asked.level, "/level")?,
            regions: asked.regions.parse("/regions")?,
            days: asked.days,
        };
        let (token, text) = call.admin()?.create_token(new).await?;
        let value = TokenMade { token: TokenDocument::of(&token), secret: text.as_str().to_owned() };
        Ok(Created { location: format!("/api/v1/tokens/{}", token.id), value })
    }
}
