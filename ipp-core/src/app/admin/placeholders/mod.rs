//! Placeholders of the scopes above the device.

mod usage;

use std::{fmt, sync::Arc};

pub use self::usage::{SystemValue, TemplateUse, Usage};

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{Catalog, SharedScope},
    id::RegionId,
    placeholder::{Builtin, PlaceholderName, ScopeSet, ScopedValue, StoredValue, builtin::Settable},
    store::{AuditEntry, Batch, CatalogChange, Expected, Row, Store},
    text::{CfgValue, Label},
    vault::{SealFor, SealedValue},
};

/// What is to be set of a placeholder at a scope; what is `None` stays.
#[derive(Default)]
pub struct PlaceholderEdit {
    /// The value; empty is a value too.
    pub value: Option<CfgValue>,
    /// What people note about it.
    pub description: Option<Label>,
    /// Whether the scope must not set it yet: *Add new placeholder*.
    pub new: bool,
}

impl fmt::Debug for PlaceholderEdit {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaceholderEdit").field("description", &self.description).finish_non_exhaustive()
    }
}

/// What became of a set that was copied to another region.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CopiedPlaceholders {
    /// What the other region has now.
    pub copied: Vec<PlaceholderName>,
    /// What it did not get, and why.
    pub left: Vec<(PlaceholderName, &'static str)>,
}

impl<S: Store> Admin<'_, S> {
    /// What a scope sets (PLH-14, PLH-19).
    pub fn placeholders(&self, scope: &SharedScope) -> Result<Arc<ScopeSet>, AppError> {
        match scope {
            SharedScope::Region(region) => self.need_in(Capability::View, Some(*region), "region")?,
            SharedScope::System | SharedScope::Model(_) => self.need(Capability::ViewShared)?,
        }
        let snapshot = self.app.snapshot();
        check_scope(&snapshot.catalog, scope)?;
        Ok(snapshot.catalog.placeholders.get(scope).cloned().unwrap_or_default())
    }

    /// Sets a placeholder at a scope, or, with `None`, lets the scope inherit again (AMB-12). An
    /// empty value is a value. Secrets are sealed.
    pub async fn set_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        if value.is_none() {
            return self.apply_placeholder(scope, name, None, None).await;
        }
        self.put_placeholder(scope, name, PlaceholderEdit { value, ..PlaceholderEdit::default() }).await
    }

    /// Adds a placeholder to a scope, or changes its value or its description there (PLH-16 to
    /// PLH-21).
    pub async fn put_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        edit: PlaceholderEdit,
    ) -> Result<(), AppError> {
        self.may_set(&scope, &name)?;
        let former = self.former(&scope, &name);
        let PlaceholderEdit { value, description, new } = edit;
        if new && former.is_some() {
            return Err(AppError::conflict(format!("the scope sets {} already; edit it", name.token())));
        }
        let value = match (value, &former) {
            (Some(text), _) => self.stored(&scope, &name, text.as_str())?,
            (None, Some(former)) => former.value.clone(),
            (None, None) => {
                return Err(AppError::invalid("a new placeholder needs a value; it may be empty"));
            }
        };
        let kept = former.map(|former| former.description).unwrap_or_default();
        let scoped = ScopedValue { value, description: description.unwrap_or(kept) };
        let expected = new.then_some(Expected::Absent);
        self.apply_placeholder(scope, name, Some(scoped), expected).await
    }

    /// Lets a scope inherit again what it set (AMB-12).
    pub async fn delete_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
    ) -> Result<(), AppError> {
        self.may_set(&scope, &name)?;
        self.former(&scope, &name).ok_or_else(|| AppError::not_found("such placeholder"))?;
        self.apply_placeholder(scope, name, None, None).await
    }

    /// Moves a placeholder from one region to another; refused where that one sets it already
    /// (AMB-11).
    pub async fn move_placeholder(
        &self,
        name: PlaceholderName,
        from: RegionId,
        to: RegionId,
    ) -> Result<(), AppError> {
        let (source, target) = (SharedScope::Region(from), SharedScope::Region(to));
        self.may_set(&source, &name)?;
        self.may_set(&target, &name)?;
        let value = self.former(&source, &name).ok_or_else(|| AppError::not_found("such placeholder"))?;
        if self.former(&target, &name).is_some() {
            return Err(AppError::conflict(format!("the other region sets {} already", name.token())));
        }
        let moved = self.resealed(&source, &target, &name, &value)?;
        let snapshot = self.app.snapshot();
        let entry = self
            .audit("placeholder.move", format!("{} to {}", name.token(), called(&snapshot.catalog, &target)))
            .in_region(Some(from));
        let batch = Batch::of(CatalogChange::Placeholder(target.clone(), name.clone(), Some(moved)))
            .and(CatalogChange::Placeholder(source, name.clone(), None))
            .expecting(Row::Placeholder(target, name), Expected::Absent)
            .noting(entry);
        self.app.commit(batch).await?;
        self.app.publish_on_save(from).await?;
        self.app.publish_on_save(to).await
    }

    /// Copies what a region sets to another region. What that one sets already stays, unless it is
    /// to be overwritten; what the caller may not set is left out.
    pub async fn copy_placeholders(
        &self,
        from: RegionId,
        to: RegionId,
        overwrite: bool,
    ) -> Result<CopiedPlaceholders, AppError> {
        let (source, target) = (SharedScope::Region(from), SharedScope::Region(to));
        let set = self.placeholders(&source)?;
        self.need_in(Capability::EditPlaceholders, Some(to), "region")?;
        let snapshot = self.app.snapshot();
        check_scope(&snapshot.catalog, &target)?;
        let (mut batch, mut result) = (Batch::default(), CopiedPlaceholders::default());
        for (name, value) in set.iter() {
            let taken = self.former(&target, name).is_some();
            if taken && !overwrite {
                result.left.push((name.clone(), "the other region sets it already"));
            } else if self.may_set(&target, name).is_err() {
                result.left.push((name.clone(), "this needs the level Administrator or above"));
            } else {
                let value = self.resealed(&source, &target, name, value)?;
                batch = batch.and(CatalogChange::Placeholder(target.clone(), name.clone(), Some(value)));
                if !taken {
                    batch = batch.expecting(Row::Placeholder(target.clone(), name.clone()), Expected::Absent);
                }
                result.copied.push(name.clone());
            }
        }
        if result.copied.is_empty() {
            return Ok(result);
        }
        let names: Vec<&str> = result.copied.iter().map(PlaceholderName::as_str).collect();
        let subject =
            format!("{} to {}", called(&snapshot.catalog, &source), called(&snapshot.catalog, &target));
        let entry = self.audit("placeholder.copy", subject).in_region(Some(to)).changing(None, shown(&names));
        self.app.commit(batch.noting(entry)).await?;
        self.app.publish_on_save(to).await?;
        Ok(result)
    }

    /// Refuses what the caller may not set at a scope, and what nobody may.
    fn may_set(&self, scope: &SharedScope, name: &PlaceholderName) -> Result<(), AppError> {
        let builtin = Builtin::of(name);
        match scope {
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
        if *scope == SharedScope::System && builtin.is_some_and(|row| row.system.is_some()) {
            return Err(AppError::invalid(format!("{} is set by the system settings", name.token())));
        }
        check_scope(&self.app.snapshot().catalog, scope)
    }

    fn former(&self, scope: &SharedScope, name: &PlaceholderName) -> Option<ScopedValue> {
        self.app.snapshot().catalog.set(scope).get(name).cloned()
    }

    /// A value as it is stored: sealed where it is a secret.
    fn stored(
        &self,
        scope: &SharedScope,
        name: &PlaceholderName,
        text: &str,
    ) -> Result<StoredValue, AppError> {
        if Builtin::of(name).is_some_and(|row| row.secret) {
            let whose = scope.sealed_for(name);
            let sealed = self.app.ports().vault.seal_value(SealFor::Named(&whose), text)?;
            return Ok(StoredValue::Secret(sealed));
        }
        Ok(StoredValue::Plain(text.parse()?))
    }

    /// The value for another scope: a secret is sealed for one scope alone.
    fn resealed(
        &self,
        from: &SharedScope,
        to: &SharedScope,
        name: &PlaceholderName,
        value: &ScopedValue,
    ) -> Result<ScopedValue, AppError> {
        let StoredValue::Secret(SealedValue { sealed, print: _ }) = &value.value else {
            return Ok(value.clone());
        };
        let vault = &self.app.ports().vault;
        let text = vault.open_text(SealFor::Named(&from.sealed_for(name)), sealed)?;
        let sealed = vault.seal_value(SealFor::Named(&to.sealed_for(name)), &text)?;
        Ok(ScopedValue { value: StoredValue::Secret(sealed), description: value.description.clone() })
    }

    /// Commits one value and publishes it where regions want that.
    async fn apply_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        scoped: Option<ScopedValue>,
        expected: Option<Expected>,
    ) -> Result<(), AppError> {
        self.may_set(&scope, &name)?;
        let snapshot = self.app.snapshot();
        let regions: Vec<_> = match scope.region() {
            Some(region) => vec![region],
            None => snapshot.catalog.regions().map(|region| region.id).collect(),
        };
        let former = snapshot.catalog.set(&scope).get(&name);
        let entry = self.placeholder_entry(&snapshot.catalog, &scope, &name);
        let entry = entry.changing(former.and_then(masked), scoped.as_ref().and_then(masked));
        let mut batch = Batch::default().noting(entry);
        if let Some(expected) = expected {
            batch = batch.expecting(Row::Placeholder(scope.clone(), name.clone()), expected);
        }
        self.app.commit(batch.and(CatalogChange::Placeholder(scope, name, scoped))).await?;
        for region in regions {
            self.app.publish_on_save(region).await?;
        }
        Ok(())
    }

    fn placeholder_entry(
        &self,
        catalog: &Catalog,
        scope: &SharedScope,
        name: &PlaceholderName,
    ) -> AuditEntry {
        let subject = format!("{} of {}", name.token(), called(catalog, scope));
        self.audit("placeholder.set", subject).in_region(scope.region())
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

/// A value as the audit log shows it.
pub(super) fn masked(value: &ScopedValue) -> Option<String> {
    match &value.value {
        StoredValue::Plain(text) => shown(&text.as_str()),
        StoredValue::Secret(_) => shown(&"secret"),
    }
}
