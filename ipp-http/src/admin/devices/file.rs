//! The private file that a device gets, with secrets masked.

use ipp_core::{app::admin::device_files::DeviceFile, id::DeviceId};
use serde::Serialize;
use utoipa::ToSchema;

use super::FileDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The text of a published file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileText {
    #[serde(flatten)]
    file: FileDocument,
    /// What the phone gets.
    text: String,
}

impl FileText {
    pub(super) fn of(file: DeviceFile) -> Self {
        Self { file: FileDocument::of(&file.pin, None), text: file.text }
    }
}

pub(crate) struct File;

impl Endpoint for File {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<FileText>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(Json(FileText::of(call.admin()?.device_file(call.path.id).await?)))
    }
}
