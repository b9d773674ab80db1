//! `ipp-server template import`.

use std::path::Path;

use ipp_core::{
    access::Caller,
    app::{AppError, admin::templates::NewTemplate},
    template::{Finding, Template, TemplateDocument, TemplateError},
    text::TemplateName,
};
use ipp_http::Ipp;

use super::COMMAND_LINE;

/// Why a template was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Read(std::path::PathBuf, #[source] std::io::Error),
    /// The file is not a template; the message names line and column.
    #[error("{0}: {1}")]
    Template(std::path::PathBuf, #[source] Box<TemplateError>),
    /// The data folder has none of what the first start puts there.
    #[error("no server has used this data folder yet; start it once with `ipp-server serve`, then import")]
    NeverServed,
    /// There is no such region.
    #[error("there is no region `{name}`; there are: {known}. Add --create-region to make it")]
    NoRegion {
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The region's name, or the template itself, is not accepted.
    #[error(transparent)]
    App(#[from] AppError),
}

/// What to import, and where.
#[derive(Debug, Clone)]
pub struct Import<'a> {
    /// The file.
    pub file: &'a Path,
    /// The region.
    pub region: &'a str,
    /// Whether the region is made where it does not exist.
    pub create_region: bool,
    /// The name; the file's own description together with the region where none is given.
    pub name: Option<TemplateName>,
}

/// Imports a template as the default of its model in a region; answers it with what was noticed.
pub async fn import(ipp: &Ipp, import: &Import<'_>) -> Result<(Template, Vec<Finding>), ImportError> {
    let content =
        std::fs::read(import.file).map_err(|error| ImportError::Read(import.file.to_owned(), error))?;
    // Before a region is made for it: a file that is not a template leaves nothing behind.
    TemplateDocument::parse(&content)
        .map_err(|error| ImportError::Template(import.file.to_owned(), Box::new(error)))?;
    if ipp.app().snapshot().catalog.templates.is_empty() {
        return Err(ImportError::NeverServed);
    }
    let known = ipp.app().snapshot().catalog.region_called(import.region).map(|region| region.id);
    let region = match known {
        Some(id) => id,
        None if import.create_region => {
            let name = import.region.parse().map_err(AppError::from)?;
            ipp.app().admin(Caller::host(COMMAND_LINE)).create_region(name, |_| {}).await?.id
        }
        None => {
            let snapshot = ipp.app().snapshot();
            let known = snapshot
                .catalog
                .regions()
                .map(|region| region.name.to_string())
                .collect::<Vec<_>>()
                .join(", ");
            let known = if known.is_empty() { "none".to_owned() } else { known };
            return Err(ImportError::NoRegion { name: import.region.to_owned(), known });
        }
    };
    let new = NewTemplate { name: import.name.clone(), region: Some(region), default: true, content };
    Ok(ipp.app().admin(Caller::host(COMMAND_LINE)).import_template(new).await?)
}
