//! Phone models beyond the built-in ones.

use crate::{
    app::{App, AppError},
    phone_model::PhoneModel,
    store::{Batch, CatalogChange, Store},
};

impl<S: Store> App<S> {
    /// Adds a phone model, or replaces the one with that id (GEN-12).
    pub async fn put_model(&self, model: PhoneModel) -> Result<(), AppError> {
        self.commit(Batch::of(CatalogChange::PutModel(model))).await?;
        Ok(())
    }
}
