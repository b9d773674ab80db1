//! A file that phones share (CFG-08). It holds no secret, because every phone may read it.

use ipp_core::app::admin::files::{Origin, SharedText};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ByName, Which};
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, Tagged, parse},
    problem::Problem,
};

/// A file that phones share.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharedDocument {
    /// Its name.
    name: String,
    /// Whether people wrote it; else it is rendered.
    written: bool,
    /// What phones get.
    text: String,
}

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ByName;
    type Query = Which;
    type Body = NoBody;
    type Answer = Tagged<SharedDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let file = read(&call).await?;
        let name = call.path.name.to_string();
        let value = SharedDocument { name, written: file.origin == Origin::Written, text: file.text };
        Ok(Tagged { revision: file.revision.unwrap_or_default(), value })
    }
}

pub(super) async fn read<E>(call: &Call<E>) -> Result<SharedText, Problem>
where
    E: Endpoint<Path = ByName, Query = Which>,
{
    let Which { template, region } = &call.query;
    let template = template.as_deref().map(|id| parse(id, "template")).transpose()?;
    let region = region.as_deref().map(|id| parse(id, "region")).transpose()?;
    Ok(call.admin()?.shared_file(&call.path.name, template, region).await?)
}
