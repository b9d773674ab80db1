//! Applies a batch to a copy of the tables.

use std::sync::Arc;

use super::{
    account, alarm, job, log, pin,
    tables::{DeviceRow, StoredGeneration, Tables},
};
use crate::{
    catalog::{RowRevision, SharedScope, Stored},
    cfg::FileKey,
    device::{Admission, Device},
    id::{DeviceId, RegionId, RunId},
    status::{Connectivity, Status},
    store::{
        AuditRecord, Batch, CatalogChange, Change, Committed, DeviceChange, Expected, PinChange, Reseal, Row,
        Run, SealedPlace, StatusChange, StoreError, StoreErrorKind, StoreResult, batch::MAX_CHANGES, counts,
        run::KEPT_RUNS,
    },
    template::Template,
    user::User,
};

pub(super) fn apply(tables: &mut Tables, batch: Batch) -> StoreResult<Committed> {
    if batch.changes.len() > MAX_CHANGES {
        let message =
            format!("a batch of {} changes; at most {MAX_CHANGES} are allowed", batch.changes.len());
        return Err(StoreError::new(StoreErrorKind::Invalid, message));
    }
    for expect in &batch.expect {
        let expected = match expect.state {
            Expected::Revision(revision) => Some(revision),
            Expected::Absent => None,
        };
        if revision(tables, &expect.row) != expected {
            return Err(StoreError::new(StoreErrorKind::Stale, format!("{} changed meanwhile", expect.row)));
        }
    }
    let (mut skipped, mut published) = (Vec::new(), Vec::new());
    for (at, change) in batch.changes.into_iter().enumerate() {
        let run = run_of(&change);
        if one(tables, change)? == Outcome::Skipped {
            skipped.push(at);
        } else {
            published.extend(run);
        }
    }
    for run in published {
        if let Some(run) = tables.runs.get_mut(&run) {
            run.published += 1;
        }
    }
    for entry in batch.audit {
        let last = tables.audit.last().map(|record| (record.number, record.hash));
        tables.audit.push(AuditRecord::following(last, entry));
    }
    Ok(Committed { catalog: tables.catalog.revision, skipped })
}

#[derive(PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Skipped,
}

/// The run that publishes a file.
fn run_of(change: &Change) -> Option<RunId> {
    match change {
        Change::Pin(PinChange::Publish(pin)) => pin.run,
        Change::Pin(
            PinChange::Revert { .. }
            | PinChange::StandIn { .. }
            | PinChange::Resume(_)
            | PinChange::Withdraw(_),
        )
        | Change::Catalog(_)
        | Change::PutUser(_)
        | Change::DeleteUser(_)
        | Change::Device(_)
        | Change::Status(_)
        | Change::Alarm(_)
        | Change::PutGeneration(..)
        | Change::Account(_)
        | Change::Request(_)
        | Change::Heartbeat(..)
        | Change::Reseal(_)
        | Change::Run(_)
        | Change::Log(_)
        | Change::Told(..)
        | Change::Prune(_)
        | Change::Job(_) => None,
    }
}

fn revision(tables: &Tables, row: &Row) -> Option<RowRevision> {
    match row {
        Row::Settings => Some(tables.catalog.settings.revision),
        Row::Region(id) => tables.catalog.regions.get(id).map(|row| row.revision),
        Row::Model(id) => tables.catalog.models.get(id).map(|row| row.revision),
        Row::Template(id) => tables.catalog.templates.get(id).map(|row| row.revision),
        Row::Firmware(id) => tables.catalog.firmware.get(id).map(|row| row.revision),
        Row::Placeholder(scope, name) => {
            tables.catalog.placeholder_revisions.get(&(scope.clone(), name.clone())).copied()
        }
        Row::User(id) => tables.users.get(id).map(|row| row.revision),
        Row::Device(id) => tables.devices.get(id).map(|row| row.revision),
        Row::Operator(id) => tables.operators.get(id).map(|row| row.revision),
        Row::File(FileKey::Device(id)) => {
            tables.devices.get(id)?.stand_in.as_ref().map(|(info, _)| info.revision)
        }
        Row::File(FileKey::Shared(name)) => tables.catalog.file_called(name.as_str()).map(|row| row.revision),
    }
}

fn one(tables: &mut Tables, change: Change) -> StoreResult<Outcome> {
    match change {
        Change::Device(change) => device(tables, change)?,
        Change::Status(change) => return Ok(status(tables, change)),
        Change::Alarm(message) => return Ok(alarm::apply(tables, message)),
        Change::Told(target, number) => return Ok(alarm::tell(tables, target, number)),
        Change::Pin(change) => return Ok(pin::apply(tables, change)),
        Change::PutGeneration(id, parts) => {
            let row = tables.generations.entry(id).or_insert(StoredGeneration { parts, idle_since: None });
            // Somebody is about to point to it.
            row.idle_since = None;
        }
        Change::Heartbeat(node, uptime) => drop(tables.uptimes.insert((node, uptime.from), uptime.until)),
        Change::PutUser(user) => put_user(tables, *user)?,
        Change::DeleteUser(id) => {
            refuse_if(
                tables.devices.values().any(|row| row.device.owner.is_some_and(|owner| owner.user == id)),
                "user",
            )?;
            tables.users.remove(&id);
        }
        Change::Catalog(CatalogChange::PublishTemplate(id, published)) => {
            let Some(row) = tables.catalog.templates.get_mut(&id) else { return Ok(Outcome::Skipped) };
            Arc::make_mut(&mut row.value).published = Some(published);
            tables.catalog_changed();
        }
        Change::Catalog(change) => {
            catalog(tables, change)?;
            tables.catalog_changed();
        }
        Change::Account(change) => return account::apply(tables, change),
        Change::Request(change) => return Ok(account::request(tables, change)),
        Change::Reseal(reseal) => return Ok(self::reseal(tables, reseal)),
        Change::Run(note) => {
            let run = Run::after(tables.runs.get(&note.id), &note);
            tables.runs.insert(note.id, run);
            while tables.runs.len() > KEPT_RUNS {
                tables.runs.pop_first();
            }
        }
        Change::Log(change) => return Ok(log::apply(tables, change)),
        Change::Prune(prune) => return Ok(log::prune(tables, &prune)),
        Change::Job(change) => return Ok(job::apply(tables, change)),
    }
    Ok(Outcome::Done)
}

pub(super) fn catalog(tables: &mut Tables, change: CatalogChange) -> StoreResult<()> {
    match change {
        CatalogChange::Settings(settings) => {
            tables.catalog.settings = after(Some(&tables.catalog.settings), Arc::new(*settings));
        }
        CatalogChange::PutRegion(region) => {
            let others = || tables.catalog.regions().filter(|other| other.id != region.id);
            taken_if(
                others().any(|other| other.name.folded() == region.name.folded()),
                "region name",
                &region.name,
            )?;
            require(region.firmware.values().all(|id| tables.catalog.firmware.contains_key(id)), "firmware")?;
            let row = after(tables.catalog.regions.get(&region.id), Arc::new(*region));
            tables.catalog.regions.insert(row.value.id, row);
        }
        CatalogChange::DeleteRegion(id) => {
            let used = tables.users.values().any(|user| user.value.region == id)
                || tables.devices.values().any(|row| row.device.region == Some(id))
                || tables.catalog.templates().any(|template| template.region == Some(id))
                || tables.operators.values().any(|row| account::names(&row.value, id))
                || has_placeholders(tables, &SharedScope::Region(id));
            refuse_if(used, "region")?;
            tables.catalog.regions.remove(&id);
        }
        CatalogChange::PutModel(model) => {
            let row = after(tables.catalog.models.get(&model.id), Arc::new(model));
            tables.catalog.models.insert(row.value.id.clone(), row);
        }
        CatalogChange::DeleteModel(id) => {
            let used = tables.devices.values().any(|row| row.device.model.as_ref() == Some(&id))
                || tables.catalog.templates().any(|template| template.model == id)
                || tables.catalog.firmware.values().any(|row| row.value.model.as_ref() == Some(&id))
                || has_placeholders(tables, &SharedScope::Model(id.clone()));
            refuse_if(used, "phone model")?;
            tables.catalog.models.remove(&id);
        }
        CatalogChange::PutTemplate(template) => put_template(tables, *template)?,
        CatalogChange::DeleteTemplate(id) => {
            refuse_if(tables.devices.values().any(|row| row.device.template == Some(id)), "template")?;
            tables.catalog.templates.remove(&id);
        }
        CatalogChange::PutFirmware(firmware) => {
            let same = |other: &Arc<crate::firmware::Firmware>| {
                other.id != firmware.id && other.name.as_str().eq_ignore_ascii_case(firmware.name.as_str())
            };
            let taken = tables.catalog.firmware.values().any(|row| same(&row.value));
            taken_if(taken, "firmware name", &firmware.name)?;
            require(
                firmware.model.as_ref().is_none_or(|model| tables.catalog.models.contains_key(model)),
                "phone model",
            )?;
            let row = after(tables.catalog.firmware.get(&firmware.id), Arc::new(*firmware));
            tables.catalog.firmware.insert(row.value.id, row);
        }
        CatalogChange::DeleteFirmware(id) => {
            let used = tables.devices.values().any(|row| row.device.firmware == Some(id))
                || tables.catalog.regions().any(|region| region.firmware.values().any(|used| *used == id));
            refuse_if(used, "firmware")?;
            tables.catalog.firmware.remove(&id);
        }
        CatalogChange::Placeholder(scope, name, value) => {
            let there = match &scope {
                SharedScope::System => true,
                SharedScope::Model(id) => tables.catalog.models.contains_key(id),
                SharedScope::Region(id) => tables.catalog.regions.contains_key(id),
            };
            require(there, "scope")?;
            let key = (scope.clone(), name.clone());
            let set = Arc::make_mut(tables.catalog.placeholders.entry(scope).or_default());
            if let Some(value) = value {
                set.insert(name, value);
                // One that was there before had no later revision than the catalogue.
                let first = RowRevision(tables.catalog.revision.0);
                let revision = tables.catalog.placeholder_revisions.entry(key).or_insert(first);
                *revision = counts::next(*revision);
            } else {
                set.remove(&name);
                tables.catalog.placeholder_revisions.remove(&key);
            }
            tables.catalog.placeholders.retain(|_, set| !set.is_empty());
        }
        CatalogChange::PutFile(file, text) => {
            let key = file.name.folded();
            tables.texts.insert(key.clone(), text);
            let former = tables.catalog.files.get(&key).map(|row| row.revision);
            let revision = file.info.revision_after(former);
            tables.catalog.files.insert(key, Stored { revision, value: Arc::new(*file) });
        }
        CatalogChange::DeleteFile(name) => {
            tables.texts.remove(&name.folded());
            tables.catalog.files.remove(&name.folded());
        }
        // Applied by itself, because it may be skipped.
        CatalogChange::PublishTemplate(..) => {}
    }
    Ok(())
}

fn put_template(tables: &mut Tables, template: Template) -> StoreResult<()> {
    let others = || tables.catalog.templates().filter(|other| other.id != template.id);
    let same_default = |other: &Template| {
        other.default && template.default && other.region == template.region && other.model == template.model
    };
    taken_if(others().any(|other| other.name == template.name), "template name", &template.name)?;
    taken_if(others().any(same_default), "default template of the region and model", &template.model)?;
    require(tables.catalog.models.contains_key(&template.model), "phone model")?;
    require(region_there(tables, template.region), "region")?;
    let former = tables.catalog.templates.get(&template.id);
    let published = former.map_or(template.published, |former| former.value.published);
    let row = after(former, Arc::new(Template { published, ..template }));
    tables.catalog.templates.insert(row.value.id, row);
    Ok(())
}

pub(super) fn put_user(tables: &mut Tables, user: User) -> StoreResult<()> {
    let mut others = tables.users.values().filter(|other| other.value.id != user.id);
    taken_if(others.any(|other| other.value.name.folded() == user.name.folded()), "user name", &user.name)?;
    require(tables.catalog.regions.contains_key(&user.region), "region")?;
    let row = after(tables.users.get(&user.id), user);
    tables.users.insert(row.value.id, row);
    Ok(())
}

fn device(tables: &mut Tables, change: DeviceChange) -> StoreResult<()> {
    match change {
        DeviceChange::Put(device) => put_device(tables, *device),
        DeviceChange::Delete(id) => {
            delete_device(tables, id);
            Ok(())
        }
        DeviceChange::EvictPending(keep) => {
            let mut pending: Vec<_> = tables
                .devices
                .values()
                .filter(|row| row.device.admission == Admission::Pending)
                .map(|row| {
                    (
                        row.status.as_ref().map_or(row.device.created_at, |status| status.last_seen),
                        row.device.id,
                    )
                })
                .collect();
            pending.sort_unstable();
            let excess = pending.len().saturating_sub(keep as usize);
            pending.into_iter().take(excess).for_each(|(_, id)| delete_device(tables, id));
            Ok(())
        }
    }
}

pub(super) fn put_device(tables: &mut Tables, device: Device) -> StoreResult<()> {
    let mut others = tables.devices.values().filter(|row| row.device.id != device.id);
    taken_if(others.clone().any(|row| row.device.mac == device.mac), "MAC address", &device.mac)?;
    let print = |device: &Device| device.token.as_ref().map(|token| token.print);
    let taken = print(&device).is_some() && others.any(|row| print(&row.device) == print(&device));
    taken_if(taken, "token of", &device.mac)?;
    require(region_there(tables, device.region), "region")?;
    require(device.owner.is_none_or(|owner| tables.users.contains_key(&owner.user)), "user")?;
    require(
        device.model.as_ref().is_none_or(|model| tables.catalog.models.contains_key(model)),
        "phone model",
    )?;
    require(device.template.is_none_or(|id| tables.catalog.templates.contains_key(&id)), "template")?;
    require(device.firmware.is_none_or(|id| tables.catalog.firmware.contains_key(&id)), "firmware")?;
    let id = device.id;
    let row = match tables.devices.remove(&id) {
        Some(row) => DeviceRow { revision: counts::next(row.revision), device: Arc::new(device), ..row },
        None => DeviceRow {
            revision: RowRevision(1),
            device: Arc::new(device),
            status: None,
            pins: Vec::new(),
            stand_in: None,
        },
    };
    tables.devices.insert(id, row);
    tables.device_changed(id);
    Ok(())
}

fn delete_device(tables: &mut Tables, id: DeviceId) {
    if tables.devices.contains_key(&id) {
        alarm::of_deleted(tables, id);
        tables.devices.remove(&id);
        tables.events.remove(&id);
        tables.device_changed(id);
    }
}

fn status(tables: &mut Tables, change: StatusChange) -> Outcome {
    let id = match &change {
        StatusChange::Report(report) => report.device,
        StatusChange::Disconnect { device, .. } | StatusChange::Forget(device) => *device,
    };
    let Some(row) = tables.devices.get_mut(&id) else { return Outcome::Skipped };
    let before = row.status.clone();
    let (after, at) = match change {
        StatusChange::Report(report) => match Status::after(before.as_deref(), &report) {
            Some(status) => (status, report.received_at),
            None => return Outcome::Skipped,
        },
        StatusChange::Disconnect { last_seen, at, .. } => match before.as_deref() {
            Some(status)
                if status.last_seen == last_seen && status.connectivity == Connectivity::Connected =>
            {
                let connectivity = Connectivity::Disconnected;
                (Status { connectivity, changed_at: at, ..status.clone() }, at)
            }
            Some(_) | None => return Outcome::Skipped,
        },
        StatusChange::Forget(_) => {
            row.status = None;
            return Outcome::Done;
        }
    };
    row.status = Some(Arc::new(after.clone()));
    log::status_changed(tables, id, before.as_deref(), &after, at);
    Outcome::Done
}

fn reseal(tables: &mut Tables, reseal: Reseal) -> Outcome {
    let Reseal { place, formerly, sealed } = reseal;
    match place {
        SealedPlace::Pin(device, number) => {
            let pins = tables.devices.get_mut(&device).map(|row| row.pins.iter_mut());
            let mut kept = pins.into_iter().flatten();
            let Some(record) = kept.find(|pin| pin.number == number && pin.pin.secrets == formerly) else {
                return Outcome::Skipped;
            };
            record.pin.secrets = sealed;
            tables.device_changed(device);
        }
        SealedPlace::Answer(key) => {
            let answer = tables.requests.get_mut(&key).and_then(|request| request.answer.as_mut());
            let Some(answer) = answer.filter(|answer| answer.body == formerly.as_bytes()) else {
                return Outcome::Skipped;
            };
            answer.body = sealed.as_bytes().to_vec();
        }
    }
    Outcome::Done
}

pub(super) fn after<T>(before: Option<&Stored<T>>, value: T) -> Stored<T> {
    Stored { revision: counts::next(before.map(|row| row.revision).unwrap_or_default()), value }
}

fn has_placeholders(tables: &Tables, scope: &SharedScope) -> bool {
    tables.catalog.placeholders.contains_key(scope)
}

fn region_there(tables: &Tables, region: Option<RegionId>) -> bool {
    region.is_none_or(|id| tables.catalog.regions.contains_key(&id))
}

pub(super) fn taken_if(taken: bool, what: &str, value: &impl std::fmt::Display) -> StoreResult<()> {
    let error = || StoreError::new(StoreErrorKind::Taken, format!("the {what} `{value}` is taken"));
    if taken { Err(error()) } else { Ok(()) }
}

fn refuse_if(used: bool, what: &str) -> StoreResult<()> {
    let error = || StoreError::new(StoreErrorKind::Referenced, format!("the {what} is still in use"));
    if used { Err(error()) } else { Ok(()) }
}

pub(super) fn require(there: bool, what: &str) -> StoreResult<()> {
    let error = || StoreError::new(StoreErrorKind::Referenced, format!("the {what} does not exist"));
    if there { Ok(()) } else { Err(error()) }
}
