//! Changing templates: document, details, clone, restore, delete.

use std::{collections::BTreeMap, sync::Arc};

use super::{SavedTemplate, model_of, subject};
use crate::{
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{Catalog, RowRevision},
    id::{RegionId, TemplateId},
    phone_model::{ModelId, PhoneKind},
    placeholder::{Builtin, PlaceholderName},
    store::{Batch, CatalogChange, Expected, Row, Store},
    template::{Template, TemplateDocument},
    text::{CfgValue, Label, TemplateName},
};

/// What is to be changed of a template; what is `None` stays.
#[derive(Debug, Default)]
pub struct TemplateEdit {
    /// Its name.
    pub name: Option<TemplateName>,
    /// What people note about it.
    pub description: Option<Label>,
    /// Values of placeholders where no scope sets one: all of them.
    pub defaults: Option<BTreeMap<PlaceholderName, CfgValue>>,
    /// Whether phones of its region and model use it by default.
    pub default: Option<bool>,
}

/// A copy of a template.
#[derive(Debug)]
pub struct TemplateCopy {
    /// Its name.
    pub name: TemplateName,
    /// What people note about it.
    pub description: Label,
    /// The region it is for.
    pub region: Option<RegionId>,
    /// The model it is for; that of the source where none is given.
    pub model: Option<ModelId>,
    /// Whether phones of its region and model use it by default.
    pub default: bool,
}

impl<S: Store> Admin<'_, S> {
    /// Saves what an editor, or an uploaded file, makes of a template (TPL-25, TPL-40). The model
    /// changes only where the document names another one than before.
    pub async fn edit_template_document(
        &self,
        id: TemplateId,
        revision: RowRevision,
        content: &[u8],
    ) -> Result<SavedTemplate, AppError> {
        let former = self.edited(id)?;
        let edited = with_document(&self.app.snapshot().catalog, &former, content)?;
        let entry = self.audit("template.edit", subject(&former)).in_region(former.region);
        self.save_template(edited, Expected::Revision(revision), entry).await
    }

    /// Changes name, description, defaults and mark of a template.
    pub async fn update_template(
        &self,
        id: TemplateId,
        revision: RowRevision,
        edit: TemplateEdit,
    ) -> Result<SavedTemplate, AppError> {
        let former = self.edited(id)?;
        let edited = with_details(&former, edit)?;
        let details = |template: &Template| {
            let Template { name, description, defaults, default, .. } = template;
            shown(&serde_json::json!({
                "name": name, "description": description, "defaults": defaults, "default": default,
            }))
        };
        let entry = self.audit("template.update", subject(&former)).in_region(former.region);
        let entry = entry.changing(details(&former), details(&edited));
        self.save_template(edited, Expected::Revision(revision), entry).await
    }

    /// Copies a template, its document byte for byte (TPL-14).
    pub async fn clone_template(
        &self,
        from: TemplateId,
        new: TemplateCopy,
    ) -> Result<SavedTemplate, AppError> {
        let source = self.edited(from)?;
        let TemplateCopy { name, description, region, model, default } = new;
        let model = model.unwrap_or_else(|| source.model.clone());
        let kind_differs = model.kind() == PhoneKind::Lync && source.model.kind() != PhoneKind::Lync;
        let copy = Template {
            id: TemplateId::new(self.app.now().wall, self.app.random()),
            name,
            description,
            model,
            region,
            builtin: false,
            default,
            original: source.document.bytes().into(),
            published: None,
            document: Arc::clone(&source.document),
            defaults: source.defaults.clone(),
        };
        check_default(&copy)?;
        let entry = self
            .audit("template.clone", format!("{} from {}", subject(&copy), source.name))
            .in_region(copy.region);
        let saved = self.save_template(copy, Expected::Absent, entry).await?;
        Ok(SavedTemplate { kind_differs, ..saved })
    }

    /// Puts a template back to its factory text, or to the text that it was made with (TPL-36,
    /// AMB-15).
    pub async fn restore_template(
        &self,
        id: TemplateId,
        revision: RowRevision,
    ) -> Result<SavedTemplate, AppError> {
        let mut template = self.edited(id)?;
        let original = TemplateDocument::parse(&template.original)?;
        if original.model_type() != template.document.model_type() {
            template.model = model_of(&self.app.snapshot().catalog, &original)?;
        }
        template.document = Arc::new(original);
        let entry = self.audit("template.restore", subject(&template)).in_region(template.region);
        self.save_template(template, Expected::Revision(revision), entry).await
    }

    /// Deletes a template that is no device's own choice (TPL-45). A default that phones use is
    /// deleted by `force` alone; files that are published of it stay.
    pub async fn delete_template(&self, id: TemplateId, force: bool) -> Result<(), AppError> {
        let template = self.edited(id)?;
        if template.builtin {
            return Err(AppError::conflict(
                "a built-in template cannot be deleted; it can be restored to its factory text",
            ));
        }
        if template.default && !force {
            let phones = self.phones_that_default_to(&template).await?;
            if phones > 0 {
                return Err(AppError::conflict(format!(
                    "{phones} phones use this template by default; they would get another one with the next Generate. Delete it with force, or make another one the default first"
                )));
            }
        }
        let revision = self.template(id)?.revision;
        let batch = Batch::of(CatalogChange::DeleteTemplate(id))
            .expecting(Row::Template(id), Expected::Revision(revision))
            .noting(self.audit("template.delete", subject(&template)).in_region(template.region));
        self.app.commit(batch).await?;
        Ok(())
    }

    /// How many phones of all regions have this template because it is the default.
    async fn phones_that_default_to(&self, template: &Template) -> Result<u64, AppError> {
        let snapshot = self.app.snapshot();
        let counts = self.app.store().device_counts().await?;
        let defaults_to_it = |key: &crate::store::CountKey| {
            let model = key.model.as_ref()?;
            Some(snapshot.catalog.template_for(key.region, model)?.id == template.id)
        };
        Ok(counts.iter().filter(|(key, _)| defaults_to_it(key) == Some(true)).map(|(_, count)| count).sum())
    }
}

/// A template with another document.
pub(in crate::app::admin) fn with_document(
    catalog: &Catalog,
    former: &Template,
    content: &[u8],
) -> Result<Template, AppError> {
    let document = TemplateDocument::parse(content)?;
    let mut edited = former.clone();
    if document.model_type() != former.document.model_type() {
        edited.model = model_of(catalog, &document)?;
        if former.builtin && edited.model != former.model {
            return Err(AppError::invalid(format!(
                "<type>: this is the built-in template of the model {}; clone it to make one for another",
                former.model
            )));
        }
    }
    edited.document = Arc::new(document);
    Ok(edited)
}

/// A template with another name, description, defaults or mark.
pub(in crate::app::admin) fn with_details(
    former: &Template,
    edit: TemplateEdit,
) -> Result<Template, AppError> {
    let mut edited = former.clone();
    let TemplateEdit { name, description, defaults, default } = edit;
    edited.name = name.unwrap_or(edited.name);
    edited.description = description.unwrap_or(edited.description);
    edited.defaults = defaults.unwrap_or(edited.defaults);
    edited.default = default.unwrap_or(edited.default);
    check_default(&edited)?;
    let secret = |name: &&PlaceholderName| Builtin::of(name).is_some_and(|row| row.secret);
    if let Some(name) = edited.defaults.keys().find(secret) {
        return Err(AppError::invalid(format!(
            "{} is a secret; set it at a scope, where it is sealed, and not as a default of a template",
            name.token()
        )));
    }
    Ok(edited)
}

/// A default is that of a region: elsewhere the built-in templates serve (AMB-01, AMB-03).
pub(super) fn check_default(template: &Template) -> Result<(), AppError> {
    if !template.default || template.region.is_some() {
        return Ok(());
    }
    Err(AppError::invalid(if template.builtin {
        "a built-in template serves wherever no other does; clone it for a region to make it the default there"
    } else {
        "a template of no region cannot be a default; clone it for a region"
    }))
}
