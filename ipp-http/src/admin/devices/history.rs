//! The files that were published for a device and are kept, the latest first.

use ipp_core::id::DeviceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::FileDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The published files of a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileHistory {
    /// The latest first.
    items: Vec<FileDocument>,
}

pub(crate) struct History;

impl Endpoint for History {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<FileHistory>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let pins = call.admin()?.device_pins(call.path.id).await?;
        Ok(Json(FileHistory { items: pins.iter().map(|pin| FileDocument::of(pin, None)).collect() }))
    }
}
