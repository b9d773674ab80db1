//! Take the files of devices away, each as if by itself (CFG-07).

use super::bulk::{BulkReport, SelectionDocument, selection};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing},
    problem::Problem,
};

pub(crate) struct DeleteFiles;

impl Endpoint for DeleteFiles {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<SelectionDocument>;
    type Answer = Json<BulkReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(asked) = &call.body;
        let selection = selection(call.app(), &admin, asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(BulkReport::of(admin.delete_device_files(&selection).await?)))
    }
}
