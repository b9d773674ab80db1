//! API tokens.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;

use ipp_core::operator::ApiToken;
use serde::Serialize;
use utoipa::ToSchema;

use super::operators::RegionsDocument;

/// An API token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenDocument {
    /// Its id.
    id: String,
    /// What it is for.
    name: String,
    /// It may do no more than this, whatever the account may.
    level: String,
    /// In no more than these regions.
    regions: RegionsDocument,
    /// When it was made.
    created_at: String,
    /// When it ends.
    expires_at: String,
    /// When it was used last, to about an hour.
    last_used: Option<String>,
}

impl TokenDocument {
    fn of(token: &ApiToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.to_string(),
            level: super::word(token.level),
            regions: RegionsDocument::of(&token.regions),
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.to_string(),
            last_used: token.last_used.map(|used| used.to_string()),
        }
    }
}
