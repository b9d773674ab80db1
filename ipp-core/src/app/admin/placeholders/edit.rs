//! Setting one placeholder of a scope, and letting the scope inherit it again.

use std::fmt;

use super::{called, changed_meanwhile, check_scope, masked};
use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    catalog::{Catalog, RowRevision, SharedScope},
    placeholder::{Builtin, PlaceholderName, ScopedValue, StoredValue, builtin::Settable},
    store::{Batch, CatalogChange, Expected, Row, Store},
    text::{CfgValue, Label},
    vault::SealFor,
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
    /// The revision that the edit was made from; `None` is whichever there is.
    pub revision: Option<RowRevision>,
}

impl fmt::Debug for PlaceholderEdit {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaceholderEdit").field("description", &self.description).finish_non_exhaustive()
    }
}

impl<S: Store> Admin<'_, S> {
    /// Sets a placeholder at a scope, or, with `None`, lets the scope inherit again (AMB-12),
    /// whatever stands there now. An empty value is a value. Secrets are sealed.
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
    /// PLH-21). Refused where it is another one than the edit was made from (C38).
    pub async fn put_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        edit: PlaceholderEdit,
    ) -> Result<(), AppError> {
        self.knowing(&scope, &name, edit.revision).await?;
        let expected = match (edit.new, edit.revision) {
            (true, _) => Some(Expected::Absent),
            (false, revision) => revision.map(Expected::Revision),
        };
        let scoped = self.edited_placeholder(&self.app.snapshot().catalog, &scope, &name, edit)?;
        self.apply_placeholder(scope, name, Some(scoped), expected).await
    }

    /// Lets a scope inherit again what it set (AMB-12), if that is still what the caller has seen.
    pub async fn delete_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        revision: Option<RowRevision>,
    ) -> Result<(), AppError> {
        self.may_set(&self.app.snapshot().catalog, &scope, &name)?;
        self.knowing(&scope, &name, revision).await?;
        if self.app.snapshot().catalog.placeholder(&scope, &name).is_none() {
            return Err(AppError::not_found("such placeholder"));
        }
        self.apply_placeholder(scope, name, None, revision.map(Expected::Revision)).await
    }

    /// What a scope would set after an edit. Secrets are sealed.
    pub(in crate::app::admin) fn edited_placeholder(
        &self,
        catalog: &Catalog,
        scope: &SharedScope,
        name: &PlaceholderName,
        edit: PlaceholderEdit,
    ) -> Result<ScopedValue, AppError> {
        self.may_set(catalog, scope, name)?;
        let former = catalog.set(scope).get(name);
        let PlaceholderEdit { value, description, new, revision: _ } = edit;
        if new && former.is_some() {
            return Err(AppError::conflict(format!("the scope sets {} already; edit it", name.token())));
        }
        let value = match (value, former) {
            (Some(text), _) => self.stored(scope, name, text.as_str())?,
            (None, Some(former)) => former.value.clone(),
            (None, None) => {
                return Err(AppError::invalid("a new placeholder needs a value; it may be empty"));
            }
        };
        let kept = former.map(|former| former.description.clone()).unwrap_or_default();
        Ok(ScopedValue { value, description: description.unwrap_or(kept) })
    }

    /// Refuses what the caller may not set at a scope, and what nobody may.
    pub(in crate::app::admin) fn may_set(
        &self,
        catalog: &Catalog,
        scope: &SharedScope,
        name: &PlaceholderName,
    ) -> Result<(), AppError> {
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
        check_scope(catalog, scope)
    }

    /// Makes sure that what this node knows of a placeholder is what the caller has seen: what an
    /// edit does not name is taken from here.
    pub(super) async fn knowing(
        &self,
        scope: &SharedScope,
        name: &PlaceholderName,
        seen: Option<RowRevision>,
    ) -> Result<(), AppError> {
        let Some(seen) = seen else { return Ok(()) };
        let known = || self.app.snapshot().catalog.placeholder(scope, name).map(|row| row.revision);
        if known() != Some(seen) {
            // Another node may have been asked before.
            self.app.refresh().await?;
        }
        if known() == Some(seen) { Ok(()) } else { Err(changed_meanwhile(name)) }
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

    /// Commits one value and publishes it where regions want that.
    async fn apply_placeholder(
        &self,
        scope: SharedScope,
        name: PlaceholderName,
        scoped: Option<ScopedValue>,
        expected: Option<Expected>,
    ) -> Result<(), AppError> {
        let snapshot = self.app.snapshot();
        self.may_set(&snapshot.catalog, &scope, &name)?;
        let regions: Vec<_> = match scope.region() {
            Some(region) => vec![region],
            None => snapshot.catalog.regions().map(|region| region.id).collect(),
        };
        let former = snapshot.catalog.set(&scope).get(&name);
        let subject = format!("{} of {}", name.token(), called(&snapshot.catalog, &scope));
        let entry = self.audit("placeholder.set", subject).in_region(scope.region());
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
}
