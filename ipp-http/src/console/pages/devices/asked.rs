//! What the address of the devices page asks for.

use http::StatusCode;
use ipp_core::{
    access::Visible,
    device::smart_filter,
    region::Region,
    store::{DeviceFilter, DeviceSort, SearchField},
};
use serde::Deserialize;

use crate::{
    admin::endpoint::parse,
    console::{
        Visit,
        listing::{Address, Chip},
        messages::Messages,
    },
    problem::Problem,
};

/// By what the list can be sorted.
pub(super) const SORTS: &[(&str, DeviceSort)] = &[
    ("mac", DeviceSort::Mac),
    ("user", DeviceSort::User),
    ("region", DeviceSort::Region),
    ("model", DeviceSort::Model),
    ("last_seen", DeviceSort::LastSeen),
    ("status", DeviceSort::Status),
];

/// The parameters; what is empty asks for nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::console) struct Asked {
    pub(super) q: String,
    pub(super) user: String,
    pub(super) phone: String,
    pub(super) mac: String,
    pub(super) ip: String,
    pub(super) version: String,
    pub(super) model: Vec<String>,
    pub(super) status: Vec<String>,
    pub(super) region: Vec<String>,
    pub(super) approved: String,
    pub(super) shared: String,
    pub(super) sort: String,
    pub(super) after: String,
    pub(super) limit: String,
}

impl Asked {
    pub(super) fn read(visit: &Visit) -> Result<Self, Problem> {
        Ok(Self::tidy(visit.query()?))
    }

    /// The same of a text that was an address once.
    pub(in crate::console) fn of(query: &str) -> Result<Self, Problem> {
        let asked = serde_html_form::from_str(query);
        let wrong = |error| Problem::new(StatusCode::BAD_REQUEST, format!("The filter: {error}."));
        Ok(Self::tidy(asked.map_err(wrong)?))
    }

    fn tidy(mut asked: Self) -> Self {
        for list in [&mut asked.model, &mut asked.status, &mut asked.region] {
            list.retain(|value| !value.is_empty());
        }
        asked
    }

    pub(super) fn limit(&self) -> Result<Option<u32>, Problem> {
        (!self.limit.is_empty()).then(|| parse(&self.limit, "limit")).transpose()
    }

    /// The whole of it as an address.
    pub(super) fn address(&self, path: &str) -> Address {
        Address::at(path)
            .with("q", &self.q)
            .with("user", &self.user)
            .with("phone", &self.phone)
            .with("mac", &self.mac)
            .with("ip", &self.ip)
            .with("version", &self.version)
            .with_all("model", &self.model)
            .with_all("status", &self.status)
            .with_all("region", &self.region)
            .with("approved", &self.approved)
            .with("shared", &self.shared)
            .with("sort", &self.sort)
            .with("limit", &self.limit)
    }

    /// The filter. Regions that may not be seen have no name, and no devices.
    pub(in crate::console) fn filter(
        &self,
        visit: &Visit,
        visible: &Visible,
    ) -> Result<DeviceFilter, Problem> {
        let wrong = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        let mut filter = DeviceFilter::all();
        for (field, text) in [
            (SearchField::User, &self.user),
            (SearchField::Phone, &self.phone),
            (SearchField::Mac, &self.mac),
            (SearchField::Ip, &self.ip),
            (SearchField::Version, &self.version),
        ] {
            if !text.trim().is_empty() {
                filter = filter.with(field, text.trim());
            }
        }
        if !self.model.is_empty() {
            let models = self.model.iter().map(|model| parse(model, "model"));
            filter.models = Some(models.collect::<Result<_, _>>()?);
        }
        if !self.region.is_empty() {
            let regions = self.region.iter().map(|region| parse(region, "region"));
            filter.regions = Some(regions.collect::<Result<_, _>>()?);
        }
        if let [one] = &self.status[..]
            && one == "non-registered"
        {
            // The dashboard's figure: devices that were never seen are among them.
            filter.classes = Some(vec![ipp_core::status::StatusClass::NonRegistered]);
        } else if !self.status.is_empty() {
            let status = |word: &String| {
                smart_filter::status(word).ok_or_else(|| {
                    wrong(format!("Status `{word}`: one of registered, offline, disconnected."))
                })
            };
            filter.classes = Some(self.status.iter().map(status).collect::<Result<_, _>>()?);
            filter.seen = Some(true);
        }
        if !self.approved.is_empty() {
            let approved = smart_filter::approved(&self.approved);
            filter.admissions = Some(approved.ok_or_else(|| wrong("Approval is `yes` or `no`.".to_owned()))?);
        }
        filter.shared = !self.shared.is_empty();
        let snapshot = visit.app().snapshot();
        let region = |name: &str| {
            let found: Option<&Region> = snapshot.catalog.region_called(name);
            found.map(|region| region.id).filter(|id| visible.contains(Some(*id)))
        };
        smart_filter::parse(&self.q, filter, region).map_err(|error| wrong(error.to_string()))
    }

    /// One chip for each filter that is set.
    pub(super) fn chips(&self, visit: &Visit, t: &Messages, address: &Address) -> Vec<Chip> {
        let mut chips = Vec::new();
        for (name, label, value) in [
            ("q", "", &self.q),
            ("user", t.user, &self.user),
            ("phone", t.phone_number, &self.phone),
            ("mac", t.mac, &self.mac),
            ("ip", t.ip, &self.ip),
            ("version", t.firmware_version, &self.version),
        ] {
            if !value.is_empty() {
                chips.push(address.chip(t, name, value, label, value));
            }
        }
        for value in &self.model {
            chips.push(address.chip(t, "model", value, t.model, value));
        }
        for value in &self.status {
            let shown = match value.as_str() {
                "registered" => t.registered,
                "offline" => t.offline,
                "disconnected" => t.disconnected,
                "non-registered" => t.non_registered,
                other => other,
            };
            chips.push(address.chip(t, "status", value, t.status, shown));
        }
        let (snapshot, visible) =
            (visit.app().snapshot(), visit.who.person().map(|who| who.caller.visible()));
        for value in &self.region {
            let region =
                value.parse().ok().filter(|id| visible.as_ref().is_some_and(|seen| seen.contains(Some(*id))));
            let region = region.and_then(|id| snapshot.catalog.region(id));
            let shown = region.map_or_else(|| value.clone(), |region| region.name.to_string());
            chips.push(address.chip(t, "region", value, t.region, &shown));
        }
        if !self.approved.is_empty() {
            let shown = if self.approved == "no" { t.pending } else { t.approved };
            chips.push(address.chip(t, "approved", &self.approved, "", shown));
        }
        if !self.shared.is_empty() {
            chips.push(address.chip(t, "shared", &self.shared, "", t.several));
        }
        chips
    }
}
