//! *Generate* for phones, and *Generate Global* for templates.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::Admin,
        publish::{Generate, GenerateReport},
    },
    id::TemplateId,
    store::{DeviceFilter, Store},
};

impl<S: Store> Admin<'_, S> {
    /// Begins to publish the files of the devices that pass the filter and may be seen (TPL-47), with
    /// the catalogue as it is now. [`generate_step`](crate::app::App::generate_step) goes on.
    pub fn begin_generate(&self, filter: DeviceFilter) -> Result<Generate, AppError> {
        self.need(Capability::Generate)?;
        let regions = self.caller.visible().among(filter.regions.as_deref());
        Ok(self.app.begin_generate(DeviceFilter { regions, ..filter }, self.caller.name()))
    }

    /// The same, to the end.
    pub async fn generate(&self, filter: DeviceFilter) -> Result<GenerateReport, AppError> {
        let mut run = self.begin_generate(filter)?;
        while self.app.generate_step(&mut run).await? {}
        Ok(run.report().clone())
    }

    /// Publishes the shared part of templates: the global file and the first contact (TPL-42). All or
    /// none.
    pub async fn publish_templates(&self, ids: &[TemplateId]) -> Result<(), AppError> {
        self.need(Capability::EditTemplates)?;
        let snapshot = self.app.snapshot();
        let entries = ids.iter().filter_map(|id| snapshot.catalog.template(*id)).map(|template| {
            self.audit("template.publish", format!("template {}", template.name)).in_region(template.region)
        });
        self.app.publish_templates(ids, entries.collect()).await
    }
}
