//! The audit log, the latest entries first.

use ipp_core::{
    store::{AuditFilter, AuditRecord, Order, Page},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing, parse},
        page::limit,
    },
    problem::Problem,
};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entries {
    /// Only what this actor did.
    actor: Option<String>,
    /// Only actions that begin with this, such as `device.`.
    action: Option<String>,
    /// Only from this time on (RFC 3339).
    since: Option<String>,
    /// Only before this time (RFC 3339).
    until: Option<String>,
    /// The `next` of the page before.
    after: Option<u64>,
    /// How many entries: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The latest first.
    items: Vec<AuditItem>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditItem {
    /// Counts the entries from 1 without gaps.
    number: u64,
    /// When.
    at: String,
    /// Who.
    actor: String,
    /// What was done.
    action: String,
    /// To what.
    subject: String,
    /// The id of the region that it is about.
    region: Option<String>,
    /// What it was before, without secrets.
    before: Option<serde_json::Value>,
    /// What it is now, without secrets.
    after: Option<serde_json::Value>,
    /// How many phones it concerned.
    phones: Option<u64>,
    /// The hash over this entry and the hash before it, hexadecimal.
    hash: String,
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Entries;
    type Body = NoBody;
    type Answer = Json<AuditPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let Entries { actor, action, since, until, after, limit: asked } = &call.query;
        let time = |text: &Option<String>, pointer| {
            text.as_deref().map(|text| parse::<Timestamp>(text, pointer)).transpose()
        };
        let filter = AuditFilter {
            actor: actor.clone(),
            action: action.clone(),
            since: time(since, "since")?,
            until: time(until, "until")?,
            ..AuditFilter::all()
        };
        let limit = limit(*asked)?;
        let records =
            call.admin()?.audit_log(&filter, Order::Descending, Page { after: *after, limit }).await?;
        let full = records.len() == limit as usize;
        let next = records.last().map(|record| record.number).filter(|number| full && *number > 1);
        Ok(Json(AuditPage { items: records.into_iter().map(item).collect(), next }))
    }
}

fn item(record: AuditRecord) -> AuditItem {
    let AuditRecord { number, entry, hash } = record;
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    AuditItem {
        number,
        at: entry.at.to_string(),
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        region: entry.region.map(|region| region.to_string()),
        before: json(entry.before),
        after: json(entry.after),
        phones: entry.phones,
        hash: hash.to_string(),
    }
}
