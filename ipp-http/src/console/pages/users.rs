//! The users that may be seen (USR-01).

use askama::Template;
use http::StatusCode;
use ipp_core::{
    id::RegionId,
    store::{ListedUser, Page, UserFilter, UserSort},
};
use serde::Deserialize;

use super::{
    actions::{Offer, offers_of_users},
    user_actions,
};
use crate::{
    admin::{endpoint::parse, page as pages, place},
    console::{
        Reply, Visit,
        frame::{self, Choice, Frame},
        listing::{self, Address, Chip, Column},
        markup::Html,
        messages::{ENGLISH, fill},
        visit::render,
    },
    problem::Problem,
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/users.html")]
struct UsersPage {
    f: Frame,
    asked: Asked,
    columns: Vec<Column>,
    rows: Vec<Row>,
    chips: Vec<Chip>,
    wrong: Option<String>,
    shown: String,
    next: Option<String>,
    first: Option<String>,
    clear: String,
    regions: Vec<Choice>,
    /// Whether users may be made, changed and deleted.
    edits: bool,
    /// What may be done to those that are ticked.
    offers: Vec<Offer>,
    /// All that match, as an address.
    everything: String,
}

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    display_name: String,
    region: String,
    devices: u64,
    href: String,
}

/// The parameters; what is empty asks for nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    q: String,
    region: String,
    sort: String,
    after: String,
}

impl Asked {
    /// The same of a text that was an address once.
    pub(super) fn of(query: &str) -> Result<Self, Problem> {
        let wrong = |error| Problem::new(StatusCode::BAD_REQUEST, format!("The filter: {error}."));
        serde_html_form::from_str(query).map_err(wrong)
    }

    /// Which users.
    pub(super) fn filter(&self) -> Result<UserFilter, Problem> {
        let region = (!self.region.is_empty()).then(|| parse(&self.region, "region")).transpose()?;
        let words = self.q.split_whitespace().map(str::to_owned).collect();
        Ok(UserFilter { regions: region.map(|id| vec![id]), words })
    }
}

const SORTS: &[(&str, UserSort)] =
    &[("name", UserSort::Name), ("display_name", UserSort::DisplayName), ("region", UserSort::Region)];

pub(crate) async fn show(visit: Visit) -> Reply {
    let asked: Asked = visit.query()?;
    let t = ENGLISH;
    let f = visit.frame(t.manage_users);
    let address =
        Address::at(&f.path).with("q", &asked.q).with("region", &asked.region).with("sort", &asked.sort);
    let (rows, next, wrong, status) = match find(&visit, &asked).await {
        Ok((users, next)) => {
            let next = next.map(|next| address.set("after", &next).text());
            (users.iter().map(|user| row(&visit, &f, user)).collect(), next, None, StatusCode::OK)
        }
        Err(problem) if problem.status().is_client_error() => {
            (Vec::new(), None, Some(problem.detail().to_owned()), problem.status())
        }
        Err(problem) => return Err(problem),
    };
    let rows: Vec<Row> = rows;
    let first = (!asked.after.is_empty()).then(|| address.text());
    let shown = match (&next, &first) {
        (Some(_), _) => fill(t.shown_some, &[&rows.len()]),
        (None, Some(_)) => fill(t.shown_last, &[&rows.len()]),
        (None, None) => fill(t.shown_all, &[&rows.len()]),
    };
    let column = |title, by| address.column(title, by, &asked.sort);
    let columns = vec![
        column(t.user, "name"),
        column(t.display_name, "display_name"),
        column(t.region, "region"),
        column(t.devices, ""),
    ];
    let region: Option<RegionId> = asked.region.parse().ok();
    let regions = frame::regions(&visit, region.as_slice());
    let mut chips = Vec::new();
    if !asked.q.is_empty() {
        chips.push(address.chip(t, "q", &asked.q, "", &asked.q));
    }
    if !asked.region.is_empty() {
        let shown = regions.iter().find(|choice| choice.chosen).map_or(&asked.region, |choice| &choice.title);
        chips.push(address.chip(t, "region", &asked.region, t.region, shown));
    }
    let clear = f.path.clone();
    let edits = visit.may(ConsoleOperation::CreateUserByForm);
    let mut offers = user_actions::offers(&visit);
    offers.extend(offers_of_users(&visit));
    let everything = address.query();
    let page = UsersPage {
        f,
        asked,
        columns,
        rows,
        chips,
        wrong,
        shown,
        next,
        first,
        clear,
        regions,
        edits,
        offers,
        everything,
    };
    Ok(render(&page, status))
}

async fn find(visit: &Visit, asked: &Asked) -> Result<(Vec<ListedUser>, Option<String>), Problem> {
    let filter = asked.filter()?;
    let sorted = place::order(Some(asked.sort.as_str()).filter(|sort| !sort.is_empty()), SORTS)?;
    let limit = pages::limit(None)?;
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty()).map(place::read).transpose()?;
    let rows = visit.admin()?.users(filter, sorted, Page { after, limit }).await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| place::written(&row.at));
    Ok((rows.into_iter().map(|listed| listed.row).collect(), next))
}

fn row(visit: &Visit, f: &Frame, ListedUser { user, devices }: &ListedUser) -> Row {
    let user = &user.value;
    let snapshot = visit.app().snapshot();
    let query = serde_html_form::to_string([("user", user.name.as_str())]).unwrap_or_default();
    Row {
        id: user.id.to_string(),
        name: user.name.to_string(),
        display_name: user.display_name.to_string(),
        region: snapshot
            .catalog
            .region(user.region)
            .map_or_else(String::new, |region| region.name.to_string()),
        devices: *devices,
        href: format!("{}/devices?{query}", f.base),
    }
}

impl UsersPage {
    fn arrow(&self, column: &Column) -> Html {
        listing::arrow(self.f.icons(), column.sorted)
    }
}
