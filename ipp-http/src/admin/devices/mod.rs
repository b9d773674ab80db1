//! Devices.

pub(crate) mod approve;
pub(crate) mod approve_many;
pub(super) mod bulk;
pub(crate) mod clear_placeholder;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod delete_file;
pub(crate) mod delete_files;
pub(crate) mod delete_many;
pub(crate) mod download_file;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod file;
pub(crate) mod filter;
pub(crate) mod generate_many;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod move_many;
pub(crate) mod placeholders;
pub(crate) mod put_file;
pub(crate) mod release;
pub(crate) mod reveal;
pub(crate) mod revert;
pub(crate) mod set_placeholder;
pub(crate) mod update;
pub(super) mod vlan;

use ipp_core::{
    app::App,
    device::Device,
    status::Status,
    store::{AnyStore, DeviceRecord, PinRecord},
};
use serde::Serialize;
use utoipa::ToSchema;

use self::{file::WrittenDocument, vlan::VlanDocument};

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceDocument {
    /// Its id.
    id: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// The MAC address: twelve hexadecimal digits.
    mac: String,
    /// The name that people see.
    display_name: String,
    /// The model; absent while it is not known.
    model: Option<String>,
    /// Its user.
    user: Option<OwnerDocument>,
    /// The id of its region.
    region: Option<String>,
    /// Who chose the region: `administrator` or `phone`.
    region_origin: String,
    /// `pending`, `expected`, `enrolled` or `disabled`.
    admission: String,
    /// The id of the template that was chosen for it.
    template: Option<String>,
    /// The id of the firmware that was chosen for it.
    firmware: Option<String>,
    /// VLAN discovery.
    vlan: VlanDocument,
    /// The language of its screen, where it differs from the system's.
    language: Option<String>,
    /// Lines appended to its private file.
    lines: Vec<String>,
    /// A token that waits for a decision.
    request: Option<RequestDocument>,
    /// What it reported last; absent where it was never seen.
    status: Option<StatusDocument>,
    /// What is published for it.
    file: Option<FileDocument>,
    /// The file that people wrote and that stands in for it.
    written: Option<WrittenDocument>,
    /// When it was entered or first seen.
    created_at: String,
}

/// The user of a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerDocument {
    id: String,
    name: String,
    display_name: String,
    /// `administrator` or `sign_in`; secrets are released to the former alone.
    bound_by: String,
}

/// A token that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestDocument {
    /// From where it was presented.
    peer: String,
    /// When, last.
    at: String,
}

/// What a phone reported last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusDocument {
    /// `started`, `registered`, `unregistered`, `offline`, or what else it said.
    registration: String,
    /// `connected` or `disconnected`.
    connectivity: String,
    /// `registered`, `non_registered` or `disconnected`.
    class: String,
    last_seen: String,
    /// When the status changed last.
    changed_at: String,
    /// From where it reported.
    peer: String,
    /// Whether it came through the SBC HTTP proxy.
    proxied: bool,
    ip: String,
    subnet: String,
    vlan_id: String,
    model: String,
    firmware_version: String,
    user_agent: String,
    user_name: String,
    phone_number: String,
    location: String,
    sip_proxy: String,
}

/// A published file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileDocument {
    /// Counts the published files of the device from 1.
    number: u64,
    /// Whether it is what the phone gets.
    current: bool,
    /// When it was published.
    published_at: String,
    /// Its length in bytes.
    length: u32,
    /// Whether it is out of date; absent where that is not known.
    stale: Option<bool>,
}

impl DeviceDocument {
    fn of(app: &App<AnyStore>, record: &DeviceRecord) -> Self {
        let device: &Device = &record.device.value;
        let owner = device.owner.zip(record.owner.as_ref());
        let text = |value: Option<&dyn ToString>| value.map(ToString::to_string);
        Self {
            id: device.id.to_string(),
            revision: record.device.revision.0,
            mac: device.mac.to_string(),
            display_name: device.display_name.to_string(),
            model: text(device.model.as_ref().map(|value| value as _)),
            user: owner.map(|(owner, user)| OwnerDocument {
                id: user.id.to_string(),
                name: user.name.to_string(),
                display_name: user.display_name.to_string(),
                bound_by: super::word(owner.bound_by),
            }),
            region: text(device.region.as_ref().map(|value| value as _)),
            region_origin: super::word(device.region_origin),
            admission: super::word(device.admission),
            template: text(device.template.as_ref().map(|value| value as _)),
            firmware: text(device.firmware.as_ref().map(|value| value as _)),
            vlan: VlanDocument::of(device.vlan),
            language: device.language.as_ref().map(|language| language.as_str().to_owned()),
            lines: device.lines.iter().map(|line| line.as_str().to_owned()).collect(),
            request: device.request.as_ref().map(|request| RequestDocument {
                peer: request.peer.to_string(),
                at: request.at.to_string(),
            }),
            status: record.status.as_ref().map(StatusDocument::of),
            file: record.pin.as_ref().map(|pin| FileDocument::of(pin, app.is_stale(record))),
            written: record.stand_in.as_ref().map(WrittenDocument::of),
            created_at: device.created_at.to_string(),
        }
    }
}

impl StatusDocument {
    fn of(status: &Status) -> Self {
        let details = status.details.clone();
        Self {
            registration: status.registration.to_string(),
            connectivity: super::word(status.connectivity),
            class: super::word(status.class()),
            last_seen: status.last_seen.to_string(),
            changed_at: status.changed_at.to_string(),
            peer: status.peer.to_string(),
            proxied: status.proxied,
            ip: details.ip,
            subnet: details.subnet,
            vlan_id: details.vlan_id,
            model: details.model,
            firmware_version: details.firmware_version,
            user_agent: details.user_agent,
            user_name: details.user_name,
            phone_number: details.phone_number,
            location: details.location,
            sip_proxy: details.sip_proxy,
        }
    }
}

impl FileDocument {
    fn of(pin: &PinRecord, stale: Option<bool>) -> Self {
        Self {
            number: pin.number,
            current: pin.current,
            published_at: pin.pin.published_at.to_string(),
            length: pin.pin.length,
            stale,
        }
    }
}
