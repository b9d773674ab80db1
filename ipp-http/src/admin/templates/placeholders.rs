//! The placeholders of a template with their values and where these come from (PLH-06).

use ipp_core::{
    app::admin::templates::UsedPlaceholder,
    id::{RegionId, TemplateId},
    phone_model::ModelId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::{
        endpoint::{ById, Call, Endpoint, Json, NoBody},
        word,
    },
    problem::Problem,
};

/// For which phones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceholdersQuery {
    /// The id of a region; phones without one where it is not given.
    #[param(value_type = Option<String>)]
    region: Option<RegionId>,
    /// A model; that of the template where none is given.
    #[param(value_type = Option<String>)]
    model: Option<ModelId>,
}

/// The placeholders of a template.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplatePlaceholders {
    /// By name.
    items: Vec<TemplatePlaceholder>,
}

/// A placeholder of a template.
#[derive(Debug, Serialize, ToSchema)]
struct TemplatePlaceholder {
    /// Its name.
    name: String,
    /// The first line of the XML that uses it.
    line: u32,
    /// Whether phones and their users give it a value of their own.
    of_phone: bool,
    /// The values above the device, the one that wins first; empty where nothing sets it.
    values: Vec<PlaceholderLayer>,
}

/// A value and where it comes from.
#[derive(Debug, Serialize, ToSchema)]
struct PlaceholderLayer {
    /// `default`, `system`, `model` or `region`.
    origin: String,
    /// The value; `null` for a secret, which is never shown.
    value: Option<String>,
}

impl TemplatePlaceholder {
    fn of(used: &UsedPlaceholder) -> Self {
        let layer = |layer: &ipp_core::render::explain::Shown| PlaceholderLayer {
            origin: word(layer.origin),
            value: layer.value.clone(),
        };
        Self {
            name: used.name.to_string(),
            line: used.line,
            of_phone: used.of_phone,
            values: used.layers.iter().map(layer).collect(),
        }
    }
}

pub(crate) struct Placeholders;

impl Endpoint for Placeholders {
    type Path = ById<TemplateId>;
    type Query = PlaceholdersQuery;
    type Body = NoBody;
    type Answer = Json<TemplatePlaceholders>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let query = &call.query;
        let used = call.admin()?.template_placeholders(call.path.id, query.region, query.model.as_ref())?;
        Ok(Json(TemplatePlaceholders { items: used.iter().map(TemplatePlaceholder::of).collect() }))
    }
}
