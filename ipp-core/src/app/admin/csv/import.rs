//! Import: read, compare, build one batch, and commit it.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, devices::admit, users::is_system},
        turns::pause,
    },
    csv::{
        self, Fault, Limits,
        plan::{Action, DeviceStep, Present, Rules, Step, plan},
    },
    device::Admission,
    store::{Batch, Change, DeviceChange, Expected, Row, Store, batch::MAX_CHANGES},
    vault::SealFor,
};

/// How many rows are worked on before others have a turn.
const AT_ONCE: usize = 50;

/// What becomes of a file that has faults (AMB-74).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing of it is imported.
    #[default]
    AllOrNothing,
    /// The good rows are.
    SkipBadRows,
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// What becomes of a file that has faults.
    pub mode: Mode,
    /// Only tells what would be done.
    pub dry_run: bool,
    /// Whether devices may get Lync models (AMB-75).
    pub lync: bool,
    /// Bounds on the file.
    pub limits: Limits,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Whether anything was written, or nothing had to be.
    pub applied: bool,
    /// The rows in their order.
    pub rows: Vec<RowReport>,
    /// How many devices are made.
    pub devices_created: usize,
    /// How many devices change.
    pub devices_updated: usize,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// What a row did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// The line in which it begins.
    pub line: u64,
    /// The user's name as the file has it.
    pub name: String,
    /// What is done to the user, or all that is wrong with the row.
    pub outcome: Result<Action, Vec<Fault>>,
}

impl ImportReport {
    /// How many rows do this.
    pub fn count(&self, action: Action) -> usize {
        self.rows.iter().filter(|row| row.outcome == Ok(action)).count()
    }

    /// How many rows have faults.
    pub fn failed(&self) -> usize {
        self.rows.iter().filter(|row| row.outcome.is_err()).count()
    }
}

/// What the rows come to.
#[derive(Default)]
struct Building {
    batch: Batch,
    created: usize,
    updated: usize,
    /// Whether the generation that files are made from is in the batch.
    generation: bool,
}

impl<S: Store> Admin<'_, S> {
    /// Imports users and devices (CSV-14). All of it is one write. Users that are there are updated;
    /// the same file once more changes nothing.
    pub async fn import_csv(
        &self,
        content: &[u8],
        options: &ImportOptions,
    ) -> Result<ImportReport, AppError> {
        self.need(Capability::EditUsers)?;
        self.need(Capability::EditDevices)?;
        let sheet =
            csv::read(content, &options.limits).map_err(|error| AppError::invalid(error.to_string()))?;
        let ignored = sheet.ignored.clone();
        let snapshot = self.app.snapshot();
        let (users, devices) = self.present(&sheet).await?;
        let present = Present { catalog: &snapshot.catalog, users, devices };
        let prints = self.app.ports().vault.fingerprints();
        let rules = Rules { caller: &self.caller, lync: options.lync, prints };
        let planned = plan(sheet, &present, &rules, self.app.now().wall, self.app.random());
        let mut building = Building::default();
        let mut rows = Vec::with_capacity(planned.size_hint().0);
        for (at, planned) in planned.enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                pause().await;
            }
            let line = planned.line;
            let outcome = planned.step.and_then(|step| {
                let action = step.action();
                let whole = |error: AppError| vec![Fault { line, column: None, reason: error.to_string() }];
                self.build(step, &mut building).map(|()| action).map_err(whole)
            });
            rows.push(RowReport { line, name: planned.name, outcome });
        }
        let Building { mut batch, created, updated, generation: _ } = building;
        batch.changes.sort_by_key(place);
        let mut report = ImportReport {
            applied: false,
            rows,
            devices_created: created,
            devices_updated: updated,
            ignored,
        };
        let refused = options.mode == Mode::AllOrNothing && report.failed() > 0;
        if !options.dry_run && !refused {
            self.apply(batch, &report).await?;
            report.applied = true;
        }
        Ok(report)
    }

    async fn apply(&self, batch: Batch, report: &ImportReport) -> Result<(), AppError> {
        if batch.changes.is_empty() {
            return Ok(());
        }
        if batch.changes.len() > MAX_CHANGES {
            return Err(AppError::invalid(format!(
                "the file makes {} changes; at most {MAX_CHANGES} are allowed: split it",
                batch.changes.len()
            )));
        }
        let counts = serde_json::json!({
            "users_created": report.count(Action::Create),
            "users_updated": report.count(Action::Update),
            "unchanged": report.count(Action::Unchanged),
            "failed": report.failed(),
            "devices_created": report.devices_created,
            "devices_updated": report.devices_updated,
        });
        let phones = report.devices_created + report.devices_updated;
        let entry = self.audit("csv.import", format!("{} rows", report.rows.len()));
        let entry = entry.changing(None, Some(counts.to_string())).concerning(phones as u64);
        self.app.commit(batch.noting(entry)).await?;
        Ok(())
    }

    /// Adds what a row does to the batch; nothing of it where it cannot be done.
    fn build(&self, step: Step, building: &mut Building) -> Result<(), AppError> {
        let user_changes = step.user_changes();
        let Step { former, mut user, password, devices } = step;
        let mut batch = Batch::default();
        if let Some(password) = &password {
            let vault = &*self.app.ports().vault;
            let whose = SealFor::UserPassword(user.id.as_bytes());
            user.password = Some(vault.seal_value(whose, password.as_str())?);
        }
        if user_changes {
            let state =
                former.as_ref().map_or(Expected::Absent, |former| Expected::Revision(former.revision));
            batch = batch.expecting(Row::User(user.id), state).and(Change::PutUser(Box::new(user.clone())));
            // The user `system` is the account with which phones announce themselves (CSV-04).
            if is_system(&user) && (former.is_none() || password.is_some()) {
                let text = password.as_ref().map_or("", |password| password.as_str());
                batch = self.announcing_as(batch, Some((&user, text)))?;
            }
        }
        let (mut created, mut updated, mut generation) = (0, 0, building.generation);
        for DeviceStep { former, mut device, admit: admits } in devices {
            if admits {
                admit(&mut device, user.region, Some(user.id));
            }
            let unchanged = former.as_ref().is_some_and(|former| former.value == device);
            if unchanged && !user_changes {
                continue;
            }
            self.app.complete(&mut device, Some(&user))?;
            match &former {
                Some(former) if former.value == device => continue,
                Some(_) => updated += 1,
                None => created += 1,
            }
            let state =
                former.as_ref().map_or(Expected::Absent, |former| Expected::Revision(former.revision));
            let file = if device.admission == Admission::Enrolled {
                self.app.publication(&device, Some(&user), None)?
            } else {
                Vec::new()
            };
            batch = batch
                .expecting(Row::Device(device.id), state)
                .and(Change::Device(DeviceChange::Put(Box::new(device))));
            for change in file {
                // One copy of what all files are made from is enough.
                let shared = matches!(change, Change::PutGeneration(..));
                if !(shared && std::mem::replace(&mut generation, true)) {
                    batch.changes.push(change);
                }
            }
        }
        building.batch.expect.append(&mut batch.expect);
        building.batch.changes.append(&mut batch.changes);
        building.created += created;
        building.updated += updated;
        building.generation = generation;
        Ok(())
    }
}

/// Users before their devices, and both before what follows from them: stores write many rows of one kind
/// in one go.
fn place(change: &Change) -> u8 {
    if matches!(change, Change::PutUser(_)) {
        0
    } else if matches!(change, Change::Device(_)) {
        1
    } else {
        2
    }
}
