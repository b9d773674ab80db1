//! Publishing the part of templates that phones share: the global file and the first contact.

use std::collections::BTreeMap;

use super::{
    App, AppError,
    publish::put_generation,
    snapshot::{PinnedGeneration, Snapshot},
};
use crate::{
    digest::Fingerprint,
    id::{RegionId, TemplateId},
    region::{Identity, Region},
    store::{AuditEntry, Batch, CatalogChange, Change, Store},
    template::{Published, Template},
};

/// How the shared part of a template that phones get compares with the catalogue (TPL-43).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedPart {
    /// It was never published: no first contact is made of it.
    Unpublished,
    /// Publishing it would change nothing.
    Current,
    /// It was edited since, or a value that it takes in some region was.
    OutOfDate,
}

impl<S: Store> App<S> {
    /// Whether *Generate Global Configuration Template* would change what phones get of a template.
    pub async fn shared_part(&self, id: TemplateId) -> Result<SharedPart, AppError> {
        let snapshot = self.snapshot();
        let template = snapshot.catalog.template(id).ok_or_else(|| AppError::not_found("such template"))?;
        let Some(published) = template.published else { return Ok(SharedPart::Unpublished) };
        let published = self.generation(published.generation).await?;
        let print = |generation: &PinnedGeneration, region: Option<RegionId>| -> Option<Fingerprint> {
            let key = self.ports.vault.fingerprints();
            Some(generation.cohort(id, region, &template.model, key)?.ok()?.print())
        };
        let same = snapshot
            .catalog
            .regions_of(template)
            .all(|region| print(&published, region) == print(&snapshot.live, region));
        Ok(if same { SharedPart::Current } else { SharedPart::OutOfDate })
    }

    /// Publishes the shared part of templates: the global file and the first contact (*Generate
    /// Global Configuration Template*). All or none: an error names template, region and line.
    pub(super) async fn publish_templates(
        &self,
        ids: &[TemplateId],
        audit: Vec<AuditEntry>,
    ) -> Result<(), AppError> {
        let snapshot = self.snapshot();
        let published = Published { generation: snapshot.live.generation().id(), at: self.now().wall };
        let mut changes: Vec<Change> = put_generation(&snapshot.live).into_iter().collect();
        for id in ids {
            let template =
                snapshot.catalog.template(*id).ok_or_else(|| AppError::not_found("such template"))?;
            self.check_shared(&snapshot, template)?;
            changes.push(CatalogChange::PublishTemplate(*id, published).into());
        }
        for region in snapshot.catalog.regions() {
            self.check_global_names(&snapshot, region)?;
        }
        self.commit(Batch { changes, audit, ..Batch::default() }).await?;
        snapshot.live.mark_stored();
        Ok(())
    }

    /// Checks what phones would get of a template without being known: for every region that may
    /// use it.
    pub(super) fn check_shared(&self, snapshot: &Snapshot, template: &Template) -> Result<(), AppError> {
        let key = self.ports.vault.fingerprints();
        for region in snapshot.catalog.regions_of(template) {
            let Some(cohort) = snapshot.live.cohort(template.id, region, &template.model, key) else {
                continue;
            };
            let mut text = String::new();
            let checked = cohort.and_then(|cohort| {
                cohort.render_global(&mut text)?;
                cohort.render_first_contact("", &mut text)
            });
            checked.map_err(|error| {
                let region = region
                    .and_then(|id| snapshot.catalog.region(id))
                    .map(|region| format!(" in region {}", region.name));
                AppError::invalid(format!(
                    "template `{}`{}, {error}",
                    template.name,
                    region.unwrap_or_default()
                ))
            })?;
        }
        Ok(())
    }

    /// In an open region a phone asks for a global file by its name alone, so the templates that
    /// its phones use may not share a name unless they share the content.
    pub(super) fn check_global_names(&self, snapshot: &Snapshot, region: &Region) -> Result<(), AppError> {
        if region.identity != Identity::Open {
            return Ok(());
        }
        let mut seen: BTreeMap<String, (&Template, String)> = BTreeMap::new();
        for template in snapshot.catalog.templates_used_in(region.id) {
            let Some(name) = template.document.global().map(|file| file.name.to_ascii_lowercase()) else {
                continue;
            };
            let key = self.ports.vault.fingerprints();
            let mut text = String::new();
            if let Some(Ok(cohort)) = snapshot.live.cohort(template.id, Some(region.id), &template.model, key)
            {
                cohort.render_global(&mut text)?;
            }
            match seen.get(&name) {
                Some((other, same)) if *same != text => {
                    return Err(AppError::conflict(format!(
                        "templates `{}` and `{}` have global files of one name, `{name}`, and different content, which phones of the open region {} could not tell apart; rename one of the files",
                        other.name, template.name, region.name
                    )));
                }
                Some(_) => {}
                None => drop(seen.insert(name, (template, text))),
            }
        }
        Ok(())
    }
}
