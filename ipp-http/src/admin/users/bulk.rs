//! What all bulk actions on users have in common: which users, and what became of each.

use http::StatusCode;
use ipp_core::{
    app::admin::{
        device_bulk::BulkResult,
        user_bulk::{UserItem, UserSelection},
    },
    store::UserFilter,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{admin::endpoint::parse, problem::Problem};

/// Which users: either of both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserSelectionDocument {
    /// The ids of those that were picked.
    pub(super) ids: Option<Vec<String>>,
    /// All that pass.
    pub(super) filter: Option<UserFilterDocument>,
}

/// Which users pass.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UserFilterDocument {
    /// Words that are all found in name or display name.
    q: Option<String>,
    /// Ids of regions.
    region: Vec<String>,
}

/// What became of the users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserReport {
    done: usize,
    skipped: usize,
    failed: usize,
    /// Those behind a failure of the server itself.
    not_done: usize,
    /// Each user by itself.
    items: Vec<UserItemDocument>,
}

/// What became of one user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserItemDocument {
    /// Its id.
    id: String,
    /// Its name, where it may be seen.
    name: Option<String>,
    /// `done`, `skipped`, `failed`, or `not_done` where the server itself failed.
    result: &'static str,
    /// Why, where it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The users that are meant.
pub(super) fn selection(
    ids: Option<&[String]>,
    filter: Option<&UserFilterDocument>,
) -> Result<UserSelection, Problem> {
    match (ids, filter) {
        (Some(ids), None) => {
            let id = |(at, id): (usize, &String)| parse(id, &format!("/ids/{at}"));
            Ok(UserSelection::Ids(ids.iter().enumerate().map(id).collect::<Result<_, _>>()?))
        }
        (None, Some(UserFilterDocument { q, region })) => {
            let id = |(at, id): (usize, &String)| parse(id, &format!("/filter/region/{at}"));
            let regions = region.iter().enumerate().map(id).collect::<Result<Vec<_>, _>>()?;
            Ok(UserSelection::Filter(UserFilter {
                regions: (!regions.is_empty()).then_some(regions),
                words: q.as_deref().unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            }))
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Name ids or a filter, one of both.")
                .at("/ids"))
        }
    }
}

impl UserReport {
    pub(super) fn of(items: Vec<UserItem>) -> Self {
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

fn item(item: UserItem) -> UserItemDocument {
    let (result, reason) = match item.result {
        BulkResult::Done => ("done", None),
        BulkResult::Skipped(reason) => ("skipped", Some(reason)),
        BulkResult::Failed(reason) => ("failed", Some(reason)),
        // The cause is for the log.
        BulkResult::NotDone(_) => {
            ("not_done", Some("the server could not do this; its log tells why".to_owned()))
        }
    };
    UserItemDocument {
        id: item.user.to_string(),
        name: item.name.map(|name| name.to_string()),
        result,
        reason,
    }
}
