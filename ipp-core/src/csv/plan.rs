//! What the rows of a file would do to what is there.

use std::collections::{HashMap, HashSet};

use super::{DeviceRow, Fault, Sheet, UserRow, cell, header::device_name};
use crate::{
    access::Caller,
    catalog::{Catalog, Stored},
    device::{Admission, BoundBy, Device, Owner, RegionOrigin, Vlan},
    digest::{FingerprintKey, FingerprintOf},
    id::{Ascending, DeviceId, RegionId, UserId},
    mac::Mac,
    phone_model::PhoneKind,
    time::Timestamp,
    user::{User, UserOrigin},
    vault::SecretText,
};

/// What is there of all that a file speaks of.
#[derive(Debug)]
pub struct Present<'a> {
    /// Regions and models.
    pub catalog: &'a Catalog,
    /// The users that the file names, by folded name.
    pub users: HashMap<String, Stored<User>>,
    /// The devices that the file names, and all those of the users above.
    pub devices: HashMap<Mac, Stored<Device>>,
}

/// On whose behalf, and what is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Regions that the caller may not see do not exist.
    pub caller: &'a Caller,
    /// Whether devices may get Lync models (AMB-75).
    pub lync: bool,
    /// Tells whether a password is the present one.
    pub prints: &'a FingerprintKey,
}

/// What a row would do, or all that is wrong with it.
#[derive(Debug)]
pub struct PlannedRow {
    /// The line.
    pub line: u64,
    /// The user's name as the file has it.
    pub name: String,
    /// What it would do.
    pub step: Result<Step, Vec<Fault>>,
}

/// What a row would do.
#[derive(Debug)]
pub struct Step {
    /// The user as it is; `None` where it is new.
    pub former: Option<Stored<User>>,
    /// The user as it is to be, but for a new password.
    pub user: User,
    /// The new password.
    pub password: Option<SecretText>,
    /// The user's devices: those of the row first, then the others it has.
    pub devices: Vec<DeviceStep>,
}

/// What becomes of a device.
#[derive(Debug)]
pub struct DeviceStep {
    /// The device as it is; `None` where it is new.
    pub former: Option<Stored<Device>>,
    /// The device as it is to be.
    pub device: Device,
    /// Whether it waits and is let in by this.
    pub admit: bool,
}

/// What is done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// It, or a device of it, changes.
    Update,
    /// Nothing.
    Unchanged,
}

impl Step {
    /// What is done to the user.
    pub fn action(&self) -> Action {
        match self.former {
            None => Action::Create,
            Some(_) if self.user_changes() || self.devices.iter().any(DeviceStep::changes) => Action::Update,
            Some(_) => Action::Unchanged,
        }
    }

    /// Whether the user itself changes.
    pub fn user_changes(&self) -> bool {
        self.password.is_some() || self.former.as_ref().is_none_or(|former| former.value != self.user)
    }
}

impl DeviceStep {
    /// Whether the device itself changes.
    pub fn changes(&self) -> bool {
        self.admit || self.former.as_ref().is_none_or(|former| former.value != self.device)
    }
}

/// Compares each row with what is there. New ids are made of `random`, in the order of the rows.
///
/// The rows are compared one after the other as they are taken, so that no more than one is held.
pub fn plan<'a>(
    sheet: Sheet,
    present: &'a Present<'a>,
    rules: &'a Rules<'a>,
    now: Timestamp,
    random: [u8; 10],
) -> impl Iterator<Item = PlannedRow> + Send + use<'a> {
    let mut of_user: HashMap<UserId, Vec<&Stored<Device>>> = HashMap::new();
    for device in present.devices.values() {
        if let Some(owner) = device.value.owner {
            of_user.entry(owner.user).or_default().push(device);
        }
    }
    let mut planner = Planner {
        present,
        rules,
        of_user,
        regions: HashMap::new(),
        names: HashMap::new(),
        macs: HashMap::new(),
        now,
        ids: Ascending::new(random),
        faults: Vec::new(),
        line: 0,
    };
    sheet.rows.into_iter().map(move |row| {
        let step = row.user.and_then(|user| planner.row(row.line, user));
        PlannedRow { line: row.line, name: row.name, step }
    })
}

struct Planner<'a> {
    present: &'a Present<'a>,
    rules: &'a Rules<'a>,
    of_user: HashMap<UserId, Vec<&'a Stored<Device>>>,
    /// The regions that the file has named so far; those that may not be seen do not exist.
    regions: HashMap<String, Option<RegionId>>,
    /// In which line the file named a user or device first.
    names: HashMap<String, u64>,
    macs: HashMap<Mac, u64>,
    now: Timestamp,
    ids: Ascending,
    line: u64,
    faults: Vec<Fault>,
}

impl Planner<'_> {
    fn row(&mut self, line: u64, row: UserRow) -> Result<Step, Vec<Fault>> {
        self.line = line;
        let step = self.step(row);
        let faults = std::mem::take(&mut self.faults);
        step.filter(|_| faults.is_empty()).ok_or(faults)
    }

    /// `None` only where there is a fault.
    fn step(&mut self, row: UserRow) -> Option<Step> {
        let folded = row.name.folded();
        let former = self.present.users.get(&folded);
        if let Some(first) = self.names.insert(folded, self.line) {
            self.fault("Name", format!("`{}` is in line {first} already", row.name));
        }
        if former.is_none() && cell::is_scientific(row.name.as_str()) {
            self.fault("Name", format!("a spreadsheet has made the number `{}` of a name", row.name));
        }
        let visible = self.rules.caller.visible();
        if former.is_some_and(|former| !visible.contains(Some(former.value.region))) {
            self.fault("Name", format!("the name `{}` is taken", row.name));
        }
        let region = *self.regions.entry(row.region.clone()).or_insert_with(|| {
            let called = self.present.catalog.region_called(&row.region).map(|region| region.id);
            called.filter(|region| visible.contains(Some(*region)))
        });
        if region.is_none() {
            let name: String = row.region.chars().take(64).collect();
            self.fault("Region", format!("there is no region `{name}`"));
        }
        let region = region?;
        let user = match former {
            Some(former) => User {
                region,
                display_name: row.display_name.unwrap_or_else(|| former.value.display_name.clone()),
                ..former.value.clone()
            },
            None => User {
                id: UserId::new(self.now, self.ids.next_part()),
                name: row.name,
                display_name: row.display_name.unwrap_or_default(),
                region,
                password: None,
                origin: UserOrigin::Administrator,
            },
        };
        let print = |text: &SecretText| self.rules.prints.of(FingerprintOf::Secret, text.as_str().as_bytes());
        let present = user.password.as_ref().map(|password| password.print);
        let password = row.password.filter(|text| present.is_none_or(|present| present != print(text)));
        let mut devices: Vec<DeviceStep> =
            row.devices.into_iter().filter_map(|device| self.device(device, &user)).collect();
        self.add_others(&user, &mut devices);
        Some(Step { former: former.cloned(), user, password, devices })
    }

    fn device(&mut self, row: DeviceRow, user: &User) -> Option<DeviceStep> {
        let column = |name: &str| device_name(row.group, name);
        if let Some(first) = self.macs.insert(row.mac, self.line) {
            self.fault(&column("MAC Address"), format!("{} is in line {first} already", row.mac));
            return None;
        }
        let former = self.present.devices.get(&row.mac);
        let mut device = match former {
            Some(former) => former.value.clone(),
            None => Device::new(
                DeviceId::new(self.now, self.ids.next_part()),
                row.mac,
                Admission::Expected,
                self.now,
            ),
        };
        // A phone that waits belongs to nobody until an administrator says to whom.
        let admit = device.admission == Admission::Pending;
        if !admit && former.is_some() && !self.may_have(&device, user, &column("MAC Address")) {
            return None;
        }
        if let Some(model) = &row.model
            && device.model.as_ref() != Some(model)
        {
            if self.present.catalog.model(model).is_none() {
                self.fault(&column("IP Phone Model"), format!("there is no phone model {model}"));
            } else if model.kind() == PhoneKind::Lync && !self.rules.lync {
                let reason =
                    format!("{model} is a Lync model; import is for other environments unless it is allowed");
                self.fault(&column("IP Phone Model"), reason);
            }
        }
        device.model = row.model.or(device.model);
        if device.model.is_none() {
            self.fault(&column("IP Phone Model"), "a new device needs a model");
        }
        device.display_name = row.display_name.unwrap_or(device.display_name);
        device.language = row.language.over(device.language);
        device.vlan = Vlan {
            mode: row.vlan_mode.over(device.vlan.mode),
            id: row.vlan_id.over(device.vlan.id),
            priority: row.vlan_priority.over(device.vlan.priority),
        };
        // Who signed in on a phone stays just that: a row that repeats it is no administrator's word,
        // or a file that was exported and imported would release passwords.
        if device.owner.is_none_or(|owner| owner.user != user.id) {
            device.owner = Some(Owner { user: user.id, bound_by: BoundBy::Administrator });
            device.region_origin = RegionOrigin::Administrator;
        }
        move_to(&mut device, user.region);
        Some(DeviceStep { former: former.cloned(), device, admit })
    }

    /// Whether a device that is known may be this user's.
    fn may_have(&mut self, device: &Device, user: &User, column: &str) -> bool {
        let visible = self.rules.caller.visible().contains(device.region);
        let reason = match device.owner {
            Some(owner) if owner.user == user.id => return true,
            _ if !visible => format!("the MAC address {} is taken", device.mac),
            Some(_) => format!("{} is the device of another user", device.mac),
            None if device.admission == Admission::Disabled => {
                format!("{} is disabled; enable it first", device.mac)
            }
            None => return true,
        };
        self.fault(column, reason);
        false
    }

    /// The region of a user is the region of all its devices (AMB-103).
    fn add_others(&self, user: &User, devices: &mut Vec<DeviceStep>) {
        let Some(all) = self.of_user.get(&user.id) else { return };
        let named: HashSet<DeviceId> = devices.iter().map(|step| step.device.id).collect();
        for former in all {
            if !named.contains(&former.value.id) {
                let mut device = former.value.clone();
                move_to(&mut device, user.region);
                devices.push(DeviceStep { former: Some((*former).clone()), device, admit: false });
            }
        }
    }

    fn fault(&mut self, column: &str, reason: impl Into<String>) {
        let column = Some(column.to_owned());
        self.faults.push(Fault { line: self.line, column, reason: reason.into() });
    }
}

fn move_to(device: &mut Device, region: RegionId) {
    if device.region != Some(region) {
        device.region = Some(region);
        device.region_origin = RegionOrigin::Administrator;
    }
}
