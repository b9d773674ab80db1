//! Phone models beyond the built-in ones.

use std::sync::Arc;

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{RowRevision, Stored},
    phone_model::{ModelId, PhoneModel},
    store::{Batch, CatalogChange, Expected, Row, Store},
};

impl<S: Store> Admin<'_, S> {
    /// The phone models, by id (GEN-12).
    pub fn models(&self) -> Result<Vec<Stored<Arc<PhoneModel>>>, AppError> {
        self.need(Capability::ViewShared)?;
        Ok(self.app.snapshot().catalog.models.values().cloned().collect())
    }

    /// One phone model.
    pub fn model(&self, id: &ModelId) -> Result<Stored<Arc<PhoneModel>>, AppError> {
        self.need(Capability::ViewShared)?;
        let found = self.app.snapshot().catalog.models.get(id).cloned();
        found.ok_or_else(|| AppError::not_found("such phone model"))
    }

    /// Adds a phone model, or replaces the one with that id (GEN-12).
    pub async fn put_model(&self, model: PhoneModel) -> Result<(), AppError> {
        self.apply_model(model, None).await
    }

    /// Adds a phone model, or, with the revision that the caller has seen, changes it.
    pub async fn save_model(
        &self,
        model: PhoneModel,
        revision: Option<RowRevision>,
    ) -> Result<Stored<Arc<PhoneModel>>, AppError> {
        let id = model.id.clone();
        self.apply_model(model, Some(revision.map_or(Expected::Absent, Expected::Revision))).await?;
        self.model(&id)
    }

    /// Deletes a phone model that no template, device, firmware or placeholder refers to.
    pub async fn delete_model(&self, id: &ModelId) -> Result<(), AppError> {
        self.need(Capability::EditModels)?;
        let former = self.model(id)?;
        let entry = self.audit("model.delete", format!("model {id}")).changing(shown(&*former.value), None);
        let batch = Batch::of(CatalogChange::DeleteModel(id.clone()))
            .expecting(Row::Model(id.clone()), Expected::Revision(former.revision));
        self.app.commit(batch.noting(entry)).await?;
        Ok(())
    }

    async fn apply_model(&self, model: PhoneModel, expected: Option<Expected>) -> Result<(), AppError> {
        self.need(Capability::EditModels)?;
        let snapshot = self.app.snapshot();
        let entry = self
            .audit("model.put", format!("model {}", model.id))
            .changing(snapshot.catalog.model(&model.id).and_then(shown), shown(&model));
        let mut batch = Batch::default().noting(entry);
        if let Some(expected) = expected {
            batch = batch.expecting(Row::Model(model.id.clone()), expected);
        }
        self.app.commit(batch.and(CatalogChange::PutModel(model))).await?;
        Ok(())
    }
}
