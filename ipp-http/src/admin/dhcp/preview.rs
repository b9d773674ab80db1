//! *IPP with this model will get from the DHCP* (DHCP-11, DHCP-12).

use ipp_core::{id::RegionId, phone_model::ModelId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// Which phone.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewQuery {
    /// The id of its region.
    #[param(value_type = String)]
    region: RegionId,
    /// Its model.
    #[param(value_type = String)]
    model: ModelId,
}

/// What a phone would get from the region's URL.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewDocument {
    /// The file, with `<token>` in place of the phone's token.
    file: String,
    /// The template that it is made from; `null` where the model has none that is published.
    template: Option<String>,
}

pub(crate) struct Preview;

impl Endpoint for Preview {
    type Path = Nothing;
    type Query = PreviewQuery;
    type Body = NoBody;
    type Answer = Json<PreviewDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let PreviewQuery { region, model } = &call.query;
        let preview = call.admin()?.preview_first_contact(*region, model).await?;
        let template = preview.template.map(|name| name.to_string());
        Ok(Json(PreviewDocument { file: preview.text, template }))
    }
}
