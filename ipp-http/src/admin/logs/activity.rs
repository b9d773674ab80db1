//! The activity log, the newest lines first (LOG-04, LOG-09, LOG-13).

use ipp_core::{
    app::App,
    log::{activity::ActivityRecord, line},
    store::{ActivityFilter, AnyStore, Order, Page},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Newest, next, region};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// Lines of the activity log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityLog {
    /// The name of the file that the log is saved as.
    file: &'static str,
    /// The newest first.
    items: Vec<ActivityLine>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// What happened, as a line. Its texts hold no line break and no markup.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityLine {
    /// Counts the lines from 1.
    number: u64,
    /// When.
    at: String,
    /// How much it matters.
    level: &'static str,
    /// The id of the phone's region.
    region: Option<String>,
    /// The phone's MAC address, as far as it is known or stated.
    mac: Option<String>,
    /// What happened.
    text: String,
    /// All of it as it stands in the file.
    line: String,
}

pub(crate) struct Activity;

impl Endpoint for Activity {
    type Path = Nothing;
    type Query = Newest;
    type Body = NoBody;
    type Answer = Json<ActivityLog>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let (level, limit) = (call.query.level()?, call.query.count()?);
        let page = Page { after: call.query.after, limit };
        let filter = ActivityFilter::of(level);
        let records = call.admin()?.activity_log(filter, Order::Descending, page).await?;
        let next = next(&records, limit, |record| record.number);
        let items = records.iter().map(|record| item(call.app(), record)).collect();
        Ok(Json(ActivityLog { file: line::ACTIVITY_FILE, items, next }))
    }
}

fn item(app: &App<AnyStore>, record: &ActivityRecord) -> ActivityLine {
    let ActivityRecord { number, entry } = record;
    ActivityLine {
        number: *number,
        at: entry.at.to_string(),
        level: entry.level.as_str(),
        region: entry.region.map(|region| region.to_string()),
        mac: entry.mac.map(|mac| mac.to_string()),
        text: entry.text.to_string(),
        line: line::of_activity(entry, region(app, entry.region).as_deref()),
    }
}
