//! Publish the files of all devices of users (MUL-16, MUL-18).

use super::bulk::{UserSelectionDocument, selection};
use crate::{
    admin::{
        devices::generate_many::GenerateReport,
        endpoint::{Call, Endpoint, Json, JsonBody, Nothing},
    },
    problem::Problem,
};

pub(crate) struct GenerateMany;

impl Endpoint for GenerateMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<UserSelectionDocument>;
    type Answer = Json<GenerateReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let selection = selection(asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(GenerateReport::of(call.admin()?.generate_users(&selection).await?)))
    }
}
