//! Importing a template file.

use std::{collections::BTreeMap, sync::Arc};

use super::{SavedTemplate, edit::check_default, model_of, subject};
use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    id::{RegionId, TemplateId},
    store::{Expected, Store},
    template::{Finding, Template, TemplateDocument},
    text::{Label, TemplateName},
};

/// A template that is to be imported.
#[derive(Debug, Clone)]
pub struct NewTemplate {
    /// The name; the file's own description where none is given.
    pub name: Option<TemplateName>,
    /// The region it is for.
    pub region: Option<RegionId>,
    /// Whether phones of its region and model use it by default.
    pub default: bool,
    /// The file.
    pub content: Vec<u8>,
}

impl<S: Store> Admin<'_, S> {
    /// Imports a template file, unchanged (TPL-40). A template that becomes a default takes the mark
    /// from the one that had it, and is published with the same batch; one whose shared part cannot
    /// be made is refused. Answers it with what was noticed.
    pub async fn import_template(&self, new: NewTemplate) -> Result<(Template, Vec<Finding>), AppError> {
        let saved = self.add_template(new, Label::EMPTY).await?;
        Ok((Template::clone(&saved.row.value), saved.findings))
    }

    /// The same with a description, answering all there is to say.
    pub async fn add_template(
        &self,
        new: NewTemplate,
        description: Label,
    ) -> Result<SavedTemplate, AppError> {
        self.need(Capability::EditTemplates)?;
        let template = self.draft_template(new, description)?;
        check_default(&template)?;
        let entry = self.audit("template.import", subject(&template)).in_region(template.region);
        self.save_template(template, Expected::Absent, entry).await
    }

    /// The template that an import would save.
    pub(super) fn draft_template(&self, new: NewTemplate, description: Label) -> Result<Template, AppError> {
        let document = TemplateDocument::parse(&new.content)?;
        let model = model_of(&self.app.snapshot().catalog, &document)?;
        let name = match new.name {
            Some(name) => name,
            None => document.description().parse()?,
        };
        Ok(Template {
            id: TemplateId::new(self.app.now().wall, self.app.random()),
            name,
            description,
            model,
            region: new.region,
            builtin: false,
            default: new.default,
            original: document.bytes().into(),
            document: Arc::new(document),
            defaults: BTreeMap::new(),
            published: None,
        })
    }
}
