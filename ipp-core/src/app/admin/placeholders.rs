//! Placeholders of the scopes above the device.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{Catalog, SharedScope},
    placeholder::{Builtin, PlaceholderName, ScopedValue, StoredValue, builtin::Settable},
    store::{Batch, CatalogChange, Store},
    text::{CfgValue, Label},
    vault::SealFor,
};

impl<S: Store> Admin<'_, S> {
    /// Sets a placeholder at a scope, or, with `None`, lets the scope inherit again (AMB-12). An
    /// empty value is a value. Secrets are sealed.
    pub async fn set_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        let builtin = Builtin::of(&name);
        match &scope {
            SharedScope::Region(region) => {
                self.need_in(Capability::EditPlaceholders, Some(*region), "region")?;
            }
            SharedScope::System | SharedScope::Model(_) => self.need(Capability::EditSharedPlaceholders)?,
        }
        // Values that redirect trust are not for operators, at no scope (A12).
        if builtin.is_some_and(|row| row.settable == Settable::Administrators) {
            self.need(Capability::EditSharedPlaceholders)?;
        }
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
                let sealed = self.app.ports().vault.seal_value(SealFor::Named(&whose), text.as_str())?;
                Some(StoredValue::Secret(sealed))
            }
            Some(text) => Some(StoredValue::Plain(text)),
        };
        let scoped = value.map(|value| ScopedValue { value, description: Label::EMPTY });
        let regions: Vec<_> = match &scope {
            SharedScope::Region(id) => vec![*id],
            SharedScope::System | SharedScope::Model(_) => {
                self.app.snapshot().catalog.regions().map(|region| region.id).collect()
            }
        };
        let snapshot = self.app.snapshot();
        let former = snapshot.catalog.placeholders.get(&scope).and_then(|set| set.get(&name));
        let entry = self
            .audit("placeholder.set", format!("{} of {}", name.token(), called(&snapshot.catalog, &scope)))
            .in_region(scope.region())
            .changing(former.and_then(masked), scoped.as_ref().and_then(masked));
        self.app.commit(Batch::of(CatalogChange::Placeholder(scope, name, scoped)).noting(entry)).await?;
        for region in regions {
            self.app.publish_on_save(region).await?;
        }
        Ok(())
    }
}

/// A scope as people read it.
fn called(catalog: &Catalog, scope: &SharedScope) -> String {
    match scope {
        SharedScope::System => "the system".to_owned(),
        SharedScope::Model(model) => format!("model {model}"),
        SharedScope::Region(id) => {
            catalog.region(*id).map_or_else(String::new, |region| format!("region {}", region.name))
        }
    }
}

/// A value as the audit log shows it.
fn masked(value: &ScopedValue) -> Option<String> {
    match &value.value {
        StoredValue::Plain(text) => shown(&text.as_str()),
        StoredValue::Secret(_) => shown(&"secret"),
    }
}
