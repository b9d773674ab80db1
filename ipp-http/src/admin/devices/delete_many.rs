//! Delete devices; their users stay (MDV-08).

use super::bulk::{BulkReport, SelectionDocument, selection};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing},
    problem::Problem,
};

pub(crate) struct DeleteMany;

impl Endpoint for DeleteMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<SelectionDocument>;
    type Answer = Json<BulkReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(asked) = &call.body;
        let selection = selection(call.app(), &admin, asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(BulkReport::of(admin.delete_devices(&selection).await?)))
    }
}
