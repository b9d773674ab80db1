//! The private file that a device gets, with secrets masked.

use ipp_core::{
    app::{App, admin::device_files::DeviceFile},
    catalog::Stored,
    cfg::FileInfo,
    id::DeviceId,
    store::AnyStore,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::FileDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

/// The file that a device gets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileText {
    /// Its name.
    name: String,
    /// What is published for the device.
    published: Option<FileDocument>,
    /// The file that people wrote and that stands in for it, where there is one.
    written: Option<WrittenDocument>,
    /// What the phone gets.
    text: String,
}

/// A file that people wrote.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrittenDocument {
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// Its length in bytes.
    length: u32,
    /// When it was saved.
    changed_at: String,
    /// Who saved it.
    author: String,
}

impl FileText {
    /// With the version that an edit names: 0 while nobody has written one.
    pub(super) fn of(app: &App<AnyStore>, file: DeviceFile) -> Tagged<Self> {
        let DeviceFile { record, text } = file;
        let written = record.stand_in.as_ref();
        Tagged {
            revision: written.map(|written| written.revision).unwrap_or_default(),
            value: Self {
                name: format!("{}.cfg", record.device.value.mac),
                published: record.pin.as_ref().map(|pin| FileDocument::of(pin, app.is_stale(&record))),
                written: written.map(WrittenDocument::of),
                text,
            },
        }
    }
}

impl WrittenDocument {
    pub(super) fn of(written: &Stored<FileInfo>) -> Self {
        Self {
            revision: written.revision.0,
            length: written.value.length,
            changed_at: written.value.changed_at.to_string(),
            author: written.value.author.clone(),
        }
    }
}

pub(crate) struct File;

impl Endpoint for File {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<FileText>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(FileText::of(call.app(), call.admin()?.device_file(call.path.id).await?))
    }
}
