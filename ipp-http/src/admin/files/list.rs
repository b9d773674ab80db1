//! The configuration files that may be seen (CFG-02, CFG-05, CFG-11).

use ipp_core::{
    app::admin::files::{FilePlace, FileQuery, ListedFile, Origin},
    cfg::FileKind,
    store::Page,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing},
        page::limit,
        place,
    },
    problem::Problem,
};

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// A part of the name, whatever its case.
    name: Option<String>,
    /// Only files of this kind.
    #[param(inline)]
    kind: Option<KindWord>,
    /// Only files that people wrote.
    #[serde(default)]
    written: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindWord {
    /// Shared by the phones of a template, or by all.
    Global,
    /// A phone book, or the directory's settings.
    CompanyDirectory,
    /// The private file of one phone.
    Phone,
}

/// A page of files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FilePage {
    /// Those that phones share by name, then those of phones by address.
    items: Vec<ListedDocument>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A file in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedDocument {
    /// Its name.
    name: String,
    kind: KindWord,
    /// Whether people wrote it; else it is rendered.
    written: bool,
    /// The version, where people wrote it; an edit names it as If-Match.
    revision: Option<u64>,
    /// The id of the template that it is made from.
    template: Option<String>,
    /// The name of that template, where the file is its global one.
    template_name: Option<String>,
    /// The id of the device that it is for.
    device: Option<String>,
    /// Its length in bytes; absent where it differs by region.
    length: Option<u64>,
    /// When it was saved or published.
    changed_at: Option<String>,
    /// Who saved it.
    author: Option<String>,
    /// Whether generating would make it anew; absent where that is not known.
    stale: Option<bool>,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Files;
    type Body = NoBody;
    type Answer = Json<FilePage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let asked = &call.query;
        let limit = limit(asked.limit)?;
        let query = FileQuery {
            name: asked.name.clone(),
            kind: asked.kind.map(KindWord::kind),
            written: asked.written,
        };
        let after = asked.after.as_deref().map(read).transpose()?;
        let files = call.admin()?.configuration_files(&query, Page { after, limit }).await?;
        let full = files.len() == limit as usize;
        let next = files.last().filter(|_| full).map(|(at, _)| written(at));
        Ok(Json(FilePage { items: files.into_iter().map(|(_, file)| document(file)).collect(), next }))
    }
}

impl KindWord {
    const fn kind(self) -> FileKind {
        match self {
            Self::Global => FileKind::Global,
            Self::CompanyDirectory => FileKind::CompanyDirectory,
            Self::Phone => FileKind::Phone,
        }
    }

    const fn of(kind: FileKind) -> Self {
        match kind {
            FileKind::Global => Self::Global,
            FileKind::CompanyDirectory => Self::CompanyDirectory,
            FileKind::Phone => Self::Phone,
        }
    }
}

fn written(at: &FilePlace) -> String {
    match at {
        FilePlace::Shared(number) => number.to_string(),
        FilePlace::Phone(key) => place::written(key),
    }
}

fn read(text: &str) -> Result<FilePlace, Problem> {
    text.parse().map(FilePlace::Shared).or_else(|_| place::read(text).map(FilePlace::Phone))
}

fn document(file: ListedFile) -> ListedDocument {
    ListedDocument {
        name: file.name,
        kind: KindWord::of(file.kind),
        written: file.origin == Origin::Written,
        revision: file.revision.map(|revision| revision.0),
        template: file.template.map(|id| id.to_string()),
        template_name: file.template_name.map(|name| name.to_string()),
        device: file.device.map(|id| id.to_string()),
        length: file.length,
        changed_at: file.changed_at.map(|at| at.to_string()),
        author: file.author,
        stale: file.stale,
    }
}
