//! Upload a file that phones share, or save one that was edited (CFG-06, CFG-09).

use serde::Serialize;
use utoipa::ToSchema;

use super::ByName;
use crate::{
    admin::endpoint::{Call, CfgBody, Endpoint, IfMatch, Nothing, Tagged},
    problem::Problem,
};

/// A file that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedDocument {
    /// Its name.
    name: String,
    /// The version; the next edit names it as If-Match.
    revision: u64,
}

pub(crate) struct Put;

impl Endpoint for Put {
    type Path = ByName;
    type Query = Nothing;
    type Body = CfgBody;
    type Answer = Tagged<SavedDocument>;
    const IF_MATCH: IfMatch = IfMatch::WhereThere;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let name = call.path.name.clone();
        let CfgBody(bytes) = &call.body;
        let there = call.app().snapshot().catalog.file_called(name.as_str()).is_some();
        let seen = call.if_match_where(there)?;
        let revision = admin.put_shared_file(name.clone(), seen, bytes).await?;
        Ok(Tagged { revision, value: SavedDocument { name: name.to_string(), revision: revision.0 } })
    }
}
