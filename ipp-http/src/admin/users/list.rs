//! The users that may be seen, in pages (USR-09).

use ipp_core::store::{Page, UserFilter, UserSort};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::UserDocument;
use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, NoBody, Nothing, parse},
        page::limit,
        place,
    },
    problem::Problem,
};

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Users {
    /// Only users in whose name or display name each of these words is found.
    q: Option<String>,
    /// Only users of these regions, by id.
    #[serde(default)]
    region: Vec<String>,
    /// `name` (default), `display_name` or `region`; with a minus in front the other way.
    sort: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserPage {
    /// In the order that was asked for.
    items: Vec<UserItem>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A user in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserItem {
    #[serde(flatten)]
    user: UserDocument,
    /// How many devices it has.
    devices: u64,
}

pub(crate) struct List;

const SORTS: &[(&str, UserSort)] =
    &[("name", UserSort::Name), ("display_name", UserSort::DisplayName), ("region", UserSort::Region)];

impl Endpoint for List {
    type Path = Nothing;
    type Query = Users;
    type Body = NoBody;
    type Answer = Json<UserPage>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let Users { q, region, sort, after, limit: asked } = &call.query;
        let regions = region.iter().map(|id| parse(id, "region")).collect::<Result<Vec<_>, _>>()?;
        let filter = UserFilter {
            regions: (!regions.is_empty()).then_some(regions),
            words: q.as_deref().unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        };
        let sorted = place::order(sort.as_deref(), SORTS)?;
        let limit = limit(*asked)?;
        let after = after.as_deref().map(place::read).transpose()?;
        let rows = call.admin()?.users(filter, sorted, Page { after, limit }).await?;
        let full = rows.len() == limit as usize;
        let next = rows.last().filter(|_| full).map(|row| place::written(&row.at));
        let item = |row: &ipp_core::store::ListedUser| UserItem {
            user: UserDocument::of(&row.user),
            devices: row.devices,
        };
        Ok(Json(UserPage { items: rows.iter().map(|row| item(&row.row)).collect(), next }))
    }
}
