//! Placeholders of the scopes above the device.

mod edit;
mod transfer;
mod usage;

use std::sync::Arc;

pub use self::{
    edit::PlaceholderEdit,
    transfer::CopiedPlaceholders,
    usage::{SystemValue, TemplateUse, Usage},
};

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{Catalog, SharedScope, Stored},
    placeholder::{PlaceholderName, ScopeSet, ScopedValue, StoredValue},
    store::{Store, StoreError, StoreErrorKind},
};

impl<S: Store> Admin<'_, S> {
    /// What a scope sets (PLH-14, PLH-19).
    pub fn placeholders(&self, scope: &SharedScope) -> Result<Arc<ScopeSet>, AppError> {
        self.may_see_scope(scope)?;
        let snapshot = self.app.snapshot();
        check_scope(&snapshot.catalog, scope)?;
        Ok(snapshot.catalog.placeholders.get(scope).cloned().unwrap_or_default())
    }

    /// The same with the revision of each, by name.
    pub fn placeholder_rows(
        &self,
        scope: &SharedScope,
    ) -> Result<Vec<(PlaceholderName, Stored<ScopedValue>)>, AppError> {
        let set = self.placeholders(scope)?;
        let snapshot = self.app.snapshot();
        let row = |name: &PlaceholderName| Some((name.clone(), snapshot.catalog.placeholder(scope, name)?));
        Ok(set.keys().filter_map(row).collect())
    }

    /// A placeholder that a scope sets; `None` where it inherits.
    pub fn placeholder(
        &self,
        scope: &SharedScope,
        name: &PlaceholderName,
    ) -> Result<Option<Stored<ScopedValue>>, AppError> {
        self.may_see_scope(scope)?;
        let snapshot = self.app.snapshot();
        check_scope(&snapshot.catalog, scope)?;
        Ok(snapshot.catalog.placeholder(scope, name))
    }

    fn may_see_scope(&self, scope: &SharedScope) -> Result<(), AppError> {
        match scope {
            SharedScope::Region(region) => self.need_in(Capability::View, Some(*region), "region"),
            SharedScope::System | SharedScope::Model(_) => self.need(Capability::ViewShared),
        }
    }
}

/// Refuses a model or region that is not there.
fn check_scope(catalog: &Catalog, scope: &SharedScope) -> Result<(), AppError> {
    match scope {
        SharedScope::System => Ok(()),
        SharedScope::Model(id) => {
            catalog.model(id).map(drop).ok_or_else(|| AppError::not_found("such phone model"))
        }
        SharedScope::Region(id) => {
            catalog.region(*id).map(drop).ok_or_else(|| AppError::not_found("such region"))
        }
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

/// Somebody was quicker: the placeholder is not there any more, or is another one.
fn changed_meanwhile(name: &PlaceholderName) -> AppError {
    StoreError::new(StoreErrorKind::Stale, format!("{} was changed meanwhile", name.token())).into()
}

/// A value as the audit log shows it.
pub(super) fn masked(value: &ScopedValue) -> Option<String> {
    match &value.value {
        StoredValue::Plain(text) => shown(&text.as_str()),
        StoredValue::Secret(_) => shown(&"secret"),
    }
}
