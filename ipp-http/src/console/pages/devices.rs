//! Devices Status: all devices that may be seen, filtered and sorted by the address (DEV-01 to DEV-26).

mod asked;

use askama::Template;
use http::StatusCode;
use ipp_core::store::{DeviceRecord, Page};

pub(super) use self::asked::Asked;
use super::actions::{Offer, offers};
use crate::{
    admin::{page as pages, place},
    console::{
        Reply, Visit,
        frame::{self, Choice, Frame},
        listing::{self, Chip, Column, choices},
        markup::{self, Html},
        messages::fill,
        visit::render,
    },
};

#[derive(Template)]
#[template(path = "console/devices.html")]
struct DevicesPage {
    f: Frame,
    asked: Asked,
    columns: Vec<Column>,
    rows: Vec<Row>,
    chips: Vec<Chip>,
    wrong: Option<String>,
    shown: String,
    next: Option<String>,
    first: Option<String>,
    clear: String,
    statuses: Vec<Choice>,
    models: Vec<Choice>,
    approvals: Vec<Choice>,
    regions: Vec<Choice>,
    sizes: Vec<Choice>,
    /// What may be done to those that are ticked.
    offers: Vec<Offer>,
    /// All that match, as an address.
    everything: String,
}

/// A device as lists show it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) state: Html,
    pub(super) user: String,
    pub(super) phone_number: String,
    pub(super) mac: String,
    pub(super) ip: String,
    pub(super) model: String,
    pub(super) version: String,
    pub(super) seen: Html,
    pub(super) changed: Html,
    pub(super) location: String,
    pub(super) subnet: String,
    pub(super) vlan: String,
    pub(super) region: String,
    pub(super) stale: bool,
    /// Whether it waits, and this person may approve it.
    pub(super) waits: bool,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let asked = Asked::read(&visit)?;
    let t = crate::console::messages::ENGLISH;
    let mut f = visit.frame(t.devices_status);
    f.sought.clone_from(&asked.q);
    let address = asked.address(&f.path);
    let found = find(&visit, &asked).await;
    let (rows, next, wrong, status) = match found {
        Ok((rows, next)) => {
            let next = next.map(|next| address.set("after", &next).text());
            (rows.iter().map(|record| row(&visit, &f, record)).collect(), next, None, StatusCode::OK)
        }
        Err(problem) if problem.status().is_client_error() => {
            (Vec::new(), None, Some(problem.detail().to_owned()), problem.status())
        }
        Err(problem) => return Err(problem),
    };
    let first = (!asked.after.is_empty()).then(|| address.set("after", "").text());
    let shown = match (&next, &first) {
        (Some(_), _) => fill(t.shown_some, &[&rows.len()]),
        (None, Some(_)) => fill(t.shown_last, &[&rows.len()]),
        (None, None) => fill(t.shown_all, &[&rows.len()]),
    };
    let from_start = address.set("after", "");
    let column = |title, by| from_start.column(title, by, &asked.sort);
    let columns = vec![
        column(t.status, "status"),
        column(t.user, "user"),
        column(t.phone_number, ""),
        column(t.mac, "mac"),
        column(t.ip, ""),
        column(t.model, "model"),
        column(t.firmware_version, ""),
        column(t.report_time, "last_seen"),
        column(t.last_update, ""),
        column(t.region, "region"),
        column(t.location, ""),
        column(t.subnet, ""),
        column(t.vlan_id, ""),
    ];
    let word = |value: &str, title: &str| (value.to_owned(), title.to_owned());
    let statuses = choices(
        [word("registered", t.registered), word("offline", t.offline), word("disconnected", t.disconnected)],
        asked.status.first().map_or("", String::as_str),
    );
    let approvals = choices([word("yes", t.approved), word("no", t.pending)], &asked.approved);
    let snapshot = visit.app().snapshot();
    let models = snapshot.catalog.models().map(|model| word(model.id.as_str(), model.title.as_str()));
    let models = choices(models, asked.model.first().map_or("", String::as_str));
    let chosen: Vec<_> = asked.region.iter().filter_map(|id| id.parse().ok()).collect();
    let regions = frame::regions(&visit, &chosen);
    let size = if asked.limit.is_empty() { "50" } else { &asked.limit };
    let sizes = choices(["25", "50", "100", "200", "500"].map(|size| word(size, size)), size);
    let chips = asked.chips(&visit, t, &from_start);
    let clear = f.path.clone();
    let everything = from_start.query();
    let page = DevicesPage {
        offers: offers(&visit),
        everything,
        f,
        asked,
        columns,
        rows,
        chips,
        wrong,
        shown,
        next,
        first,
        clear,
        statuses,
        models,
        approvals,
        regions,
        sizes,
    };
    Ok(render(&page, status))
}

type Found = (Vec<DeviceRecord>, Option<String>);

async fn find(visit: &Visit, asked: &Asked) -> Result<Found, crate::problem::Problem> {
    let admin = visit.admin()?;
    let filter = asked.filter(visit, &admin.caller().visible())?;
    let sorted = place::order(Some(asked.sort.as_str()).filter(|sort| !sort.is_empty()), asked::SORTS)?;
    let limit = pages::limit(asked.limit()?)?;
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty()).map(place::read).transpose()?;
    let rows = admin.devices(filter, sorted, Page { after, limit }).await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| place::written(&row.at));
    Ok((rows.into_iter().map(|listed| listed.row).collect(), next))
}

/// A device as lists show it. What it reported counts where the catalogue says nothing.
pub(super) fn row(visit: &Visit, f: &Frame, record: &DeviceRecord) -> Row {
    let device = &record.device.value;
    let details = record.status.as_ref().map(|status| &status.details);
    let told = |text: fn(&ipp_core::status::ReportDetails) -> &String| {
        details.map_or_else(String::new, |details| text(details).clone())
    };
    let snapshot = visit.app().snapshot();
    let region = device.region.and_then(|id| snapshot.catalog.region(id));
    let model = device.model.as_ref().map_or_else(|| told(|details| &details.model), ToString::to_string);
    // A phone for Lync that is signed out shows no user (DASH-10).
    let user = record.owner.as_ref().map_or_else(String::new, |owner| owner.name.to_string());
    Row {
        id: device.id.to_string(),
        href: format!("{}/devices/{}", f.base, device.id),
        state: markup::state(f.icons(), f.t, record),
        user,
        phone_number: told(|details| &details.phone_number),
        mac: device.mac.to_string(),
        ip: told(|details| &details.ip),
        model,
        version: told(|details| &details.firmware_version),
        seen: record.status.as_ref().map(|status| f.ago(status.last_seen)).unwrap_or_default(),
        changed: record.status.as_ref().map(|status| f.ago(status.changed_at)).unwrap_or_default(),
        location: told(|details| &details.location),
        subnet: told(|details| &details.subnet),
        vlan: told(|details| &details.vlan_id),
        region: region.map_or_else(String::new, |region| region.name.to_string()),
        stale: visit.app().is_stale(record) == Some(true),
        waits: super::approve::waits(visit, record),
    }
}

impl DevicesPage {
    fn arrow(&self, column: &Column) -> Html {
        listing::arrow(self.f.icons(), column.sorted)
    }

    /// Whether the fields are shown from the start.
    fn open(&self) -> bool {
        self.wrong.is_some()
    }
}
