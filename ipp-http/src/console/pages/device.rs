//! One device: its status, its file, its alarms, and what happened to it.

use askama::Template;
use ipp_core::{
    id::DeviceId,
    store::{AlarmFilter, Page, PinRecord},
};

use super::{
    actions::{Offer, offers},
    devices::{Row, row},
};
use crate::console::{
    Reply, Visit,
    frame::Frame,
    markup::{self, Html},
    messages::{ENGLISH, fill},
    visit::page,
};
use crate::route::ConsoleOperation;

/// How many alarms and events are shown.
const ALARMS: u32 = 10;
const EVENTS: u32 = 100;

#[derive(Template)]
#[template(path = "console/device.html")]
struct DevicePage {
    f: Frame,
    row: Row,
    display_name: String,
    /// Label and value of what the phone reported.
    facts: Vec<(&'static str, String)>,
    entered: Html,
    web_admin: Option<String>,
    file: Option<File>,
    written: bool,
    alarms: Vec<(Html, String, String, Html)>,
    events: Vec<(Html, String, String)>,
    /// What may be done to it.
    offers: Vec<Offer>,
    edits: bool,
}

#[derive(Debug)]
struct File {
    number: u64,
    size: String,
    at: Html,
    stale: bool,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let id: DeviceId = visit.id()?;
    let admin = visit.admin()?;
    let record = admin.device(id).await?;
    let filter = AlarmFilter { device: Some(id), ..AlarmFilter::default() };
    let alarms = admin.alarms(filter, Page { after: None, limit: ALARMS }).await?;
    let events = admin.device_events(id, Page { after: None, limit: EVENTS }).await?;
    let t = ENGLISH;
    let device = &record.device.value;
    let list = visit.frame("").base + "/devices";
    let f = visit.frame(device.mac.to_string()).below(t.devices_status, list);
    let facts = record.status.as_ref().map_or_else(Vec::new, |status| {
        let details = &status.details;
        vec![
            (t.ip, details.ip.clone()),
            (t.subnet, details.subnet.clone()),
            (t.vlan_id, details.vlan_id.clone()),
            (t.address, status.peer.to_string()),
            (t.firmware_version, details.firmware_version.clone()),
            (t.phone_number, details.phone_number.clone()),
            (t.location, details.location.clone()),
            (t.sip_proxy, details.sip_proxy.clone()),
            (t.user_agent, details.user_agent.clone()),
        ]
    });
    let file = record.pin.as_ref().map(|PinRecord { number, pin, .. }| File {
        number: *number,
        size: fill(t.bytes, &[&pin.length]),
        at: f.ago(pin.published_at),
        stale: visit.app().is_stale(&record) == Some(true),
    });
    let alarm = |record: ipp_core::store::AlarmRecord| {
        let at = f.ago(record.alarm.last_action_at);
        (markup::severity(t, record.alarm.severity), record.alarm.key.name, record.alarm.key.qualifier, at)
    };
    let event = |event: &ipp_core::app::admin::device_events::Happened| {
        let times = if event.count > 1 { fill(t.event_times, &[&event.count]) } else { String::new() };
        (f.ago(event.place.at), event.what.to_string(), times)
    };
    // The address that it reports from, never one that it says (A7).
    let web_admin = record.status.as_ref().filter(|status| !status.proxied).map(|status| match status.peer {
        std::net::IpAddr::V4(address) => format!("https://{address}/"),
        std::net::IpAddr::V6(address) => format!("https://[{address}]/"),
    });
    Ok(page(&DevicePage {
        row: row(&visit, &f, &record),
        display_name: device.display_name.to_string(),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        entered: f.ago(device.created_at),
        web_admin,
        file,
        written: record.stand_in.is_some(),
        alarms: alarms.into_iter().map(alarm).collect(),
        events: events.iter().map(event).collect(),
        offers: offers(&visit),
        edits: visit.may(ConsoleOperation::EditDevice),
        f,
    }))
}
