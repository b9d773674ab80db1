//! Delete users with their devices (MUL-12, AMB-19).

use super::bulk::{UserReport, UserSelectionDocument, selection};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing},
    problem::Problem,
};

pub(crate) struct DeleteMany;

impl Endpoint for DeleteMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<UserSelectionDocument>;
    type Answer = Json<UserReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let selection = selection(asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(UserReport::of(call.admin()?.delete_users(&selection).await?)))
    }
}
