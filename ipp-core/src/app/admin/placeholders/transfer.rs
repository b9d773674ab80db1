//! Moving and copying what one region sets to another.

use super::{called, check_scope};
use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{RowRevision, SharedScope},
    id::RegionId,
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    store::{Batch, CatalogChange, Expected, Row, Store},
    vault::{SealFor, SealedValue},
};

/// What became of a set that was copied to another region.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CopiedPlaceholders {
    /// What the other region has now.
    pub copied: Vec<PlaceholderName>,
    /// What it did not get, and why.
    pub left: Vec<(PlaceholderName, &'static str)>,
}

impl<S: Store> Admin<'_, S> {
    /// Moves a placeholder from one region to another, if it is still what the caller has seen;
    /// refused where that one sets it already (AMB-11).
    pub async fn move_placeholder(
        &self,
        name: PlaceholderName,
        from: RegionId,
        to: RegionId,
        revision: Option<RowRevision>,
    ) -> Result<(), AppError> {
        let (source, target) = (SharedScope::Region(from), SharedScope::Region(to));
        let former = self.app.snapshot();
        self.may_set(&former.catalog, &source, &name)?;
        self.may_set(&former.catalog, &target, &name)?;
        self.knowing(&source, &name, revision).await?;
        let snapshot = self.app.snapshot();
        let row = snapshot.catalog.placeholder(&source, &name);
        let row = row.ok_or_else(|| AppError::not_found("such placeholder"))?;
        if snapshot.catalog.set(&target).contains_key(&name) {
            return Err(AppError::conflict(format!("the other region sets {} already", name.token())));
        }
        let moved = self.resealed(&source, &target, &name, &row.value)?;
        let entry = self
            .audit("placeholder.move", format!("{} to {}", name.token(), called(&snapshot.catalog, &target)))
            .in_region(Some(from));
        let batch = Batch::of(CatalogChange::Placeholder(target.clone(), name.clone(), Some(moved)))
            .and(CatalogChange::Placeholder(source.clone(), name.clone(), None))
            .expecting(Row::Placeholder(source, name.clone()), Expected::Revision(row.revision))
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
        let catalog = &snapshot.catalog;
        check_scope(catalog, &target)?;
        let (mut batch, mut result) = (Batch::default(), CopiedPlaceholders::default());
        for (name, value) in set.iter() {
            let taken = catalog.set(&target).contains_key(name);
            if taken && !overwrite {
                result.left.push((name.clone(), "the other region sets it already"));
            } else if self.may_set(catalog, &target, name).is_err() {
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
        let subject = format!("{} to {}", called(catalog, &source), called(catalog, &target));
        let entry = self.audit("placeholder.copy", subject).in_region(Some(to)).changing(None, shown(&names));
        self.app.commit(batch.noting(entry)).await?;
        self.app.publish_on_save(to).await?;
        Ok(result)
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
}
