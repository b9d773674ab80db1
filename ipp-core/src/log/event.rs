//! What happened to one phone, as far as no other row tells it: changes of its status, and what it
//! fetched. What administrators did stands in the audit log, and what was published in its files.

use serde::{Deserialize, Serialize};

use crate::{
    generation::GenerationId,
    id::{DeviceId, JobId, TemplateId},
    job::ItemState,
    outbound::CommandName,
    status::{Connectivity, Registration, Status},
    time::Timestamp,
};

/// How many events of a phone are kept.
pub const KEPT_EVENTS: usize = 200;

/// Something that happened to a phone. An event like the one before it is the same event once more, so
/// that no phone pushes its own history out by doing one thing again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceEvent {
    /// The phone.
    pub device: DeviceId,
    /// What.
    pub kind: EventKind,
    /// When it happened first.
    pub first_at: Timestamp,
    /// When it happened last.
    pub at: Timestamp,
    /// How often.
    pub count: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Registration or connectivity changed; from nothing where the phone was never seen.
    Status {
        /// What they were.
        from: Option<Reported>,
        /// What they are.
        to: Reported,
    },
    /// The phone fetched its own configuration file.
    Fetched {
        /// The HTTP status: 200, 206 or 304.
        status: u16,
        /// The template that it was made from.
        template: TemplateId,
        /// The generation that it was made from.
        generation: GenerationId,
    },
    /// The phone fetched firmware.
    Firmware {
        /// Under that name.
        name: String,
        /// The HTTP status.
        status: u16,
    },
    /// A job commanded the phone, or could not.
    Commanded {
        /// The job.
        job: JobId,
        /// The command.
        command: CommandName,
        /// What became of it.
        became: ItemState,
    },
    /// The phone fetched the file that stands in for what is published for it.
    StandIn {
        /// The HTTP status: 200, 206 or 304.
        status: u16,
    },
}

/// Registration and connectivity at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// What the phone said.
    pub registration: Registration,
    /// Whether it reports.
    pub connectivity: Connectivity,
}

impl DeviceEvent {
    /// Something that happened once.
    pub const fn once(device: DeviceId, kind: EventKind, at: Timestamp) -> Self {
        Self { device, kind, first_at: at, at, count: 1 }
    }

    /// The change from one status to the next, where it is one.
    pub fn between(device: DeviceId, before: Option<&Status>, after: &Status, at: Timestamp) -> Option<Self> {
        let (from, to) = (before.map(Reported::of), Reported::of(after));
        (from.as_ref() != Some(&to)).then(|| Self::once(device, EventKind::Status { from, to }, at))
    }

    /// Whether the other is the same once more.
    pub fn is_like(&self, other: &Self) -> bool {
        self.device == other.device && self.kind == other.kind
    }

    /// The two as one.
    #[must_use]
    pub fn and(self, again: &Self) -> Self {
        Self {
            first_at: self.first_at.min(again.first_at),
            at: self.at.max(again.at),
            count: self.count.saturating_add(again.count),
            ..self
        }
    }
}

impl Reported {
    /// That of a status.
    pub fn of(status: &Status) -> Self {
        Self { registration: status.registration.clone(), connectivity: status.connectivity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_again_is_counted() {
        let at = Timestamp::from_millis;
        let kind = EventKind::Firmware { name: "430HD.img".to_owned(), status: 206 };
        let event = |millis| DeviceEvent::once(DeviceId::from_bytes([1; 16]), kind.clone(), at(millis));
        assert!(event(1).is_like(&event(9)));
        let both = event(5).and(&event(9)).and(&event(2));
        assert_eq!((both.first_at, both.at, both.count), (at(2), at(9), 3));
    }
}
