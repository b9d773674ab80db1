//! Where a placeholder is used and set.

use ipp_core::placeholder::PlaceholderName;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::scope_text;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The name in the path.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct ByName {
    /// The name, without `%ITCS_` and `%`.
    #[param(value_type = String)]
    name: PlaceholderName,
}

/// Where a placeholder is used and set, as far as one may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceholderUsage {
    /// The templates that use it.
    templates: Vec<PlaceholderTemplate>,
    /// The scopes above the device that set it: `system`, `model:<id>` or `region:<id>`.
    scopes: Vec<String>,
}

/// A template that uses a placeholder.
#[derive(Debug, Serialize, ToSchema)]
struct PlaceholderTemplate {
    /// The id of the template.
    id: String,
    /// Its name.
    name: String,
    /// The lines of its XML, counted from 1.
    lines: Vec<u32>,
}

pub(crate) struct Usage;

impl Endpoint for Usage {
    type Path = ByName;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<PlaceholderUsage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let usage = call.admin()?.placeholder_usage(&call.path.name)?;
        let templates = usage.templates.into_iter().map(|used| PlaceholderTemplate {
            id: used.id.to_string(),
            name: used.name.to_string(),
            lines: used.lines,
        });
        Ok(Json(PlaceholderUsage {
            templates: templates.collect(),
            scopes: usage.scopes.iter().map(scope_text).collect(),
        }))
    }
}
