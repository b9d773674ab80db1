//! The dashboard, which is the home page (DASH-01 to DASH-22, LGN-08 to LGN-12).

mod live;

use askama::Template;
use ipp_core::{
    access::Caller,
    app::{
        App,
        admin::dashboard::{Dashboard as Figures, Dashboard},
    },
    id::RegionId,
    log::Hour,
    store::{AlarmFilter, AlarmRecord, AnyStore, DeviceFilter, DeviceSort, Order, Page, Sorted},
};
use serde::Deserialize;

pub(crate) use self::live::follow;
use super::devices::{Row, row};
use crate::{
    console::{
        Reply, Visit,
        charts::{self, Share},
        frame::Frame,
        markup::{self, Html},
        messages::{Messages, fill},
        visit::page,
    },
    problem::Problem,
};

/// How many of the newest alarms, and of the phones, are shown.
const NEWEST: u32 = 6;
const PHONES: u32 = 12;

#[derive(Template)]
#[template(path = "console/dashboard.html")]
struct DashboardPage {
    f: Frame,
    figures: Vec<Figure>,
    charts: Vec<Chart>,
    line: Option<Line>,
    alarms: Vec<Alarm>,
    rows: Vec<Row>,
    live: String,
    newest: String,
    scope: String,
}

/// A number that leads to its list.
#[derive(Debug)]
struct Figure {
    key: &'static str,
    mark: Html,
    number: String,
    sub: String,
    href: String,
}

/// A donut and its table.
#[derive(Debug)]
struct Chart {
    id: &'static str,
    title: &'static str,
    donut: Html,
    shares: Vec<Share>,
}

#[derive(Debug)]
struct Line {
    svg: Html,
    text: String,
}

/// One of the newest alarms.
#[derive(Debug)]
struct Alarm {
    severity: Html,
    name: String,
    description: String,
    href: String,
    mac: String,
    at: Html,
}

/// Which region is looked at; all where none is named.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    region: String,
}

/// Everything on the page that changes while it is open.
#[derive(Debug)]
struct Shown {
    figures: Dashboard,
    shares: [Vec<Share>; 3],
    newest: String,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let region = region(&visit)?;
    let caller = visit.caller_in(region)?;
    let t = crate::console::messages::ENGLISH;
    let f = visit.frame(t.dashboard).scoped(&visit, region);
    let (shown, alarms) = read(visit.app(), &caller, t, &f.base).await?;
    let admin = visit.app().admin(caller);
    let hours = admin.history(admin.hours_ago(24), None).await?;
    let line = line(t, &hours, admin.hours_ago(0), shown.figures.registered);
    let sorted = Sorted { by: DeviceSort::User, order: Order::Ascending };
    let owned = DeviceFilter { owned: Some(true), ..DeviceFilter::all() };
    let records = admin.devices(owned, sorted, Page { after: None, limit: PHONES }).await?;
    let rows = records.iter().map(|record| row(&visit, &f, &record.row)).collect();
    let scope = region.map_or_else(String::new, |region| format!("region={region}"));
    let follow = if scope.is_empty() { String::new() } else { format!("?{scope}") };
    let follow = format!("{}/dashboard/live{follow}", f.base);
    let figures = figures(&f, &shown.figures, &scope);
    let [by_region, by_model, by_version] = shown.shares;
    let charts = vec![
        Chart { id: "by-region", title: t.by_region, donut: charts::donut(&by_region), shares: by_region },
        Chart { id: "by-model", title: t.by_model, donut: charts::donut(&by_model), shares: by_model },
        Chart {
            id: "by-version",
            title: t.by_version,
            donut: charts::donut(&by_version),
            shares: by_version,
        },
    ];
    let alarms = alarms.into_iter().map(|record| alarm(&f, record)).collect();
    Ok(page(&DashboardPage {
        figures,
        charts,
        line,
        alarms,
        rows,
        live: follow,
        newest: shown.newest,
        scope,
        f,
    }))
}

fn region(visit: &Visit) -> Result<Option<RegionId>, Problem> {
    let Asked { region } = visit.query()?;
    // What is no id is no region.
    (!region.is_empty()).then(|| region.parse().map_err(|_| Problem::not_found())).transpose()
}

/// What is on the page, for the page and for those who follow it.
async fn read(
    app: &App<AnyStore>,
    caller: &Caller,
    t: &Messages,
    base: &str,
) -> Result<(Shown, Vec<AlarmRecord>), Problem> {
    let admin = app.admin(caller.clone());
    let figures: Figures = admin.dashboard().await?;
    let newest = Page { after: None, limit: NEWEST };
    let alarms = admin.alarms(AlarmFilter::default(), newest).await?;
    let snapshot = app.snapshot();
    let link = |name: &str, value: &str| {
        let query = serde_html_form::to_string([("status", "registered"), (name, value)]).unwrap_or_default();
        if value.is_empty() { String::new() } else { format!("{base}/devices?{query}") }
    };
    let by_region = figures.by_region.iter().map(|(id, devices)| {
        let key = id.map_or_else(String::new, |id| id.to_string());
        let title = id.and_then(|id| snapshot.catalog.region(id)).map(|region| region.name.to_string());
        let href = link("region", &key);
        (key, title.unwrap_or_else(|| t.no_region.to_owned()), *devices, href)
    });
    let named = |name: &'static str, counts: &std::collections::BTreeMap<String, u64>| {
        let row = |(text, devices): (&String, &u64)| {
            let title = if text.is_empty() { t.unknown.to_owned() } else { text.clone() };
            (text.clone(), title, *devices, link(name, text))
        };
        counts.iter().map(row).collect::<Vec<_>>()
    };
    let shares = [
        charts::shares(t, "region", by_region.collect()),
        charts::shares(t, "model", named("model", &figures.by_model)),
        charts::shares(t, "version", named("version", &figures.by_version)),
    ];
    let newest = alarms.first().map_or_else(String::new, |record| record.alarm.last_action_at.to_string());
    let newest = format!("{newest}.{}", alarms.len());
    Ok((Shown { figures, shares, newest }, alarms))
}

fn figures(f: &Frame, of: &Dashboard, scope: &str) -> Vec<Figure> {
    let t = f.t;
    let devices = |filter: &str| {
        let query = [filter, scope].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        if query.is_empty() { format!("{}/devices", f.base) } else { format!("{}/devices?{query}", f.base) }
    };
    let figure = |key, mark, number: String, sub: String, filter: &str| Figure {
        key,
        mark,
        number,
        sub,
        href: devices(filter),
    };
    let none = String::new;
    vec![
        figure(
            "registered",
            f.mark("registered", t.registered),
            of.registered.to_string(),
            none(),
            "status=registered",
        ),
        figure(
            "non-registered",
            f.mark("offline", t.non_registered),
            of.non_registered.to_string(),
            none(),
            "status=non-registered",
        ),
        figure(
            "disconnected",
            f.mark("disconnected", t.disconnected),
            of.disconnected.to_string(),
            none(),
            "status=disconnected",
        ),
        figure(
            "percent",
            f.mark("dashboard", t.registered_percent),
            format!("{} %", of.registered_percent()),
            fill(t.of_devices, &[&of.devices()]),
            "",
        ),
        figure("pending", f.mark("pending", t.pending), of.pending.to_string(), none(), "approved=no"),
    ]
}

fn line(t: &Messages, hours: &[(Hour, ipp_core::log::Figures)], present: Hour, now: u64) -> Option<Line> {
    let mut points: Vec<(u32, u64)> = (1..=24_u32)
        .rev()
        .filter_map(|back| {
            let hour = present.minus(i64::from(back));
            let found = hours.iter().find(|(other, _)| *other == hour)?;
            Some((back, found.1.registered))
        })
        .collect();
    if points.is_empty() {
        return None;
    }
    points.push((0, now));
    let (least, most) =
        points.iter().fold((u64::MAX, 0), |(least, most), (_, value)| (least.min(*value), most.max(*value)));
    Some(Line { svg: charts::line(&points, 24), text: fill(t.line_text, &[&least, &most, &now]) })
}

fn alarm(f: &Frame, record: AlarmRecord) -> Alarm {
    Alarm {
        severity: markup::severity(f.t, record.alarm.severity),
        href: format!("{}/devices/{}", f.base, record.alarm.key.device),
        at: f.ago(record.alarm.last_action_at),
        mac: record.mac.to_string(),
        name: record.alarm.key.name,
        description: record.alarm.key.qualifier,
    }
}
