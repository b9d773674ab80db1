//! Writes as data.

use std::{fmt, sync::Arc};

use super::{
    audit::AuditEntry,
    job::JobChange,
    log::{LogChange, Prune},
    query::Pin,
    request::{Answer, Claim},
    run::RunNote,
};
use crate::{
    alarm::AlarmMessage,
    catalog::{CatalogRevision, RowRevision, SharedScope},
    cfg::{FileInfo, FileKey, SharedFile},
    device::Device,
    digest::Fingerprint,
    firmware::Firmware,
    generation::{GenerationId, Part},
    id::{ApiTokenId, DeviceId, FirmwareId, NodeId, OperatorId, RegionId, TemplateId, UserId},
    operator::{ApiToken, Operator, Session, Subject},
    phone_model::{ModelId, PhoneModel},
    placeholder::{PlaceholderName, ScopedValue},
    region::Region,
    settings::Settings,
    status::{StatusReport, silence::Uptime},
    template::{Published, Template},
    text::CfgName,
    time::Timestamp,
    user::User,
    vault::Sealed,
};

/// A write. Applied whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// What must be so for the batch to apply.
    pub expect: Vec<Expect>,
    /// The changes, applied in order.
    pub changes: Vec<Change>,
    /// What is noted in the audit log.
    pub audit: Vec<AuditEntry>,
}

/// The largest number of changes in one batch.
pub const MAX_CHANGES: usize = 100_000;

impl Batch {
    /// A batch that makes one change and expects nothing.
    pub fn of(change: impl Into<Change>) -> Self {
        Self { changes: vec![change.into()], ..Self::default() }
    }

    /// Adds a change.
    #[must_use]
    pub fn and(mut self, change: impl Into<Change>) -> Self {
        self.changes.push(change.into());
        self
    }

    /// Adds an expectation.
    #[must_use]
    pub fn expecting(mut self, row: Row, state: Expected) -> Self {
        self.expect.push(Expect { row, state });
        self
    }

    /// Adds an entry of the audit log.
    #[must_use]
    pub fn noting(mut self, entry: AuditEntry) -> Self {
        self.audit.push(entry);
        self
    }

    /// Whether the batch is nothing but status reports, which expect nothing, cannot fail, and may
    /// be merged with those of other batches.
    pub fn is_status_only(&self) -> bool {
        let status = |change: &Change| matches!(change, Change::Status(StatusChange::Report(_)));
        self.expect.is_empty() && self.audit.is_empty() && self.changes.iter().all(status)
    }
}

/// Something that must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The row.
    pub row: Row,
    /// Its state.
    pub state: Expected,
}

/// A row that an expectation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the row of the thing it names")]
pub enum Row {
    Settings,
    Region(RegionId),
    Model(ModelId),
    Template(TemplateId),
    Firmware(FirmwareId),
    Placeholder(SharedScope, PlaceholderName),
    User(UserId),
    Device(DeviceId),
    Operator(OperatorId),
    File(FileKey),
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings => f.write_str("the settings"),
            Self::Region(id) => write!(f, "region {id}"),
            Self::Model(id) => write!(f, "phone model {id}"),
            Self::Template(id) => write!(f, "template {id}"),
            Self::Firmware(id) => write!(f, "firmware {id}"),
            Self::Placeholder(_, name) => write!(f, "{}", name.token()),
            Self::User(id) => write!(f, "user {id}"),
            Self::Device(id) => write!(f, "device {id}"),
            Self::Operator(id) => write!(f, "account {id}"),
            Self::File(FileKey::Device(id)) => write!(f, "the file of device {id}"),
            Self::File(FileKey::Shared(name)) => write!(f, "file {name}"),
        }
    }
}

/// The state that a row must be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is a row, of this revision.
    Revision(RowRevision),
    /// There is no row.
    Absent,
}

/// One change. Putting a row that is there replaces it; deleting one that is not is no error.
#[derive(Debug, Clone)]
pub enum Change {
    /// Changes the catalogue.
    Catalog(CatalogChange),
    /// Puts a user.
    PutUser(Box<User>),
    /// Deletes a user; refused while a device refers to it.
    DeleteUser(UserId),
    /// Changes a device.
    Device(DeviceChange),
    /// Changes the status of a device.
    Status(StatusChange),
    /// Raises or clears an alarm. Conditional: skipped where the device is gone.
    Alarm(AlarmMessage),
    /// Stores the parts of a generation; those that are there already stay.
    PutGeneration(GenerationId, Arc<[Part]>),
    /// Changes what is published for a device.
    Pin(PinChange),
    /// Changes an administrator's account, a session or a token.
    Account(AccountChange),
    /// Keeps the answers to requests that may be repeated.
    Request(RequestChange),
    /// Notes until when a node was able to receive; `from` tells one run of the node from another.
    Heartbeat(NodeId, Uptime),
    /// Notes that the batch belongs to a run, which counts what the batch publishes under its id.
    Run(RunNote),
    /// Seals what has no revision of its own anew, under another key. Conditional: skipped where the
    /// place does not hold what was opened any more.
    Reseal(Reseal),
    /// Writes into the logs.
    Log(LogChange),
    /// Notes that a target of alarms was told of the events up to that number. Conditional: skipped where
    /// it was told of as many already.
    Told(String, u64),
    /// Takes out what is out of date.
    Prune(Prune),
    /// Changes a job.
    Job(JobChange),
}

/// A sealed value that takes the place of another of the same plain text (A4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reseal {
    /// Where it stands.
    pub place: SealedPlace,
    /// What stood there.
    pub formerly: Sealed,
    /// What is to stand there.
    pub sealed: Sealed,
}

/// Where a sealed value stands that has no revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedPlace {
    /// The secrets of a device's published file with this number.
    Pin(DeviceId, u64),
    /// The answer to the request with this key.
    Answer(Fingerprint),
}

/// A change of what every node keeps in memory; each gives the catalogue its next revision.
#[derive(Debug, Clone)]
pub enum CatalogChange {
    /// Replaces the settings.
    Settings(Box<Settings>),
    /// Puts a region.
    PutRegion(Box<Region>),
    /// Deletes a region; refused while anything refers to it (REG-10).
    DeleteRegion(RegionId),
    /// Puts a phone model.
    PutModel(PhoneModel),
    /// Deletes a phone model; refused while anything refers to it.
    DeleteModel(ModelId),
    /// Puts a template. What is published of one that is there already stays as it is.
    PutTemplate(Box<Template>),
    /// Deletes a template; refused while a device refers to it. Published files keep their copy.
    DeleteTemplate(TemplateId),
    /// Points a template at what was published of it. Conditional: skipped where the template is
    /// gone.
    PublishTemplate(TemplateId, Published),
    /// Sets a placeholder at a scope above the device, or takes it out.
    Placeholder(SharedScope, PlaceholderName, Option<ScopedValue>),
    /// Puts a firmware entry.
    PutFirmware(Box<Firmware>),
    /// Deletes a firmware entry; refused while a region or a device refers to it.
    DeleteFirmware(FirmwareId),
    /// Puts a configuration file that phones share, with its sealed text.
    PutFile(Box<SharedFile>, Sealed),
    /// Deletes a configuration file that phones share.
    DeleteFile(CfgName),
}

impl From<JobChange> for Change {
    fn from(change: JobChange) -> Self {
        Self::Job(change)
    }
}

impl From<CatalogChange> for Change {
    fn from(change: CatalogChange) -> Self {
        Self::Catalog(change)
    }
}

/// A change of a device.
#[derive(Debug, Clone)]
pub enum DeviceChange {
    /// Puts a device.
    Put(Box<Device>),
    /// Deletes a device with its status, alarms and published files.
    Delete(DeviceId),
    /// Deletes pending devices, the longest silent first, until at most this many are left.
    EvictPending(u32),
}

/// A change of the status of a device.
#[derive(Debug, Clone)]
pub enum StatusChange {
    /// A report. Conditional: skipped where the device is gone or the report is not newer.
    Report(Box<StatusReport>),
    /// The phone has been silent for too long. Conditional: skipped where it was seen since.
    Disconnect {
        /// The phone.
        device: DeviceId,
        /// When it was last seen, as the decision knew it.
        last_seen: Timestamp,
        /// When the decision was made.
        at: Timestamp,
    },
    /// Removes the phone from the status table; its next report brings it back (AMB-18).
    Forget(DeviceId),
}

/// A change of what is published for a device.
#[derive(Debug, Clone)]
pub enum PinChange {
    /// Publishes; the last five are kept. Conditional: skipped where the device is gone, or has
    /// changed since the file was made: a file with a former token would lock the phone out.
    Publish(Box<Pin>),
    /// Goes back to a former one that is kept. Conditional: skipped where it is not.
    Revert {
        /// The device.
        device: DeviceId,
        /// The number of the former one.
        number: u64,
    },
    /// Puts a file that people wrote in the place of the rendered one, until it is taken away. What is
    /// published meanwhile waits behind it. Conditional: skipped where the device is gone.
    StandIn {
        /// The device.
        device: DeviceId,
        /// What is known of the file.
        info: Box<FileInfo>,
        /// Its text, sealed.
        text: Sealed,
    },
    /// Takes such a file away. Conditional: skipped where there is none.
    Resume(DeviceId),
    /// Takes back what is published, the former files with it. Conditional: skipped where nothing is.
    Withdraw(DeviceId),
}

impl PinChange {
    /// The device that it is about.
    pub const fn device(&self) -> DeviceId {
        match self {
            Self::Publish(pin) => pin.device,
            Self::Revert { device, .. }
            | Self::StandIn { device, .. }
            | Self::Resume(device)
            | Self::Withdraw(device) => *device,
        }
    }
}

/// A change of an administrator's account, a session or a token.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// Puts an account. Refused where no enabled Super Administrator would be left (C37).
    PutOperator(Box<Operator>),
    /// Deletes an account with its sessions and tokens. Refused likewise.
    DeleteOperator(OperatorId),
    /// Begins a session.
    PutSession(Session),
    /// Notes the last use of a session. Conditional: skipped where it has ended or was used since.
    TouchSession(Fingerprint, Timestamp),
    /// Ends a session.
    EndSession(Fingerprint),
    /// Ends all sessions of somebody, but the one that is named.
    EndSessions(Subject, Option<Fingerprint>),
    /// Forgets sessions that are over: not used since the first time, or begun before the second.
    PruneSessions(Timestamp, Timestamp),
    /// Puts an API token.
    PutToken(Box<ApiToken>),
    /// Notes the last use of a token. Conditional: skipped where it is gone or was used since.
    UseToken(ApiTokenId, Timestamp),
    /// Deletes an API token.
    DeleteToken(ApiTokenId),
}

/// A change of the answers that are kept for requests that may be repeated (C27).
#[derive(Debug, Clone)]
pub enum RequestChange {
    /// Takes the key of a request. Conditional: skipped where it is taken.
    Claim(Claim),
    /// Keeps the answer. Conditional: skipped where the key is not taken.
    Settle(Fingerprint, Answer),
    /// Frees the key of a request that did nothing.
    Release(Fingerprint),
    /// Forgets requests from before that time.
    Prune(Timestamp),
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// The revision of the catalogue after the batch.
    pub catalog: CatalogRevision,
    /// The positions of conditional changes that were skipped.
    pub skipped: Vec<usize>,
}
