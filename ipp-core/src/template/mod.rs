//! Templates: the XML files from which phones' files are made.

pub mod builtin;
pub mod compiled;
mod compiler;
pub mod document;
mod encoding;
mod error;
mod findings;
mod marks;
mod reader;
mod token;
mod writer;

use std::{collections::BTreeMap, fmt, sync::Arc};

pub use builtin::{BUILTIN, BuiltinTemplate};
pub use compiled::CompiledTemplate;
pub use document::{FileConfig, FileRole, MAX_FIELD_CHARS, MAX_FILE_NAME_BYTES, TemplateDocument};
pub use encoding::TemplateEncoding;
pub use error::{TemplateError, TemplateErrorKind};
pub use findings::{Finding, findings};
pub(crate) use marks::{Marked, place as mark_urls};
pub use reader::{MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_NODES};
use serde::{Deserialize, Serialize};
pub(crate) use token::Piece;
pub use writer::{FilePart, TemplateParts};

use crate::{
    id::{GenerationId, RegionId, TemplateId},
    phone_model::ModelId,
    placeholder::PlaceholderName,
    text::{CfgValue, Label, TemplateName},
    time::Timestamp,
};

/// A template with what the server knows about it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Its name, unique (TPL-04).
    pub name: TemplateName,
    /// What people note about it.
    pub description: Label,
    /// The model it is for; the *Type* of the manual (TPL-07).
    pub model: ModelId,
    /// The region it is for; `None` for one that serves all regions.
    pub region: Option<RegionId>,
    /// Whether it is one of the product's own, which can be restored but not deleted (TPL-45).
    pub builtin: bool,
    /// Whether phones of its region and model use it by default: the gold asterisk (AMB-03).
    pub default: bool,
    /// Its content.
    pub document: Arc<TemplateDocument>,
    /// What *Restore to default* goes back to: factory content, or content at creation (AMB-15).
    #[serde(with = "crate::binary")]
    pub original: Arc<[u8]>,
    /// Values of placeholders where no scope sets one.
    pub defaults: BTreeMap<PlaceholderName, CfgValue>,
    /// What phones get of it: the global file and the first contact.
    pub published: Option<Published>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            name,
            description,
            model,
            region,
            builtin,
            default,
            document,
            original,
            defaults,
            published,
        } = self;
        f.debug_struct("Template")
            .field("id", id)
            .field("name", name)
            .field("description", description)
            .field("model", model)
            .field("region", region)
            .field("builtin", builtin)
            .field("default", default)
            .field("document", document)
            .field("original_bytes", &original.len())
            .field("defaults", defaults)
            .field("published", published)
            .finish()
    }
}

/// What was published of a template, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The pinned catalogue.
    pub generation: GenerationId,
    /// When it was published.
    pub at: Timestamp,
}

impl Template {
    /// Whether the content differs from the original: its name is shown green (TPL-26).
    pub fn is_edited(&self) -> bool {
        self.document.bytes() != &*self.original
    }
}

/// The template that a phone of `model` in `region` uses (AMB-01): the default of the region and
/// model; else the region's only default of the same kind of software; else the product's own
/// template of the model.
pub fn choose<'a>(
    templates: &(impl Iterator<Item = &'a Template> + Clone),
    region: Option<RegionId>,
    model: &ModelId,
) -> Option<&'a Template> {
    let defaults = templates
        .clone()
        .filter(|template| template.default && template.region == region && region.is_some());
    if let Some(exact) = defaults.clone().find(|template| template.model == *model) {
        return Some(exact);
    }
    let mut same_kind = defaults.filter(|template| template.model.kind() == model.kind());
    if let (Some(only), None) = (same_kind.next(), same_kind.next()) {
        return Some(only);
    }
    templates.clone().find(|template| template.builtin && template.model == *model)
}
