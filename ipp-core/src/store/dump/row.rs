//! One row of any kind.

use serde::{Deserialize, Serialize};

use crate::{
    alarm::{Alarm, event::AlarmEvent},
    catalog::{
        ANNOUNCER_PASSWORD, Catalog, CatalogRevision, LDAP_PASSWORD, RowRevision, SharedScope, Stored,
    },
    cfg::{FileInfo, SharedFile},
    device::Device,
    digest::ContentHash,
    firmware::Firmware,
    generation::{GenerationId, Part},
    id::{DeviceId, NodeId, RegionId},
    job::{Job, JobItem},
    log::{DeviceEvent, Figures, Hour, activity::ActivityRecord},
    operator::Operator,
    phone_model::PhoneModel,
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    region::Region,
    settings::Settings,
    status::{Status, silence::Uptime},
    store::{Answer, AuditRecord, DeviceSequence, PinRecord, RememberedRequest, Run},
    template::Template,
    user::User,
    vault::{SealFor, Sealed},
};

/// A row. The order of the kinds is the order in which they are dumped; within a kind rows are in the
/// order of their keys. The serialised form is that of backups: what was written once must be readable
/// for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredRow {
    /// The revision of the catalogue, where anything ever changed in it.
    Catalog(CatalogRevision),
    /// The settings, where they were ever changed.
    Settings(Box<Stored<Settings>>),
    /// A phone model.
    Model(Stored<PhoneModel>),
    /// A firmware entry; its image is a blob.
    Firmware(Box<Stored<Firmware>>),
    /// A region.
    Region(Box<Stored<Region>>),
    /// A template, with what is published of it.
    Template(Box<Stored<Template>>),
    /// A placeholder above the device.
    Placeholder(Box<PlaceholderRow>),
    /// A configuration file that phones share.
    SharedFile(Box<SharedFileRow>),
    /// A user.
    User(Box<Stored<User>>),
    /// An administrator's account.
    Operator(Box<Stored<Operator>>),
    /// A device.
    Device(Box<Stored<Device>>),
    /// The status of a device.
    Status(Box<StatusRow>),
    /// An active alarm.
    Alarm(Box<Alarm>),
    /// A part of generations.
    Part(Part),
    /// A generation.
    Generation(GenerationRow),
    /// A published file of a device, the oldest first.
    Pin(Box<PinRecord>),
    /// A file that stands in for what is published for a device.
    StandIn(Box<StandInRow>),
    /// The latest change of a device that there is or was, the oldest first.
    DeviceChange(DeviceChanged),
    /// A run that published files.
    Run(Run),
    /// A time during which a node was able to receive.
    Uptime(NodeUptime),
    /// A request that may be repeated.
    Request(Box<RememberedRequest>),
    /// An entry of the audit log.
    Audit(Box<AuditRecord>),
    /// A line of the activity log.
    Activity(Box<ActivityRecord>),
    /// An event of a device, the oldest first.
    Event(Box<DeviceEvent>),
    /// The figures of an hour.
    Sample(SampledHour),
    /// What happened to an alarm.
    AlarmEvent(Box<AlarmEvent>),
    /// How far a target of alarms was told.
    Told(ToldRow),
    /// A bulk job.
    Job(Box<Job>),
    /// An item of a job.
    JobItem(Box<JobItem>),
}

/// A placeholder above the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceholderRow {
    /// Where it is set.
    pub scope: SharedScope,
    /// Its name.
    pub name: PlaceholderName,
    /// The revision of the row.
    pub revision: RowRevision,
    /// Its value.
    pub value: ScopedValue,
}

/// A configuration file that phones share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedFileRow {
    /// The revision of the row.
    pub revision: RowRevision,
    /// The file.
    pub file: SharedFile,
    /// Its text.
    pub text: Sealed,
}

/// A file that stands in for what is published for a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandInRow {
    /// The device.
    pub device: DeviceId,
    /// What is known of the file.
    pub info: Stored<FileInfo>,
    /// Its text.
    pub text: Sealed,
}

/// The status of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRow {
    /// The device.
    pub device: DeviceId,
    /// Its status.
    pub status: Status,
}

/// A generation: parts that stand in rows before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRow {
    /// Its id.
    pub id: GenerationId,
    /// Its parts, in their order.
    pub parts: Vec<ContentHash>,
}

/// When a device changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceChanged {
    /// The point in the sequence of changes.
    pub sequence: DeviceSequence,
    /// The device, which need not be there any more.
    pub device: DeviceId,
}

/// A time during which a node was able to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeUptime {
    /// The node.
    pub node: NodeId,
    /// From when until when.
    pub uptime: Uptime,
}

/// The figures of an hour, by region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampledHour {
    /// The hour.
    pub hour: Hour,
    /// The regions in which there were devices, in their order; the first may be the devices that are in none.
    pub regions: Vec<(Option<RegionId>, Figures)>,
}

/// How far a target of alarms was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldRow {
    /// The target.
    pub target: String,
    /// The number of the last event.
    pub number: u64,
}

/// Names every kind, in order.
macro_rules! kinds {
    ($($variant:ident $kind:literal)*) => {
        /// Every kind of row, in the order in which they are dumped.
        pub const KINDS: &[&str] = &[$($kind),*];

        /// What kind of row this is, as it stands in the serialised form.
        pub const fn kind(&self) -> &'static str {
            match self {
                $(Self::$variant(..) => $kind),*
            }
        }
    };
}

impl StoredRow {
    kinds! {
        Catalog "catalog"
        Settings "settings"
        Model "model"
        Firmware "firmware"
        Region "region"
        Template "template"
        Placeholder "placeholder"
        SharedFile "shared_file"
        User "user"
        Operator "operator"
        Device "device"
        Status "status"
        Alarm "alarm"
        Part "part"
        Generation "generation"
        Pin "pin"
        StandIn "stand_in"
        DeviceChange "device_change"
        Run "run"
        Uptime "uptime"
        Request "request"
        Audit "audit"
        Activity "activity"
        Event "event"
        Sample "sample"
        AlarmEvent "alarm_event"
        Told "told"
        Job "job"
        JobItem "job_item"
    }

    /// The rows of a catalogue, but for its files, whose texts it does not have. For stores.
    pub fn of_catalog(catalog: &Catalog) -> Vec<Self> {
        let Catalog {
            revision,
            settings,
            regions,
            models,
            templates,
            firmware,
            placeholders,
            placeholder_revisions,
            files: _,
        } = catalog;
        let mut rows = Vec::new();
        rows.extend((*revision > CatalogRevision(0)).then_some(Self::Catalog(*revision)));
        let changed = settings.revision > RowRevision(0);
        rows.extend(changed.then(|| Self::Settings(Box::new(owned(settings)))));
        rows.extend(models.values().map(|row| Self::Model(owned(row))));
        rows.extend(firmware.values().map(|row| Self::Firmware(Box::new(owned(row)))));
        rows.extend(regions.values().map(|row| Self::Region(Box::new(owned(row)))));
        rows.extend(templates.values().map(|row| Self::Template(Box::new(owned(row)))));
        for (scope, set) in placeholders {
            for (name, value) in set.iter() {
                let (scope, name) = (scope.clone(), name.clone());
                let revision = placeholder_revisions.get(&(scope.clone(), name.clone())).copied();
                let revision = revision.unwrap_or_default();
                let row = PlaceholderRow { scope, name, revision, value: value.clone() };
                rows.push(Self::Placeholder(Box::new(row)));
            }
        }
        rows
    }

    /// The blob that the row refers to.
    pub fn blob(&self) -> Option<ContentHash> {
        match self {
            Self::Firmware(row) => row.value.image.map(|image| image.hash),
            Self::Catalog(_)
            | Self::Settings(_)
            | Self::Model(_)
            | Self::Region(_)
            | Self::Template(_)
            | Self::Placeholder(_)
            | Self::SharedFile(_)
            | Self::User(_)
            | Self::Operator(_)
            | Self::Device(_)
            | Self::Status(_)
            | Self::Alarm(_)
            | Self::Part(_)
            | Self::Generation(_)
            | Self::Pin(_)
            | Self::StandIn(_)
            | Self::DeviceChange(_)
            | Self::Run(_)
            | Self::Uptime(_)
            | Self::Request(_)
            | Self::Audit(_)
            | Self::Activity(_)
            | Self::Event(_)
            | Self::Sample(_)
            | Self::AlarmEvent(_)
            | Self::Told(_)
            | Self::Job(_)
            | Self::JobItem(_) => None,
        }
    }

    /// Shows every sealed value of the row, with what it was sealed for, and lets it be replaced.
    /// Stops at the first error.
    pub fn each_sealed<E>(
        &mut self,
        mut visit: impl FnMut(SealFor<'_>, &mut Sealed) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Settings(row) => {
                if let Some(password) = &mut row.value.phones.ldap.password {
                    visit(SealFor::Named(LDAP_PASSWORD), &mut password.sealed)?;
                }
                if let Some(announcer) = &mut row.value.announcer {
                    visit(SealFor::Named(ANNOUNCER_PASSWORD), &mut announcer.password.sealed)?;
                }
                Ok(())
            }
            Self::Placeholder(row) => match &mut row.value.value {
                StoredValue::Plain(_) => Ok(()),
                StoredValue::Secret(secret) => {
                    visit(SealFor::Named(&row.scope.sealed_for(&row.name)), &mut secret.sealed)
                }
            },
            Self::User(row) => {
                let id = row.value.id;
                let password = row.value.password.as_mut();
                password.map_or(Ok(()), |secret| {
                    visit(SealFor::UserPassword(id.as_bytes()), &mut secret.sealed)
                })
            }
            Self::Device(row) => of_device(&mut row.value, &mut visit),
            Self::Pin(row) => {
                let device = row.pin.device;
                visit(SealFor::PinSecrets(device.as_bytes()), &mut row.pin.secrets)
            }
            Self::SharedFile(row) => {
                visit(SealFor::Named(&row.file.name.sealed_for()), &mut row.text)
            }
            Self::StandIn(row) => visit(SealFor::DeviceFile(row.device.as_bytes()), &mut row.text),
            Self::Request(row) => {
                let Some(answer) = &mut row.answer else { return Ok(()) };
                let mut sealed = Sealed::from_bytes(std::mem::take(&mut answer.body));
                let visited = visit(Answer::SEALED_FOR, &mut sealed);
                answer.body = sealed.as_bytes().to_vec();
                visited
            }
            Self::Catalog(_)
            | Self::Model(_)
            | Self::Firmware(_)
            | Self::Region(_)
            | Self::Template(_)
            | Self::Operator(_)
            | Self::Status(_)
            | Self::Alarm(_)
            // A generation has fingerprints where secrets would be.
            | Self::Part(_)
            | Self::Generation(_)
            | Self::DeviceChange(_)
            | Self::Run(_)
            | Self::Uptime(_)
            | Self::Audit(_)
            | Self::Activity(_)
            | Self::Event(_)
            | Self::Sample(_)
            | Self::AlarmEvent(_)
            | Self::Told(_)
            | Self::Job(_)
            | Self::JobItem(_) => Ok(()),
        }
    }
}

fn of_device<E>(
    device: &mut Device,
    visit: &mut impl FnMut(SealFor<'_>, &mut Sealed) -> Result<(), E>,
) -> Result<(), E> {
    let id = device.id;
    let request = device.request.as_mut().map(|request| &mut request.token);
    for token in device.token.iter_mut().chain(request) {
        visit(SealFor::DeviceToken(id.as_bytes()), &mut token.sealed)?;
    }
    if let Some(password) = &mut device.rest_password {
        visit(SealFor::DevicePassword(id.as_bytes()), &mut password.sealed)?;
    }
    for value in device.overrides.values_mut() {
        if let StoredValue::Secret(secret) = &mut value.value {
            visit(SealFor::DeviceOverride(id.as_bytes()), &mut secret.sealed)?;
        }
    }
    Ok(())
}

fn owned<T: Clone>(row: &Stored<std::sync::Arc<T>>) -> Stored<T> {
    Stored { revision: row.revision, value: T::clone(&row.value) }
}
