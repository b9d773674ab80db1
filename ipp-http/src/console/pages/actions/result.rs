//! What became of devices.

use askama::Template;
use axum::response::Response;
use ipp_core::{
    app::admin::device_bulk::{BulkItem, BulkResult},
    id::JobId,
};

use super::Action;
use crate::console::{Visit, frame::Frame, messages::fill, visit};

/// How many devices that were not done are listed.
const LISTED: usize = 500;

#[derive(Template)]
#[template(path = "console/action_result.html")]
struct ResultPage {
    f: Frame,
    counts: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    rest: Option<String>,
    job: Option<String>,
    list: String,
}

#[derive(Debug)]
struct Row {
    href: String,
    mac: String,
    mark: &'static str,
    reason: String,
}

pub(super) fn page<A: Action>(visit: &Visit, items: Vec<BulkItem>, job: Option<JobId>) -> Response {
    let t = visit.frame("").t;
    let list = visit.surface.mount.below("/ipp/devices");
    let f = visit.frame(fill(t.actions.result_of, &[&A::words(t)[0]])).below(t.devices_status, list.clone());
    let count = |of: fn(&BulkResult) -> bool| items.iter().filter(|item| of(&item.result)).count();
    let counts = [
        ("good", t.actions.done_count, count(|result| matches!(result, BulkResult::Done))),
        ("info", t.actions.skipped_count, count(|result| matches!(result, BulkResult::Skipped(_)))),
        ("bad", t.actions.failed_count, count(|result| matches!(result, BulkResult::Failed(_)))),
        ("bad", t.actions.not_done_count, count(|result| matches!(result, BulkResult::NotDone(_)))),
    ];
    let counts = counts.into_iter().filter(|(_, _, devices)| *devices > 0);
    let counts = counts.map(|(mark, text, devices)| (mark, fill(text, &[&devices]))).collect();
    let mut rows: Vec<Row> = items.into_iter().filter_map(|item| row(&f, item)).collect();
    let rest = (rows.len() > LISTED).then(|| fill(t.actions.rest, &[&LISTED]));
    rows.truncate(LISTED);
    let job = job.map(|job| format!("{}/jobs/{job}", f.base));
    visit::page(&ResultPage { f, counts, rows, rest, job, list })
}

fn row(f: &Frame, item: BulkItem) -> Option<Row> {
    let (mark, reason) = match item.result {
        BulkResult::Done => return None,
        BulkResult::Skipped(reason) => ("info", reason),
        BulkResult::Failed(reason) => ("warning", reason),
        BulkResult::NotDone(cause) => {
            tracing::error!(cause, "an action on many devices failed inside and stopped");
            ("warning", f.t.actions.not_done.to_owned())
        }
    };
    let mac = item.mac.map_or_else(|| item.device.to_string(), |mac| mac.to_string());
    Some(Row { href: format!("{}/devices/{}", f.base, item.device), mac, mark, reason })
}
