//! Why each line of a device's file is what it is, as it would be published now.

use ipp_core::{id::DeviceId, render::ExplainedLine, template::compiled::LineSource};
use serde::Serialize;
use utoipa::ToSchema;

use super::placeholders::PlaceholderDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The lines of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedFile {
    /// In their order.
    lines: Vec<LineDocument>,
}

/// One line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineDocument {
    /// What the phone gets, with secrets masked.
    text: String,
    /// `template`, `daylight`, `region` or `device`.
    source: &'static str,
    /// The line of the template's XML, counted from 1.
    line: Option<u32>,
    /// The placeholders in it.
    placeholders: Vec<PlaceholderDocument>,
    /// Whether the phone's token was put into it.
    carries_token: bool,
    /// Whether it was left out because a value cannot be given.
    left_out: bool,
}

pub(crate) struct Explain;

impl Endpoint for Explain {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<ExplainedFile>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let lines = call.admin()?.explain_device(call.path.id).await?;
        Ok(Json(ExplainedFile { lines: lines.into_iter().map(document).collect() }))
    }
}

fn document(line: ExplainedLine) -> LineDocument {
    let (source, at) = match line.source {
        LineSource::Template(at) => ("template", Some(at)),
        LineSource::Daylight => ("daylight", None),
        LineSource::Region => ("region", None),
        LineSource::Device => ("device", None),
    };
    LineDocument {
        text: line.text,
        source,
        line: at,
        placeholders: line.placeholders.into_iter().map(PlaceholderDocument::of).collect(),
        carries_token: line.carries_token,
        left_out: line.left_out,
    }
}
