//! What all bulk actions have in common: which devices, and what became of each.

use http::StatusCode;
use ipp_core::app::{
    App,
    admin::{
        Admin,
        device_bulk::{BulkItem, BulkResult, Selection},
    },
};
use ipp_core::store::AnyStore;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::filter::FilterDocument;
use crate::{admin::endpoint::parse, problem::Problem};

/// Which devices: either of both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectionDocument {
    /// The ids of those that were picked.
    pub(in crate::admin) ids: Option<Vec<String>>,
    /// All that pass.
    pub(in crate::admin) filter: Option<FilterDocument>,
}

/// What became of the devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkReport {
    done: usize,
    skipped: usize,
    failed: usize,
    /// Those that the server did not come to, because it failed.
    not_done: usize,
    /// Each device by itself.
    items: Vec<ItemDocument>,
}

/// What became of one device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemDocument {
    /// Its id.
    id: String,
    /// Its MAC address, where it may be seen.
    mac: Option<String>,
    /// `done`, `skipped`, `failed`, or `not_done` where the server itself failed.
    result: &'static str,
    /// Why, where it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What is said of devices that the server did not come to.
const STOPPED: &str = "The server failed and stopped; its log tells why. Send the rest again.";

/// The devices that are meant.
pub(in crate::admin) fn selection(
    app: &App<AnyStore>,
    admin: &Admin<'_, AnyStore>,
    ids: Option<&[String]>,
    filter: Option<&FilterDocument>,
) -> Result<Selection, Problem> {
    match (ids, filter) {
        (Some(ids), None) => {
            let id = |(at, id): (usize, &String)| parse(id, &format!("/ids/{at}"));
            Ok(Selection::Ids(ids.iter().enumerate().map(id).collect::<Result<_, _>>()?))
        }
        (None, Some(filter)) => {
            let snapshot = app.snapshot();
            let region = |name: &str| snapshot.catalog.region_called(name);
            let filter = filter.parse(region, &admin.caller().visible(), "/filter/")?;
            Ok(Selection::Filter(Box::new(filter)))
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Name ids or a filter, one of both.")
                .at("/ids"))
        }
    }
}

impl BulkReport {
    pub(in crate::admin) fn of(items: Vec<BulkItem>) -> Self {
        // The cause is for the log, as with every fault inside.
        let fault = items.iter().find_map(|item| match &item.result {
            BulkResult::NotDone(cause) => Some(cause),
            BulkResult::Done | BulkResult::Skipped(_) | BulkResult::Failed(_) => None,
        });
        if let Some(cause) = fault {
            tracing::error!(cause, "a bulk action failed inside and stopped");
        }
        let count = |of: fn(&BulkResult) -> bool| items.iter().filter(|item| of(&item.result)).count();
        Self {
            done: count(|result| matches!(result, BulkResult::Done)),
            skipped: count(|result| matches!(result, BulkResult::Skipped(_))),
            failed: count(|result| matches!(result, BulkResult::Failed(_))),
            not_done: count(|result| matches!(result, BulkResult::NotDone(_))),
            items: items.into_iter().map(item).collect(),
        }
    }
}

fn item(item: BulkItem) -> ItemDocument {
    let (result, reason) = match item.result {
        BulkResult::Done => ("done", None),
        BulkResult::Skipped(reason) => ("skipped", Some(reason)),
        BulkResult::Failed(reason) => ("failed", Some(reason)),
        BulkResult::NotDone(_) => ("not_done", Some(STOPPED.to_owned())),
    };
    ItemDocument { id: item.device.to_string(), mac: item.mac.map(|mac| mac.to_string()), result, reason }
}
