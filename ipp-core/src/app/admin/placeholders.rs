//! Placeholders of the scopes above the device.

use crate::{
    app::{App, AppError},
    catalog::SharedScope,
    placeholder::{Builtin, PlaceholderName, ScopedValue, StoredValue, builtin::Settable},
    store::{Batch, CatalogChange, Store},
    text::{CfgValue, Label},
    vault::SealFor,
};

impl<S: Store> App<S> {
    /// Sets a placeholder at a scope, or, with `None`, lets the scope inherit again (AMB-12). An
    /// empty value is a value. Secrets are sealed.
    pub async fn set_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        let builtin = Builtin::of(&name);
        if builtin.is_some_and(|row| row.settable == Settable::Nobody) {
            return Err(AppError::invalid(format!("{} follows from facts and cannot be set", name.token())));
        }
        if scope == SharedScope::System && builtin.is_some_and(|row| row.system.is_some()) {
            return Err(AppError::invalid(format!("{} is set by the system settings", name.token())));
        }
        let value = match value {
            None => None,
            Some(text) if builtin.is_some_and(|row| row.secret) => {
                let whose = scope.sealed_for(&name);
                let sealed = self.ports().vault.seal_value(SealFor::Named(&whose), text.as_str())?;
                Some(StoredValue::Secret(sealed))
            }
            Some(text) => Some(StoredValue::Plain(text)),
        };
        let scoped = value.map(|value| ScopedValue { value, description: Label::EMPTY });
        let regions: Vec<_> = match &scope {
            SharedScope::Region(id) => vec![*id],
            SharedScope::System | SharedScope::Model(_) => {
                self.snapshot().catalog.regions().map(|region| region.id).collect()
            }
        };
        self.commit(Batch::of(CatalogChange::Placeholder(scope, name, scoped))).await?;
        for region in regions {
            self.publish_on_save(region).await?;
        }
        Ok(())
    }
}
