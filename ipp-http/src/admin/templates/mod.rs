//! Templates.

pub(crate) mod check;
pub(crate) mod check_upload;
pub(crate) mod clone;
pub(crate) mod delete;
pub(crate) mod document;
pub(crate) mod edit_document;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod placeholders;
pub(crate) mod publish;
pub(crate) mod restore;
pub(crate) mod update;
pub(crate) mod upload;

use std::{collections::BTreeMap, sync::Arc};

use ipp_core::{
    app::{App, AppError, admin::templates::SavedTemplate, shared::SharedPart},
    catalog::Stored,
    store::AnyStore,
    template::{FileRole, Finding, Template},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Warning;

/// A template.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateDocument {
    /// Its id.
    id: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// Its name.
    name: String,
    /// What people note about it.
    description: String,
    /// The model it is for.
    model: String,
    /// The region it is for; `null` for one that serves all regions.
    region: Option<String>,
    /// Whether it is one of the product's own.
    builtin: bool,
    /// Whether phones of its region and model use it by default.
    default: bool,
    /// Whether it differs from its factory text, or from what was uploaded first.
    edited: bool,
    /// What phones get of its shared part: `unpublished`, `current` or `out_of_date`.
    shared_part: &'static str,
    /// When its shared part was published last.
    published_at: Option<String>,
    /// Values of placeholders where no scope sets one.
    defaults: BTreeMap<String, String>,
    /// The description in the file itself.
    title: String,
    /// The files that are made of it.
    files: Vec<TemplateFile>,
}

/// A file that is made of a template.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateFile {
    /// `global` for the one that all phones share, `private` for the one of each phone.
    role: &'static str,
    /// Its name.
    name: String,
    /// The number of its lines.
    lines: usize,
    /// The line of the XML on which the first of them stands.
    first_line: u32,
}

impl TemplateDocument {
    async fn of(app: &App<AnyStore>, row: &Stored<Arc<Template>>) -> Result<Self, AppError> {
        let template = &row.value;
        let shared_part = match app.shared_part(template.id).await? {
            SharedPart::Unpublished => "unpublished",
            SharedPart::Current => "current",
            SharedPart::OutOfDate => "out_of_date",
        };
        let defaults = template.defaults.iter();
        Ok(Self {
            id: template.id.to_string(),
            revision: row.revision.0,
            name: template.name.to_string(),
            description: template.description.to_string(),
            model: template.model.to_string(),
            region: template.region.map(|region| region.to_string()),
            builtin: template.builtin,
            default: template.default,
            edited: template.is_edited(),
            shared_part,
            published_at: template.published.map(|published| published.at.to_string()),
            defaults: defaults.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            title: template.document.description().to_owned(),
            files: template.document.files().iter().map(TemplateFile::of).collect(),
        })
    }
}

impl TemplateFile {
    fn of(file: &ipp_core::template::FileConfig) -> Self {
        Self {
            role: match file.role {
                FileRole::Global => "global",
                FileRole::Private => "private",
            },
            name: file.name.clone(),
            lines: file.data.lines().count(),
            first_line: file.data_line,
        }
    }
}

/// Something that works, but perhaps not as meant.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateFinding {
    /// The line of the XML, counted from 1.
    line: u32,
    /// What it is, and what to do.
    message: String,
}

impl TemplateFinding {
    fn all(findings: &[Finding]) -> Vec<Self> {
        findings.iter().map(|found| Self { line: found.line, message: found.message.clone() }).collect()
    }
}

/// A template that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateSaved {
    /// The template as it is now.
    template: TemplateDocument,
    /// What is noticed in it.
    findings: Vec<TemplateFinding>,
    /// What else is to be known.
    warnings: Vec<Warning>,
}

impl TemplateSaved {
    async fn of(app: &App<AnyStore>, saved: &SavedTemplate) -> Result<Self, AppError> {
        let mut warnings = Vec::new();
        if let Some(former) = &saved.replaced {
            warnings.push(Warning {
                code: "default-replaced",
                detail: format!("`{former}` was the default of this region and model and is so no more."),
            });
        }
        if saved.kind_differs {
            warnings.push(Warning {
                code: "not-a-lync-template",
                detail: "The source is not a Lync template: phones for Lync need one of theirs.".to_owned(),
            });
        }
        let template = TemplateDocument::of(app, &saved.row).await?;
        Ok(Self { template, findings: TemplateFinding::all(&saved.findings), warnings })
    }
}
