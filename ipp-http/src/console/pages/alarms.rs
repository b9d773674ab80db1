//! The active alarms, the latest action first (ALM-04 to ALM-15).

use askama::Template;
use http::StatusCode;
use ipp_core::{
    alarm::{AlarmKey, Severity},
    id::RegionId,
    store::{AlarmFilter, AlarmRecord, AlarmSearch, Page},
};
use serde::Deserialize;

use crate::{
    admin::{alarms::list, endpoint::parse, page as pages},
    console::{
        Reply, Visit,
        frame::{self, Choice, Frame},
        listing::{Address, Chip, choices},
        markup::{self, Html},
        messages::{ENGLISH, fill},
        redirect,
        visit::render,
    },
    problem::Problem,
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/alarms.html")]
struct AlarmsPage {
    f: Frame,
    asked: Asked,
    rows: Vec<Row>,
    chips: Vec<Chip>,
    wrong: Option<String>,
    shown: String,
    next: Option<String>,
    first: Option<String>,
    clear: String,
    severities: Vec<Choice>,
    regions: Vec<Choice>,
    clears: bool,
}

impl AlarmsPage {
    fn clear_hint(&self, row: &Row) -> String {
        fill(self.f.t.clear_alarm_hint, &[&row.name, &row.mac])
    }
}

#[derive(Debug)]
struct Row {
    device: String,
    severity: Html,
    name: String,
    description: String,
    href: String,
    mac: String,
    ip: String,
    region: String,
    raised: Html,
    last: Html,
    count: u32,
}

/// The parameters; what is empty asks for nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    q: String,
    severity: String,
    region: String,
    after: String,
}

const SEVERITIES: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("major", Severity::Major),
    ("minor", Severity::Minor),
    ("warning", Severity::Warning),
    ("indeterminate", Severity::Indeterminate),
];

pub(crate) async fn show(visit: Visit) -> Reply {
    let asked: Asked = visit.query()?;
    let t = ENGLISH;
    let f = visit.frame(t.alarms);
    let address = Address::at(&f.path)
        .with("q", &asked.q)
        .with("severity", &asked.severity)
        .with("region", &asked.region);
    let (rows, next, wrong, status) = match find(&visit, &asked).await {
        Ok((records, next)) => {
            let next = next.map(|next| address.set("after", &next).text());
            (records.into_iter().map(|record| row(&visit, &f, record)).collect(), next, None, StatusCode::OK)
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
    let titles = [t.critical, t.major, t.minor, t.warning, t.indeterminate];
    let words =
        SEVERITIES.iter().zip(titles).map(|((word, _), title)| ((*word).to_owned(), title.to_owned()));
    let severities = choices(words, &asked.severity);
    let region: Option<RegionId> = asked.region.parse().ok();
    let regions = frame::regions(&visit, region.as_slice());
    let mut chips = Vec::new();
    if !asked.q.is_empty() {
        chips.push(address.chip(t, "q", &asked.q, "", &asked.q));
    }
    if !asked.severity.is_empty() {
        let shown = severities.iter().find(|choice| choice.chosen).map_or("", |choice| choice.title.as_str());
        chips.push(address.chip(t, "severity", &asked.severity, t.at_least, shown));
    }
    if !asked.region.is_empty() {
        let shown = regions.iter().find(|choice| choice.chosen).map_or(&asked.region, |choice| &choice.title);
        chips.push(address.chip(t, "region", &asked.region, t.region, shown));
    }
    let clear = f.path.clone();
    let clears = visit.may(ConsoleOperation::ClearAlarmByForm);
    let page =
        AlarmsPage { f, asked, rows, chips, wrong, shown, next, first, clear, severities, regions, clears };
    Ok(render(&page, status))
}

/// Clears an alarm by hand, and shows the list again (AMB-65).
pub(crate) async fn clear(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let (name, qualifier) = (asked.raw("name").to_owned(), asked.raw("description").to_owned());
    let key = AlarmKey { device: asked.parse("device")?, name, qualifier };
    visit.admin()?.clear_alarm(&key).await?;
    Ok(redirect(&visit.local(Some(asked.raw("back")))))
}

async fn find(visit: &Visit, asked: &Asked) -> Result<(Vec<AlarmRecord>, Option<String>), Problem> {
    let wrong = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "There is no such severity.");
    let at_least = (!asked.severity.is_empty())
        .then(|| SEVERITIES.iter().find(|(word, _)| *word == asked.severity).ok_or_else(wrong))
        .transpose()?;
    let filter = AlarmFilter {
        device: None,
        regions: (!asked.region.is_empty())
            .then(|| parse(&asked.region, "region").map(|id| vec![id]))
            .transpose()?,
        at_least: at_least.map(|(_, severity)| *severity),
        search: Some(asked.q.as_str()).filter(|text| !text.trim().is_empty()).map(AlarmSearch::of),
    };
    let limit = pages::limit(None)?;
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty()).map(list::place).transpose()?;
    let records = visit.admin()?.alarms(filter, Page { after, limit }).await?;
    let next = records.last().filter(|_| records.len() == limit as usize).map(list::cursor);
    Ok((records, next))
}

fn row(visit: &Visit, f: &Frame, record: AlarmRecord) -> Row {
    let snapshot = visit.app().snapshot();
    let region = record.region.and_then(|id| snapshot.catalog.region(id));
    Row {
        device: record.alarm.key.device.to_string(),
        severity: markup::severity(f.t, record.alarm.severity),
        href: format!("{}/devices/{}", f.base, record.alarm.key.device),
        mac: record.mac.to_string(),
        ip: record.peer.map_or_else(String::new, |peer| peer.to_string()),
        region: region.map_or_else(String::new, |region| region.name.to_string()),
        raised: f.ago(record.alarm.raised_at),
        last: f.ago(record.alarm.last_action_at),
        count: record.alarm.count,
        name: record.alarm.key.name,
        description: record.alarm.key.qualifier,
    }
}
