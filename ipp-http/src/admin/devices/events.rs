//! What happened to a device, the latest first.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use ipp_core::{
    app::admin::device_events::{EventPlace, Happened, What},
    id::DeviceId,
    log::{LogText, Reported},
    store::Page,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::{
        endpoint::{ById, Call, Endpoint, Json, NoBody},
        page::limit,
        word,
    },
    problem::Problem,
};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many events: 1 to 500, else 50. No more than 200 of a device are kept.
    limit: Option<u32>,
}

/// Events of a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The latest first.
    items: Vec<EventItem>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Something that happened to a device.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct EventItem {
    /// When, last.
    at: String,
    /// When it happened first, where it happened more than once.
    first_at: String,
    /// How often.
    count: u32,
    /// `made`, `status`, `fetch`, `firmware`, `published`, `command` or `action`.
    kind: &'static str,
    /// What it is, for people: without line breaks and markup.
    text: String,
    /// What the status was; absent where the device had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<StatusWords>,
    /// What the status is.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<StatusWords>,
    /// The HTTP status of a fetch.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The name of the template of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    /// What a file is made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<String>,
    /// The number of a published file, or the name of firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// What was done, as the audit log calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// The job that gave a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    /// The command of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'static str>,
    /// What became of a command: a state of an item of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    became: Option<&'static str>,
}

/// A status in two words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusWords {
    /// `started`, `registered`, `unregistered`, `offline`, or what else the phone said.
    registration: String,
    /// `connected` or `disconnected`.
    connectivity: String,
}

pub(crate) struct Events;

impl Endpoint for Events {
    type Path = ById<DeviceId>;
    type Query = Which;
    type Body = NoBody;
    type Answer = Json<EventPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let limit = limit(call.query.limit)?;
        let after = call.query.after.as_deref().map(place).transpose()?;
        let found = call.admin()?.device_events(call.path.id, Page { after, limit }).await?;
        let next = found.last().filter(|_| found.len() == limit as usize).map(|last| cursor(&last.place));
        Ok(Json(EventPage { items: found.into_iter().map(item).collect(), next }))
    }
}

fn item(happened: Happened) -> EventItem {
    let Happened { place, first_at, count, what } = happened;
    let text = LogText::of(&what.to_string()).to_string();
    let (at, first_at) = (place.at.to_string(), first_at.to_string());
    let common = EventItem { at, first_at, count, text, ..EventItem::default() };
    let name = |name: ipp_core::text::TemplateName| name.to_string();
    match what {
        What::Made => EventItem { kind: "made", ..common },
        What::Status(from, to) => {
            EventItem { kind: "status", from: from.map(words), to: Some(words(to)), ..common }
        }
        What::Fetched { status, template, generation } => EventItem {
            kind: "fetch",
            status: Some(status),
            template: template.map(name),
            generation: Some(generation.to_string()),
            ..common
        },
        What::Firmware { name, status } => {
            EventItem { kind: "firmware", status: Some(status), file: Some(name), ..common }
        }
        What::StandIn { status } => EventItem { kind: "fetch", status: Some(status), ..common },
        What::Published { number, template, generation } => EventItem {
            kind: "published",
            file: Some(number.to_string()),
            template: template.map(name),
            generation: Some(generation.to_string()),
            ..common
        },
        What::Commanded { job, command, became } => EventItem {
            kind: "command",
            job: Some(job.to_string()),
            command: Some(command.as_str()),
            became: Some(became.word()),
            ..common
        },
        What::Done { actor, action, subject: _ } => {
            EventItem { kind: "action", actor: Some(actor), action: Some(action), ..common }
        }
    }
}

fn words(reported: Reported) -> StatusWords {
    let Reported { registration, connectivity } = reported;
    StatusWords { registration: registration.to_string(), connectivity: word(connectivity) }
}

fn cursor(place: &EventPlace) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(place.at.as_millis(), &place.key)).unwrap_or_default())
}

fn place(cursor: &str) -> Result<EventPlace, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let place: Option<(i64, String)> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (at, key) = place.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "`after` is not the `next` of any page.").at("after")
    })?;
    Ok(EventPlace { at: Timestamp::from_millis(at), key })
}
