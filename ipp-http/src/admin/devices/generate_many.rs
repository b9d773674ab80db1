//! Publish the files of devices (MDV-19, MUL-18).

use ipp_core::app::admin::device_bulk::GeneratedDevices;
use serde::Serialize;
use utoipa::ToSchema;

use super::bulk::{BulkReport, SelectionDocument, selection};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, JsonBody, Nothing},
    problem::Problem,
};

/// What became of the devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerateReport {
    /// The id of the run, by which all of it can be taken back; absent where there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    #[serde(flatten)]
    report: BulkReport,
}

impl GenerateReport {
    pub(in crate::admin) fn of(generated: GeneratedDevices) -> Self {
        let run = generated.run.map(|run| run.to_string());
        Self { run, report: BulkReport::of(generated.items) }
    }
}

pub(crate) struct GenerateMany;

impl Endpoint for GenerateMany {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<SelectionDocument>;
    type Answer = Json<GenerateReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(asked) = &call.body;
        let selection = selection(call.app(), &admin, asked.ids.as_deref(), asked.filter.as_ref())?;
        Ok(Json(GenerateReport::of(admin.generate_devices(&selection).await?)))
    }
}
