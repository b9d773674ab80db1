//! Add a phone model, or change one that is there.

use ipp_core::phone_model::PhoneModel;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ByModel, ModelDocument};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged, parse},
    problem::Problem,
};

/// A phone model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelPut {
    /// The name that people see, such as `AudioCodes 430HD`.
    title: String,
}

pub(crate) struct Put;

impl Endpoint for Put {
    type Path = ByModel;
    type Query = Nothing;
    type Body = JsonBody<ModelPut>;
    type Answer = Tagged<ModelDocument>;
    const IF_MATCH: IfMatch = IfMatch::WhereThere;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let id = call.path.id.clone();
        let revision = call.if_match_where(admin.model(&id).is_ok())?;
        let model = PhoneModel { id, title: parse(&call.body.0.title, "/title")? };
        let row = admin.save_model(model, revision).await?;
        Ok(Tagged { revision: row.revision, value: ModelDocument::of(&row) })
    }
}
