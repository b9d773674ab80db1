//! Import users and devices (CSV-14).

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use ipp_core::{
    app::admin::csv::{ImportOptions, ImportReport, Mode, RowReport},
    csv::plan::Action,
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{ContentBuilder, ResponseBuilder, path::OperationBuilder},
};

use crate::{
    admin::{
        answer,
        endpoint::{Answer, Call, CsvBody, Endpoint, Nothing},
        openapi::Schemas,
    },
    problem::Problem,
};

/// How the file is imported.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct How {
    /// Only tells what would be done.
    dry_run: bool,
    /// What becomes of a file that has faults: `all_or_nothing` (default) or `skip_bad_rows`.
    #[param(value_type = Option<String>)]
    mode: ModeWord,
    /// Whether devices may get Lync models; import is meant for other environments.
    allow_lync: bool,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ModeWord {
    #[default]
    AllOrNothing,
    SkipBadRows,
}

/// What an import did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportDocument {
    /// Whether it was done. Never in a dry run, nor where a fault stopped all of it.
    applied: bool,
    /// How many users were made.
    created: usize,
    /// How many users, or devices of theirs, changed.
    updated: usize,
    /// How many rows say what is there already.
    unchanged: usize,
    /// How many rows have faults.
    failed: usize,
    /// How many devices were made.
    devices_created: usize,
    /// How many devices changed.
    devices_updated: usize,
    /// Columns of the file that mean nothing here.
    ignored_columns: Vec<String>,
    /// The rows in their order.
    rows: Vec<ImportedRow>,
}

/// What a row did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedRow {
    /// The line in which it begins.
    line: u64,
    /// The user's name as the file has it.
    name: String,
    /// `created`, `updated`, `unchanged` or `failed`.
    result: &'static str,
    /// All that is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<ImportFault>,
}

/// What is wrong with a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportFault {
    /// The column; absent where it is the row as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// What is wrong, and the fix.
    reason: String,
}

/// The report, or the same as a problem where faults stopped the import.
#[derive(Debug)]
pub(crate) struct Reported {
    report: ImportDocument,
    refused: bool,
}

pub(crate) struct Import;

impl Endpoint for Import {
    type Path = Nothing;
    type Query = How;
    type Body = CsvBody;
    type Answer = Reported;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let How { dry_run, mode, allow_lync } = call.query;
        let mode = match mode {
            ModeWord::AllOrNothing => Mode::AllOrNothing,
            ModeWord::SkipBadRows => Mode::SkipBadRows,
        };
        let options = ImportOptions { mode, dry_run, lync: allow_lync, ..ImportOptions::default() };
        let report = call.admin()?.import_csv(&call.body.0, &options).await?;
        Ok(Reported { refused: !dry_run && !report.applied, report: document(report) })
    }
}

impl Answer for Reported {
    fn into_response(self) -> Response {
        if !self.refused {
            return answer::json(StatusCode::OK, &self.report);
        }
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let detail = format!(
            "{} of {} rows have faults; nothing was imported.",
            self.report.failed,
            self.report.rows.len()
        );
        let body = serde_json::json!({
            "title": "Unprocessable Entity",
            "status": status.as_u16(),
            "code": "invalid-rows",
            "detail": detail,
            "report": self.report,
        });
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        let content = ContentBuilder::new().schema(Some(schemas.of::<ImportDocument>())).build();
        let about = "Done, or what would be done. Where faults stop it, the problem has this as `report`.";
        let response = ResponseBuilder::new().description(about).content("application/json", content);
        operation.response("200", response)
    }
}

fn document(report: ImportReport) -> ImportDocument {
    ImportDocument {
        applied: report.applied,
        created: report.count(Action::Create),
        updated: report.count(Action::Update),
        unchanged: report.count(Action::Unchanged),
        failed: report.failed(),
        devices_created: report.devices_created,
        devices_updated: report.devices_updated,
        ignored_columns: report.ignored,
        rows: report.rows.into_iter().map(row).collect(),
    }
}

fn row(row: RowReport) -> ImportedRow {
    let result = match row.outcome {
        Ok(Action::Create) => "created",
        Ok(Action::Update) => "updated",
        Ok(Action::Unchanged) => "unchanged",
        Err(_) => "failed",
    };
    let faults = row.outcome.err().unwrap_or_default().into_iter();
    let faults = faults.map(|fault| ImportFault { column: fault.column, reason: fault.reason }).collect();
    ImportedRow { line: row.line, name: row.name, result, faults }
}
