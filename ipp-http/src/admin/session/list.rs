//! The sessions of this account.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The sessions of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// The one used last first.
    items: Vec<SessionItem>,
}

/// One session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionItem {
    /// Whether it is the one that asks.
    current: bool,
    /// When it began.
    created_at: String,
    /// When it was used last, to about a minute.
    last_seen: String,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<Sessions>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let person = call.person()?;
        let sessions = call.app().sessions_of(person).await?;
        let item = |session: &ipp_core::operator::Session| SessionItem {
            current: session.print == person.session.print,
            created_at: session.created_at.to_string(),
            last_seen: session.last_seen.to_string(),
        };
        Ok(Json(Sessions { items: sessions.iter().map(item).collect() }))
    }
}
