//! Templates: what is there, and the one way in which a changed one is saved.

mod check;
pub(super) mod edit;
mod import;

use std::{collections::BTreeMap, sync::Arc};

pub use self::{
    check::{Checked, Obstacle, UsedPlaceholder},
    edit::{TemplateCopy, TemplateEdit},
    import::NewTemplate,
};
use crate::{
    access::Capability,
    app::{App, AppError, admin::Admin, publish::put_generation, snapshot::Snapshot},
    catalog::{Catalog, Stored},
    generation,
    id::TemplateId,
    phone_model::ModelId,
    store::{AuditEntry, Batch, CatalogChange, Change, Expected, Row, Store},
    template::{CompiledTemplate, Finding, Published, Template, TemplateDocument, findings},
    text::TemplateName,
};

/// A template that was saved.
#[derive(Debug, PartialEq, Eq)]
pub struct SavedTemplate {
    /// It, with its revision.
    pub row: Stored<Arc<Template>>,
    /// What is noticed in its document.
    pub findings: Vec<Finding>,
    /// The template that was the default of its region and model until now (AMB-02).
    pub replaced: Option<TemplateName>,
    /// Whether a template for third-party servers was cloned for Lync phones (TPL-14).
    pub kind_differs: bool,
}

impl<S: Store> Admin<'_, S> {
    /// The templates, those of regions that the caller may not see aside, by name (TPL-11).
    pub fn templates(&self) -> Result<Vec<Stored<Arc<Template>>>, AppError> {
        self.need(Capability::ViewShared)?;
        let snapshot = self.app.snapshot();
        let rows = snapshot.catalog.templates.values().filter(|row| self.may_see(&row.value));
        let mut rows: Vec<_> = rows.cloned().collect();
        rows.sort_by_key(|row| row.value.name.as_str().to_lowercase());
        Ok(rows)
    }

    /// One template.
    pub fn template(&self, id: TemplateId) -> Result<Stored<Arc<Template>>, AppError> {
        self.need(Capability::ViewShared)?;
        let found = self.app.snapshot().catalog.templates.get(&id).cloned();
        found.filter(|row| self.may_see(&row.value)).ok_or_else(|| AppError::not_found("such template"))
    }

    /// How many phones have a published file of each template.
    pub async fn phones_by_template(&self) -> Result<BTreeMap<TemplateId, u64>, AppError> {
        self.need(Capability::ViewShared)?;
        let visible = self.caller.visible();
        let mut phones = BTreeMap::new();
        for (pin, count) in self.app.store().pin_counts().await? {
            if visible.contains(pin.region) {
                *phones.entry(pin.template).or_default() += count;
            }
        }
        Ok(phones)
    }

    /// A template of a region that the caller may not see does not exist.
    fn may_see(&self, template: &Template) -> bool {
        template.region.is_none_or(|region| self.caller.visible().contains(Some(region)))
    }

    /// A template that is about to be changed.
    fn edited(&self, id: TemplateId) -> Result<Template, AppError> {
        self.edited_of(&self.app.snapshot().catalog, id)
    }

    /// The same of another catalogue.
    pub(super) fn edited_of(&self, catalog: &Catalog, id: TemplateId) -> Result<Template, AppError> {
        self.need(Capability::EditTemplates)?;
        catalog.template(id).cloned().ok_or_else(|| AppError::not_found("such template"))
    }

    /// What everything would be with a template that is about to be saved. One that becomes a default
    /// takes the mark from the template that had it; one whose shared part cannot be made is refused.
    pub(super) fn proposed_template(
        &self,
        before: &Snapshot,
        template: &Template,
    ) -> Result<Snapshot, AppError> {
        let now = self.app.now().wall;
        let unmarked = default_beside(&before.catalog, template).filter(|_| template.default).map(|former| {
            let value = Arc::new(Template { default: false, ..Template::clone(&former.value) });
            Stored { revision: former.revision, value }
        });
        let proposed = before.with_templates(unmarked, template, now)?;
        self.check_global(&proposed, template)?;
        // An edit of what is published already is only pending; a first publish must succeed.
        if template.default && template.published.is_none() {
            self.app.check_shared(&proposed, template)?;
            for region in proposed.catalog.regions() {
                self.app.check_global_names(&proposed, region)?;
            }
        }
        Ok(proposed)
    }

    /// Saves a template. One that becomes a default takes the mark from the template that had it,
    /// and is published with the same batch if it never was; one whose shared part cannot be made
    /// is refused. Phones keep what they have until it is published (TPL-41).
    async fn save_template(
        &self,
        mut template: Template,
        expected: Expected,
        entry: AuditEntry,
    ) -> Result<SavedTemplate, AppError> {
        let snapshot = self.app.snapshot();
        let catalog = &snapshot.catalog;
        let now = self.app.now().wall;
        let proposed = self.proposed_template(&snapshot, &template)?;
        let mut batch = Batch::default().expecting(Row::Template(template.id), expected);
        let mut replaced = None;
        let mut publish = None;
        if template.default {
            if template.published.is_none() {
                let published = Published { generation: proposed.live.generation().id(), at: now };
                batch.changes.extend(put_generation(&proposed.live));
                template.published = Some(published);
                publish = Some(Change::from(CatalogChange::PublishTemplate(template.id, published)));
            }
            if let Some(former) = default_beside(catalog, &template) {
                let unmarked = Template { default: false, ..Template::clone(&former.value) };
                replaced = Some(unmarked.name.clone());
                batch = batch
                    .expecting(Row::Template(unmarked.id), Expected::Revision(former.revision))
                    .and(CatalogChange::PutTemplate(Box::new(unmarked)));
            }
        }
        let id = template.id;
        let findings = self.app.findings(&template.document);
        let mut batch = batch.and(CatalogChange::PutTemplate(Box::new(template))).noting(entry);
        // What is published of a template that is there already changes by its own change alone.
        batch.changes.extend(publish);
        self.app.commit(batch).await?;
        let fresh = self.app.snapshot();
        let row = fresh.catalog.templates.get(&id).cloned();
        let row = row.ok_or_else(|| AppError::not_found("such template"))?;
        let regions: Vec<_> = fresh.catalog.regions_of(&row.value).flatten().collect();
        for region in regions {
            self.app.publish_on_save(region).await?;
        }
        Ok(SavedTemplate { row, findings, replaced, kind_differs: false })
    }

    /// A value of one phone, or a secret, in the global part is an error as soon as it is saved (C9).
    fn check_global(&self, proposed: &Snapshot, template: &Template) -> Result<(), AppError> {
        let key = self.app.ports().vault.fingerprints();
        let cohort = proposed.live.cohort(template.id, template.region, &template.model, key);
        let checked =
            cohort.transpose().and_then(|cohort| cohort.map_or(Ok(()), |cohort| cohort.check_global()));
        checked.map_err(|error| AppError::of_template(template.name.as_str(), error))
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

/// The other template that is the default of the same region and model.
fn default_beside<'a>(catalog: &'a Catalog, template: &Template) -> Option<&'a Stored<Arc<Template>>> {
    catalog.templates.values().find(|other| {
        let value = &other.value;
        value.default
            && value.id != template.id
            && value.region == template.region
            && value.model == template.model
    })
}

/// The model that a document says it is for.
fn model_of(catalog: &Catalog, document: &TemplateDocument) -> Result<ModelId, AppError> {
    let model: ModelId =
        document.model_type().parse().map_err(|error| AppError::invalid(format!("<type>: {error}")))?;
    if catalog.model(&model).is_none() {
        return Err(AppError::invalid(format!(
            "<type>: the model {model} is not in the catalogue; add it first"
        )));
    }
    Ok(model)
}

fn subject(template: &Template) -> String {
    format!("template {}", template.name)
}
