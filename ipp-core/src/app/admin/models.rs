//! Phone models beyond the built-in ones.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    phone_model::PhoneModel,
    store::{Batch, CatalogChange, Store},
};

impl<S: Store> Admin<'_, S> {
    /// Adds a phone model, or replaces the one with that id (GEN-12).
    pub async fn put_model(&self, model: PhoneModel) -> Result<(), AppError> {
        self.need(Capability::EditModels)?;
        let snapshot = self.app.snapshot();
        let entry = self
            .audit("model.put", format!("model {}", model.id))
            .changing(snapshot.catalog.model(&model.id).and_then(shown), shown(&model));
        self.app.commit(Batch::of(CatalogChange::PutModel(model)).noting(entry)).await?;
        Ok(())
    }
}
