//! The devices that may be seen, filtered, sorted, in pages (DEV-01 to DEV-14, DEV-43).

use ipp_core::store::{DeviceSort, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{DeviceDocument, filter::FilterDocument};
use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing},
        page::limit,
        place,
    },
    problem::Problem,
};

/// Which devices, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Devices {
    /// Typed words such as `user:maria status:offline`; free words are looked for everywhere.
    q: Option<String>,
    /// Ids of regions.
    #[serde(default)]
    region: Vec<String>,
    /// Models.
    #[serde(default)]
    model: Vec<String>,
    /// `registered`, `offline` or `disconnected`.
    #[serde(default)]
    status: Vec<String>,
    /// Whether they are approved, or wait.
    approved: Option<bool>,
    /// `pending`, `expected`, `enrolled` or `disabled`.
    #[serde(default)]
    admission: Vec<String>,
    /// What they reported last, such as `started`.
    registration: Option<String>,
    /// The firmware version that they reported.
    version: Option<String>,
    /// The id of their user.
    user: Option<String>,
    /// The id of the template that was chosen for them.
    template: Option<String>,
    /// Whether they have a user.
    owned: Option<bool>,
    /// Only devices whose user has several.
    #[serde(default)]
    shared: bool,
    /// `mac` (default), `user`, `display_name`, `region`, `model`, `last_seen`, `status` or `created`;
    /// with a minus in front the other way.
    sort: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DevicePage {
    /// In the order that was asked for.
    items: Vec<DeviceDocument>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) struct List;

const SORTS: &[(&str, DeviceSort)] = &[
    ("mac", DeviceSort::Mac),
    ("user", DeviceSort::User),
    ("display_name", DeviceSort::DisplayName),
    ("region", DeviceSort::Region),
    ("model", DeviceSort::Model),
    ("last_seen", DeviceSort::LastSeen),
    ("status", DeviceSort::Status),
    ("created", DeviceSort::Made),
];

impl Endpoint for List {
    type Path = Nothing;
    type Query = Devices;
    type Body = NoBody;
    type Answer = Json<DevicePage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let asked = &call.query;
        let admin = call.admin()?;
        let filter = asked.filter();
        let snapshot = call.app().snapshot();
        let region = |name: &str| snapshot.catalog.region_called(name);
        let filter = filter.parse(region, &admin.caller().visible(), "")?;
        let sorted = place::order(asked.sort.as_deref(), SORTS)?;
        let limit = limit(asked.limit)?;
        let after = asked.after.as_deref().map(place::read).transpose()?;
        let rows = admin.devices(filter, sorted, Page { after, limit }).await?;
        let full = rows.len() == limit as usize;
        let next = rows.last().filter(|_| full).map(|row| place::written(&row.at));
        let items = rows.iter().map(|row| DeviceDocument::of(call.app(), &row.row)).collect();
        Ok(Json(DevicePage { items, next }))
    }
}

impl Devices {
    fn filter(&self) -> FilterDocument {
        FilterDocument {
            q: self.q.clone(),
            region: self.region.clone(),
            model: self.model.clone(),
            status: self.status.clone(),
            approved: self.approved,
            admission: self.admission.clone(),
            registration: self.registration.clone(),
            version: self.version.clone(),
            user: self.user.clone(),
            template: self.template.clone(),
            owned: self.owned,
            shared: self.shared,
        }
    }
}
