//! Templates.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::Capability,
    app::{App, AppError, admin::Admin, pin::in_template, publish::put_generation, snapshot::Snapshot},
    generation,
    id::{RegionId, TemplateId},
    phone_model::ModelId,
    store::{Batch, CatalogChange, Expected, Row, Store},
    template::{CompiledTemplate, Finding, Published, Template, TemplateDocument, findings},
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
        self.need(Capability::EditTemplates)?;
        let snapshot = self.app.snapshot();
        let catalog = &snapshot.catalog;
        let document = TemplateDocument::parse(&new.content)?;
        let model: ModelId =
            document.model_type().parse().map_err(|error| AppError::invalid(format!("<type>: {error}")))?;
        if catalog.model(&model).is_none() {
            return Err(AppError::invalid(format!(
                "<type>: the model {model} is not in the catalogue; add it first"
            )));
        }
        let name = match new.name {
            Some(name) => name,
            None => document.description().parse()?,
        };
        let noticed = self.app.findings(&document);
        let mut template = Template {
            id: TemplateId::new(self.app.now().wall, self.app.random()),
            name,
            description: Label::EMPTY,
            model,
            region: new.region,
            builtin: false,
            default: new.default,
            original: document.bytes().into(),
            document: Arc::new(document),
            defaults: BTreeMap::new(),
            published: None,
        };
        let proposed = snapshot.with_template(&template, self.app.now().wall)?;
        self.check_global(&proposed, &template)?;
        let mut batch = Batch::default().expecting(Row::Template(template.id), Expected::Absent);
        if new.default {
            self.app.check_shared(&proposed, &template)?;
            for region in catalog.regions() {
                self.app.check_global_names(&proposed, region)?;
            }
            let generation = proposed.live.generation().id();
            template.published = Some(Published { generation, at: self.app.now().wall });
            batch.changes.extend(put_generation(&proposed.live));
            let holds = |other: &Template| {
                other.default && other.region == template.region && other.model == template.model
            };
            for former in catalog.templates.values().filter(|former| holds(&former.value)) {
                let unmarked = Template { default: false, ..Template::clone(&former.value) };
                batch = batch
                    .expecting(Row::Template(unmarked.id), Expected::Revision(former.revision))
                    .and(CatalogChange::PutTemplate(Box::new(unmarked)));
            }
        }
        let batch = batch.and(CatalogChange::PutTemplate(Box::new(template.clone()))).noting(
            self.audit("template.import", format!("template {}", template.name)).in_region(template.region),
        );
        self.app.commit(batch).await?;
        Ok((template, noticed))
    }

    /// A value of one phone, or a secret, in the global part is an error as soon as it is saved (C9).
    fn check_global(&self, proposed: &Snapshot, template: &Template) -> Result<(), AppError> {
        let key = self.app.ports().vault.fingerprints();
        let cohort = proposed.live.cohort(template.id, template.region, &template.model, key);
        let checked =
            cohort.transpose().and_then(|cohort| cohort.map_or(Ok(()), |cohort| cohort.check_global()));
        checked.map_err(|error| in_template(template.name.as_str(), &error))
    }
}

impl<S: Store> App<S> {
    /// What is noticed in a template: it works, but perhaps not as meant.
    pub fn findings(&self, document: &TemplateDocument) -> Vec<Finding> {
        let snapshot = self.snapshot();
        let hosts = generation::own_hosts(&snapshot.catalog.settings().phones);
        findings(&CompiledTemplate::new(document, &hosts))
    }
}
