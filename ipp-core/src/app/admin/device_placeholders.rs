//! Placeholders of one device: what it sets itself, and what it takes from wider scopes.

use std::collections::BTreeSet;

use super::Admin;
use crate::{
    access::Capability,
    app::{AppError, admin::placeholders::masked, report::subject},
    catalog::{RowRevision, Stored},
    device::Device,
    id::DeviceId,
    placeholder::{Builtin, PlaceholderName, ScopedValue, Scopes, StoredValue, builtin::Settable},
    render::{Explained, Facts, explain},
    store::{Batch, Change, DeviceChange, DeviceRecord, Expected, Row, Store},
    text::{CfgValue, Label},
    vault::SealFor,
};

impl<S: Store> Admin<'_, S> {
    /// The placeholders that the device's template uses or that the device sets, each with the value
    /// that wins and what that one shadows. Secrets are not shown.
    pub async fn device_placeholders(&self, id: DeviceId) -> Result<Stored<Vec<Explained>>, AppError> {
        let record = self.device_to(Capability::View, id).await?;
        Ok(Stored { revision: record.device.revision, value: self.explained(&record)? })
    }

    /// One placeholder of a device, with the revision of the device. Where no file can be made for the
    /// device, only its own value is known.
    pub async fn device_placeholder(
        &self,
        id: DeviceId,
        name: &PlaceholderName,
    ) -> Result<Stored<Explained>, AppError> {
        let record = self.device_to(Capability::View, id).await?;
        let all = self.explained(&record).unwrap_or_default();
        let value = all.into_iter().find(|explained| explained.name == *name).unwrap_or_else(|| {
            let snapshot = self.app.snapshot();
            let facts = Facts::new(&record.device.value, record.owner.as_ref(), &snapshot.catalog);
            let layers = explain::own(name, Builtin::of(name), facts).into_iter().collect();
            Explained { name: name.clone(), layers }
        });
        Ok(Stored { revision: record.device.revision, value })
    }

    fn explained(&self, record: &DeviceRecord) -> Result<Vec<Explained>, AppError> {
        let device = &record.device.value;
        let snapshot = self.app.snapshot();
        let cohort = self.app.cohort_for(&snapshot, device)?;
        let model = device.model.as_ref().ok_or_else(|| AppError::conflict("its model is not known"))?;
        let template = cohort.template();
        let scopes = Scopes {
            defaults: &template.defaults,
            generation: snapshot.live.generation(),
            model,
            region: cohort.region(),
        };
        let facts = Facts::new(device, record.owner.as_ref(), &snapshot.catalog);
        let used = template.compiled.slots().iter().map(|slot| slot.name.clone());
        let names: BTreeSet<PlaceholderName> = used.chain(device.overrides.keys().cloned()).collect();
        Ok(names.into_iter().map(|name| explain::placeholder(name, scopes, facts)).collect())
    }

    /// Sets a placeholder of one device, or, with `None`, lets it inherit again (AMB-12). An empty value
    /// is a value. Secrets are sealed.
    pub async fn set_device_placeholder(
        &self,
        id: DeviceId,
        revision: Option<RowRevision>,
        name: PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        let record = self.device_to(Capability::EditPlaceholders, id).await?;
        self.may_override(&name)?;
        let mut device = record.device.value;
        let former = device.overrides.get(&name).and_then(masked);
        self.set_override(&mut device, &name, value)?;
        self.app.complete(&mut device, record.owner.as_ref())?;
        let entry = self
            .audit("device.placeholder", format!("{} {}", subject(&device), name.token()))
            .in_region(device.region)
            .changing(former, device.overrides.get(&name).and_then(masked));
        let mut batch = Batch::of(Change::Device(DeviceChange::Put(Box::new(device.clone()))))
            .expecting(Row::Device(id), Expected::Revision(revision.unwrap_or(record.device.revision)))
            .noting(entry);
        self.publishing_on_save(&device, record.owner.as_ref(), &mut batch)?;
        self.app.commit(batch).await?;
        Ok(())
    }

    /// Refuses what the caller may not set of a device, and what nobody may.
    pub(super) fn may_override(&self, name: &PlaceholderName) -> Result<(), AppError> {
        match Builtin::of(name).map(|row| row.settable) {
            // Values that redirect trust are not for operators, at no scope (A12).
            Some(Settable::Administrators) => self.need(Capability::EditSharedPlaceholders),
            Some(Settable::Nobody) => {
                Err(AppError::invalid(format!("{} follows from facts and cannot be set", name.token())))
            }
            Some(Settable::Operators) | None => Ok(()),
        }
    }

    /// Sets a value of a device, or takes it out. Secrets are sealed.
    pub(super) fn set_override(
        &self,
        device: &mut Device,
        name: &PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        let value = match value {
            None => {
                device.overrides.remove(name);
                return Ok(());
            }
            Some(text) if Builtin::of(name).is_some_and(|row| row.secret) => {
                let whose = SealFor::DeviceOverride(device.id.as_bytes());
                StoredValue::Secret(self.app.ports().vault.seal_value(whose, text.as_str())?)
            }
            Some(text) => StoredValue::Plain(text),
        };
        device.overrides.insert(name.clone(), ScopedValue { value, description: Label::EMPTY });
        Ok(())
    }
}
