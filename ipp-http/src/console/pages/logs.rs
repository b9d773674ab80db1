//! The system logs, the newest lines first (LOG-02 to LOG-09, LOG-13).

use askama::Template;
use ipp_core::{
    log::{LogLevel, line, web_admin::level_of},
    store::{ActivityFilter, Order, Page},
};

use crate::{
    console::{
        Reply, Visit,
        fields::Fields,
        frame::{Choice, Frame},
        listing::{Address, choices},
        messages::fill,
        visit::page,
    },
    problem::Problem,
};

/// How many lines are offered (LOG-08); none hides them.
const OFFERED: [u32; 7] = [0, 10, 20, 30, 40, 50, 100];
const USUAL: &str = "50";

#[derive(Template)]
#[template(path = "console/logs.html")]
struct LogsPage {
    f: Frame,
    is_activity: bool,
    levels: Vec<Choice>,
    counts: Vec<Choice>,
    lines: Vec<Line>,
    hidden: bool,
    save: String,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Debug)]
struct Line {
    level: String,
    text: String,
}

/// What is asked for.
#[derive(Debug)]
struct Asked {
    level: LogLevel,
    limit: u32,
    after: Option<u64>,
}

pub(crate) async fn web_admin(visit: Visit) -> Reply {
    let fields = visit.asked()?;
    let asked = Asked::read(&fields)?;
    let page = Page { after: asked.after, limit: asked.limit };
    let records = visit.admin()?.web_admin_log(asked.level, Order::Descending, page).await?;
    let lines = records.iter().map(|record| {
        let level = level_of(&record.entry.action);
        (record.number, Line { level: class(level), text: line::of_audit(&record.entry) })
    });
    Ok(shown(&visit, &asked, lines.collect(), false))
}

pub(crate) async fn activity(visit: Visit) -> Reply {
    let fields = visit.asked()?;
    let asked = Asked::read(&fields)?;
    let page = Page { after: asked.after, limit: asked.limit };
    let filter = ActivityFilter::of(asked.level);
    let records = visit.admin()?.activity_log(filter, Order::Descending, page).await?;
    let snapshot = visit.app().snapshot();
    let lines = records.iter().map(|record| {
        let region = record.entry.region.and_then(|id| snapshot.catalog.region(id));
        let region = region.map(|region| region.name.to_string());
        let text = line::of_activity(&record.entry, region.as_deref());
        (record.number, Line { level: class(record.entry.level), text })
    });
    Ok(shown(&visit, &asked, lines.collect(), true))
}

impl Asked {
    fn read(fields: &Fields) -> Result<Self, Problem> {
        let level = fields.maybe("level")?.unwrap_or(LogLevel::Verbose);
        let limit: u32 = fields.maybe("lines")?.unwrap_or(50);
        Ok(Self { level, limit: limit.min(500), after: fields.maybe("after")? })
    }
}

fn class(level: LogLevel) -> String {
    level.as_str().to_ascii_lowercase()
}

fn shown(
    visit: &Visit,
    asked: &Asked,
    lines: Vec<(u64, Line)>,
    is_activity: bool,
) -> axum::response::Response {
    let f = visit.frame(visit.frame("").t.logs.title);
    let t = &f.t.logs;
    let levels = LogLevel::ALL.iter().map(|level| (level.as_str().to_owned(), level.as_str().to_owned()));
    let counts = OFFERED.iter().map(|lines| {
        let title = if *lines == 0 { t.hide.to_owned() } else { fill(t.last, &[lines]) };
        (lines.to_string(), title)
    });
    let limit = if asked.limit == 50 { USUAL.to_owned() } else { asked.limit.to_string() };
    let address = Address::at(&f.path).with("level", asked.level.as_str()).with("lines", &limit);
    let full = asked.limit > 0 && lines.len() == asked.limit as usize;
    let next =
        lines.last().filter(|_| full).map(|(number, _)| address.set("after", &number.to_string()).text());
    let file = if is_activity { "activity" } else { "web-admin" };
    let save = visit.surface.mount.below(&format!("/api/v1/logs/{file}/file"));
    page(&LogsPage {
        is_activity,
        levels: choices(levels, asked.level.as_str()),
        counts: choices(counts, &limit),
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        hidden: asked.limit == 0,
        save: Address::at(&save).with("level", asked.level.as_str()).text(),
        next,
        first: asked.after.is_some().then(|| address.text()),
        f,
    })
}
