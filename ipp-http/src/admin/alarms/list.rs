//! Active alarms, the latest action first (ALM-04 to ALM-15, ALM-44 to ALM-49).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ipp_core::{
    alarm::{AlarmKey, Severity},
    id::{DeviceId, RegionId},
    store::{AlarmFilter, AlarmPlace, AlarmRecord, AlarmSearch, Page},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing, parse},
        page::limit,
        word,
    },
    problem::Problem,
};

/// Which alarms.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alarms {
    /// A part of name or description, a MAC address, or the address of a phone.
    q: Option<String>,
    /// Only alarms at least this bad: `indeterminate`, `warning`, `minor`, `major`, `critical`.
    #[param(value_type = Option<String>)]
    severity: Option<Severity>,
    /// Only alarms of this device, by its id.
    device: Option<String>,
    /// Only alarms of devices of these regions, by their ids.
    #[serde(default)]
    region: Vec<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many alarms: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of alarms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmPage {
    /// The latest action first.
    items: Vec<AlarmItem>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An active alarm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmItem {
    /// The name, as sent.
    name: String,
    /// What happened, as sent.
    description: String,
    /// `indeterminate`, `warning`, `minor`, `major` or `critical`.
    severity: String,
    /// The id of the device.
    device: String,
    /// Its MAC address.
    mac: String,
    /// The address of its last report.
    ip: Option<String>,
    /// The id of its region.
    region: Option<String>,
    /// When it was first received.
    raised_at: String,
    /// When it was raised or repeated last.
    last_action_at: String,
    /// How often it was received.
    count: u32,
    /// The first piece of additional information, as sent.
    additional_info1: String,
    /// The second piece.
    additional_info2: String,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Alarms;
    type Body = NoBody;
    type Answer = Json<AlarmPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let Alarms { q, severity, device, region, after, limit: asked } = &call.query;
        let regions = region.iter().map(|id| parse(id, "region")).collect::<Result<Vec<RegionId>, _>>()?;
        let filter = AlarmFilter {
            device: device.as_deref().map(|id| parse(id, "device")).transpose()?,
            regions: (!regions.is_empty()).then_some(regions),
            at_least: *severity,
            search: q.as_deref().filter(|text| !text.trim().is_empty()).map(AlarmSearch::of),
        };
        let limit = limit(*asked)?;
        let after = after.as_deref().map(place).transpose()?;
        let records = call.admin()?.alarms(filter, Page { after, limit }).await?;
        let next = records.last().filter(|_| records.len() == limit as usize).map(cursor);
        Ok(Json(AlarmPage { items: records.into_iter().map(item).collect(), next }))
    }
}

fn item(record: AlarmRecord) -> AlarmItem {
    let AlarmRecord { alarm, mac, region, peer } = record;
    AlarmItem {
        name: alarm.key.name,
        description: alarm.key.qualifier,
        severity: word(alarm.severity),
        device: alarm.key.device.to_string(),
        mac: mac.to_string(),
        ip: peer.map(|peer| peer.to_string()),
        region: region.map(|region| region.to_string()),
        raised_at: alarm.raised_at.to_string(),
        last_action_at: alarm.last_action_at.to_string(),
        count: alarm.count,
        additional_info1: alarm.details.additional_info1,
        additional_info2: alarm.details.additional_info2,
    }
}

type Place = (i64, DeviceId, String, String);

pub(crate) fn cursor(last: &AlarmRecord) -> String {
    let AlarmKey { device, name, qualifier } = &last.alarm.key;
    let place: Place = (last.alarm.last_action_at.as_millis(), *device, name.clone(), qualifier.clone());
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&place).unwrap_or_default())
}

pub(crate) fn place(cursor: &str) -> Result<AlarmPlace, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let place: Option<Place> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (at, device, name, qualifier) = place.ok_or_else(|| {
        Problem::new(http::StatusCode::BAD_REQUEST, "`after` is not the `next` of any page.").at("after")
    })?;
    let key = AlarmKey { device, name, qualifier };
    Ok(AlarmPlace { last_action_at: Timestamp::from_millis(at), key })
}
