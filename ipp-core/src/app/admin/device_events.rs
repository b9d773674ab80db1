//! What happened to one device: its own events, and what other rows tell of it, as one list.

use std::fmt;

use crate::{
    access::{Capability, Visible},
    app::{AppError, admin::Admin, report::subject},
    catalog::Catalog,
    device::Device,
    generation::GenerationId,
    id::{DeviceId, JobId, TemplateId},
    job::ItemState,
    log::{DeviceEvent, EventKind, Reported, event::KEPT_EVENTS},
    outbound::CommandName,
    status::Connectivity,
    store::{AuditFilter, AuditRecord, Order, Page, PinRecord, Store},
    text::TemplateName,
    time::Timestamp,
};

/// Something that happened to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// Where it stands in the list.
    pub place: EventPlace,
    /// When it happened first, where it happened more than once.
    pub first_at: Timestamp,
    /// How often.
    pub count: u32,
    /// What.
    pub what: What,
}

/// The place of an event: the latest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// When it happened last.
    pub at: Timestamp,
    /// Tells events of one moment apart, in the order in which one follows from the other.
    pub key: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A job commanded it, or could not.
    Commanded {
        /// The job.
        job: JobId,
        /// The command.
        command: CommandName,
        /// What became of it.
        became: ItemState,
    },
    /// The device was entered, or reported for the first time.
    Made,
    /// Registration or connectivity changed; from nothing where it was never seen.
    Status(Option<Reported>, Reported),
    /// It fetched its own file.
    Fetched {
        /// The HTTP status.
        status: u16,
        /// The template, where it is there and may be seen.
        template: Option<TemplateName>,
        /// What it was made from.
        generation: GenerationId,
    },
    /// It fetched firmware.
    Firmware {
        /// Under that name.
        name: String,
        /// The HTTP status.
        status: u16,
    },
    /// It fetched the file that stands in for its own.
    StandIn {
        /// The HTTP status.
        status: u16,
    },
    /// A file was published for it.
    Published {
        /// The number of the file.
        number: u64,
        /// The template, where it is there and may be seen.
        template: Option<TemplateName>,
        /// What it is made from.
        generation: GenerationId,
    },
    /// Something was done to it, and noted in the audit log.
    Done {
        /// By whom.
        actor: String,
        /// What.
        action: String,
        /// To what.
        subject: String,
    },
}

impl<S: Store> Admin<'_, S> {
    /// The last events of a device, the latest first, at most 200 in all. What was done to it while it was
    /// in a region that may not be seen is not among them.
    pub async fn device_events(
        &self,
        id: DeviceId,
        page: Page<EventPlace>,
    ) -> Result<Vec<Happened>, AppError> {
        let record = self.device_to(Capability::View, id).await?;
        let device = &record.device.value;
        let snapshot = self.app.snapshot();
        let template = |id: TemplateId| name_of(&snapshot.catalog, &self.caller.visible(), id);
        let store = self.app.store();
        let mut events = vec![made(device)];
        events.extend(store.device_events(id).await?.into_iter().map(|event| stored(event, template)));
        events.extend(store.pins(id).await?.iter().map(|pin| published(pin, template)));
        // A device that had this address before is another device (C28).
        let filter = AuditFilter {
            subject: Some(subject(device)),
            since: Some(device.created_at),
            ..AuditFilter::all()
        };
        let limit = u32::try_from(KEPT_EVENTS).unwrap_or(u32::MAX);
        let visible = self.caller.visible();
        let noted = store.audit(&filter, Order::Descending, Page::first(limit)).await?;
        let noted = noted.into_iter().filter(|record| visible.contains(record.entry.region));
        events.extend(noted.map(done));
        events.sort_by(|one, other| other.place.cmp(&one.place));
        events.truncate(KEPT_EVENTS);
        events.retain(|event| page.after.as_ref().is_none_or(|after| event.place < *after));
        events.truncate(page.limit as usize);
        Ok(events)
    }
}

fn happened(at: Timestamp, key: String, what: What) -> Happened {
    Happened { place: EventPlace { at, key }, first_at: at, count: 1, what }
}

fn made(device: &Device) -> Happened {
    happened(device.created_at, "0 made".to_owned(), What::Made)
}

fn stored(event: DeviceEvent, template: impl Fn(TemplateId) -> Option<TemplateName>) -> Happened {
    let DeviceEvent { device: _, kind, first_at, at, count } = event;
    // The same thing is not there twice at one moment: it would be counted.
    let key = format!("3 event {}", serde_json::to_string(&kind).unwrap_or_default());
    let what = match kind {
        EventKind::Status { from, to } => What::Status(from, to),
        EventKind::Fetched { status, template: id, generation } => {
            What::Fetched { status, template: template(id), generation }
        }
        EventKind::Firmware { name, status } => What::Firmware { name, status },
        EventKind::StandIn { status } => What::StandIn { status },
        EventKind::Commanded { job, command, became } => What::Commanded { job, command, became },
    };
    Happened { first_at, count, ..happened(at, key, what) }
}

fn published(record: &PinRecord, template: impl Fn(TemplateId) -> Option<TemplateName>) -> Happened {
    let PinRecord { number, current: _, pin } = record;
    let (template, generation) = (template(pin.template), pin.generation);
    let what = What::Published { number: *number, template, generation };
    happened(pin.published_at, format!("2 file {number:020}"), what)
}

fn done(record: AuditRecord) -> Happened {
    let AuditRecord { number, entry, hash: _ } = record;
    let what = What::Done { actor: entry.actor, action: entry.action, subject: entry.subject };
    happened(entry.at, format!("1 noted {number:020}"), what)
}

/// A template's name, where it is there and of no region that may not be seen.
fn name_of(catalog: &Catalog, visible: &Visible, id: TemplateId) -> Option<TemplateName> {
    let template = catalog.template(id)?;
    let seen = template.region.is_none_or(|region| visible.contains(Some(region)));
    seen.then(|| template.name.clone())
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = |f: &mut fmt::Formatter<'_>, template: &Option<TemplateName>| match template {
            Some(template) => write!(f, ", from template {template}"),
            None => Ok(()),
        };
        match self {
            Self::Made => f.write_str("entered, or seen for the first time"),
            Self::Status(None, to) => write!(f, "the first report: {}", to.registration),
            Self::Status(Some(was), to) => match (was.connectivity, to.connectivity) {
                (Connectivity::Connected, Connectivity::Disconnected) => {
                    write!(f, "disconnected: silent for too long; it was {}", was.registration)
                }
                (Connectivity::Disconnected, Connectivity::Connected) => {
                    write!(f, "connected again: {}", to.registration)
                }
                (Connectivity::Connected, Connectivity::Connected)
                | (Connectivity::Disconnected, Connectivity::Disconnected) => {
                    write!(f, "{} after {}", to.registration, was.registration)
                }
            },
            Self::Fetched { status, template, generation: _ } => {
                write!(f, "fetched its configuration file ({status})")?;
                from(f, template)
            }
            Self::Firmware { name, status } => write!(f, "fetched firmware {name} ({status})"),
            Self::StandIn { status } => write!(f, "fetched the file that was written for it ({status})"),
            Self::Published { number, template, generation: _ } => {
                write!(f, "file {number} was published")?;
                from(f, template)
            }
            Self::Commanded { job: _, command, became } => {
                write!(f, "command {command}: {}", became.word())
            }
            Self::Done { actor, action, subject } => write!(f, "{actor}: {action} {subject}"),
        }
    }
}
