//! Everything that pages are made of, on one page, where the host asks for it.

use askama::Template;
use ipp_core::alarm::Severity;

use crate::{
    console::{
        Reply, Visit, charts,
        frame::Frame,
        markup::{self, Html},
        messages::ENGLISH,
        visit::page,
    },
    problem::Problem,
};

#[derive(Template)]
#[template(path = "console/design.html")]
struct DesignPage {
    f: Frame,
    colours: &'static [&'static str],
    marks: Vec<Html>,
    severities: Vec<Html>,
    donut: Html,
    shares: Vec<charts::Share>,
    line: Html,
}

const COLOURS: &[&str] = &[
    "ground", "surface", "sunken", "line", "text", "muted", "accent", "good", "going", "quiet", "bad",
    "waits", "major",
];

pub(crate) async fn show(visit: Visit) -> Reply {
    if !visit.console.design_page {
        return Err(Problem::not_found());
    }
    let t = ENGLISH;
    let f = visit.frame(t.design);
    let marks = [
        ("registered", t.registered),
        ("started", t.started),
        ("offline", t.offline),
        ("never", t.never_seen),
        ("disconnected", t.disconnected),
        ("pending", t.pending),
        ("disabled", t.disabled),
        ("stale", t.stale),
        ("proxy", t.behind_proxy),
        ("generic", t.generic_out),
    ];
    let marks = marks.map(|(name, text)| f.mark(name, text)).into();
    let severities =
        [Severity::Critical, Severity::Major, Severity::Minor, Severity::Warning, Severity::Indeterminate];
    let severities = severities.map(|severity| markup::severity(t, severity)).into();
    let share = |title: &str, devices| (title.to_owned(), title.to_owned(), devices, String::new());
    let counts =
        [("Berlin", 412), ("Hong Kong", 280), ("Zürich", 96), ("Tel Aviv", 40), ("Oslo", 12), ("Lima", 9)];
    let shares = charts::shares(t, "example", counts.map(|(title, devices)| share(title, devices)).into());
    let line = charts::line(&[(24, 40), (20, 44), (16, 44), (12, 31), (8, 52), (4, 57), (0, 58)], 24);
    Ok(page(&DesignPage {
        donut: charts::donut(&shares),
        f,
        colours: COLOURS,
        marks,
        severities,
        shares,
        line,
    }))
}
