//! Lines and events.

use super::{at, generation, job_id, mac, region_id, template_id};
use crate::{
    job::ItemState,
    log::{ActivityEntry, EventKind, LogLevel, LogText, Reported},
    outbound::CommandName,
    status::{Connectivity, Registration},
};

/// A line of the activity log.
pub fn line(level: LogLevel, number: i64) -> ActivityEntry {
    let text = LogText::of(&format!("line {number}"));
    ActivityEntry { at: at(number), level, region: None, mac: None, text }
}

/// A line in which every field says something.
pub fn full_line(level: LogLevel) -> ActivityEntry {
    ActivityEntry {
        at: at(1_700_000_000_321),
        level,
        region: Some(region_id(1)),
        mac: Some(mac(1)),
        text: LogText::of("„Zürich“ <b>\n\u{202e} '\"\\ 50 %"),
    }
}

/// An event of every kind, with all that it tells.
pub fn full_events() -> [EventKind; 6] {
    let said = |registration, connectivity| Reported { registration, connectivity };
    [
        EventKind::Status { from: None, to: said(Registration::Started, Connectivity::Connected) },
        EventKind::Status {
            from: Some(said(Registration::Other("„dnd“ '\"".to_owned()), Connectivity::Disconnected)),
            to: said(Registration::Offline, Connectivity::Connected),
        },
        EventKind::Fetched { status: 304, template: template_id(1), generation: generation(1).0 },
        EventKind::Firmware { name: "430HD.img".to_owned(), status: 206 },
        EventKind::StandIn { status: 200 },
        EventKind::Commanded {
            job: job_id(1),
            command: CommandName::RestartGraceful,
            became: ItemState::Unknown,
        },
    ]
}
