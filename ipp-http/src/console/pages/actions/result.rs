//! What became of each of many.

use askama::Template;
use axum::response::Response;
use ipp_core::{
    app::admin::{
        device_bulk::{BulkItem, BulkResult},
        user_bulk::UserItem,
    },
    id::JobId,
};

use crate::console::{Visit, frame::Frame, messages::fill, visit};

/// How many that were not done are listed.
const LISTED: usize = 500;

/// What became of a device or a user.
#[derive(Debug)]
pub(in crate::console::pages) struct Outcome {
    /// Where it is, below the console.
    path: String,
    name: String,
    result: BulkResult,
}

#[derive(Template)]
#[template(path = "console/action_result.html")]
struct ResultPage {
    f: Frame,
    counts: Vec<String>,
    rows: Vec<Row>,
    rest: Option<String>,
    job: Option<String>,
    back: String,
    to: &'static str,
}

#[derive(Debug)]
struct Row {
    href: String,
    name: String,
    mark: &'static str,
    reason: String,
}

impl Outcome {
    pub(in crate::console::pages) fn of_device(item: BulkItem) -> Self {
        let name = item.mac.map_or_else(|| item.device.to_string(), |mac| mac.to_string());
        Self { path: format!("devices/{}", item.device), name, result: item.result }
    }

    pub(in crate::console::pages) fn of_user(item: UserItem) -> Self {
        let name = item.name.map_or_else(|| item.user.to_string(), |name| name.to_string());
        Self { path: format!("users/{}", item.user), name, result: item.result }
    }
}

/// The page of it.
pub(in crate::console::pages) fn page(
    visit: &Visit,
    title: &str,
    outcomes: Vec<Outcome>,
    job: Option<JobId>,
) -> Response {
    let t = visit.frame("").t;
    let of_users = outcomes.first().is_some_and(|one| one.path.starts_with("users/"));
    let (to, back) =
        if of_users { (t.manage_users, "/ipp/users") } else { (t.devices_status, "/ipp/devices") };
    let back = visit.surface.mount.below(back);
    let f = visit.frame(fill(t.actions.result_of, &[&title])).below(to, back.clone());
    let count = |of: fn(&BulkResult) -> bool| outcomes.iter().filter(|one| of(&one.result)).count();
    let counts = [
        (t.actions.done_count, count(|result| matches!(result, BulkResult::Done))),
        (t.actions.skipped_count, count(|result| matches!(result, BulkResult::Skipped(_)))),
        (t.actions.failed_count, count(|result| matches!(result, BulkResult::Failed(_)))),
        (t.actions.not_done_count, count(|result| matches!(result, BulkResult::NotDone(_)))),
    ];
    let counts = counts.into_iter().filter(|(_, number)| *number > 0);
    let counts = counts.map(|(text, number)| fill(text, &[&number])).collect();
    let mut rows: Vec<Row> = outcomes.into_iter().filter_map(|one| row(&f, one)).collect();
    let rest = (rows.len() > LISTED).then(|| fill(t.actions.rest, &[&LISTED]));
    rows.truncate(LISTED);
    let job = job.map(|job| format!("{}/jobs/{job}", f.base));
    visit::page(&ResultPage { f, counts, rows, rest, job, back, to })
}

fn row(f: &Frame, one: Outcome) -> Option<Row> {
    let (mark, reason) = match one.result {
        BulkResult::Done => return None,
        BulkResult::Skipped(reason) => ("info", reason),
        BulkResult::Failed(reason) => ("warning", reason),
        BulkResult::NotDone(cause) => {
            tracing::error!(cause, "an action on many failed inside and stopped");
            ("warning", f.t.actions.not_done.to_owned())
        }
    };
    Some(Row { href: format!("{}/{}", f.base, one.path), name: one.name, mark, reason })
}
