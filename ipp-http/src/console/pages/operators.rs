//! The accounts of administrators (SEC-01 to SEC-03, AMB-93).

use askama::Template;
use ipp_core::{
    access::{Level, Regions, Role},
    operator::Operator,
};

use crate::{
    console::{Reply, Visit, frame::Frame, markup::Html, messages::Messages, visit::page},
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/operators.html")]
struct OperatorsPage {
    f: Frame,
    rows: Vec<Row>,
    edits: bool,
}

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    description: String,
    level: &'static str,
    regions: String,
    state: Html,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let operators = visit.admin()?.operators().await?;
    let f = visit.frame(visit.frame("").t.access.administrators);
    let rows = operators.iter().map(|row_of| row(&visit, &f, &row_of.value)).collect();
    Ok(page(&OperatorsPage { rows, edits: visit.may(ConsoleOperation::EditAdministrator), f }))
}

fn row(visit: &Visit, f: &Frame, operator: &Operator) -> Row {
    let t = f.t;
    let state = match (operator.enabled, operator.must_change_password) {
        (false, _) => f.mark("disabled", t.access.cannot),
        (true, true) => f.mark("pending", t.access.must_change),
        (true, false) => f.mark("good", t.access.can),
    };
    Row {
        id: operator.id.to_string(),
        name: operator.name.to_string(),
        description: operator.description.to_string(),
        level: level(t, operator.role.level()),
        regions: regions(visit, t, &operator.role),
        state,
    }
}

/// The manual's name of a level.
pub(super) const fn level(t: &Messages, level: Level) -> &'static str {
    match level {
        Level::SuperAdministrator => t.super_administrator,
        Level::Administrator => t.administrator,
        Level::Operator => t.operator,
        Level::Monitoring => t.monitoring,
    }
}

fn regions(visit: &Visit, t: &Messages, role: &Role) -> String {
    let ids = match role {
        Role::SuperAdministrator | Role::Administrator | Role::Regional { regions: Regions::All, .. } => {
            return t.all_regions.to_owned();
        }
        Role::Regional { regions: Regions::Only(ids), .. } => ids,
    };
    let snapshot = visit.app().snapshot();
    let mut names: Vec<String> =
        ids.iter().filter_map(|id| Some(snapshot.catalog.region(*id)?.name.to_string())).collect();
    names.sort();
    if names.is_empty() { t.access.no_region_seen.to_owned() } else { names.join(", ") }
}
