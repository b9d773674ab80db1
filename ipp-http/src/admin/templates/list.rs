//! The templates (TPL-11, TPL-12, TPL-26, TPL-43).

use serde::Serialize;
use utoipa::ToSchema;

use super::TemplateDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The templates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateList {
    /// By name.
    items: Vec<TemplateItem>,
}

/// A template in the list.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateItem {
    #[serde(flatten)]
    template: TemplateDocument,
    /// How many phones have a published file of it.
    phones: u64,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<TemplateList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let phones = admin.phones_by_template().await?;
        let mut items = Vec::new();
        for row in admin.templates()? {
            let phones = phones.get(&row.value.id).copied().unwrap_or_default();
            items.push(TemplateItem { template: TemplateDocument::of(call.app(), &row).await?, phones });
        }
        Ok(Json(TemplateList { items }))
    }
}
