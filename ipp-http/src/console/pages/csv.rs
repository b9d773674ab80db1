//! Import and export of users and devices (CSV-01 to CSV-14). A file can be checked first: every fault is named
//! with its line and column, and nothing is imported.

use askama::Template;
use http::StatusCode;
use ipp_core::{
    app::admin::csv::{ImportOptions, ImportReport, Mode},
    csv::{Limits, plan::Action},
};

use crate::{
    console::{
        Reply, Visit,
        fields::Fields,
        form::is_of_the_form,
        frame::{Choice, Frame},
        listing::choices,
        messages::{Messages, fill},
        upload::Upload,
        visit::render,
    },
    problem::Problem,
    route::ConsoleOperation,
};

/// How many faults are listed.
const LISTED: usize = 500;

#[derive(Template)]
#[template(path = "console/csv.html")]
struct CsvPage {
    f: Frame,
    modes: Vec<Choice>,
    lync: bool,
    report: Option<Report>,
    wrong: Option<String>,
    reveals: bool,
}

/// What an import did, or would do.
#[derive(Debug)]
struct Report {
    good: bool,
    text: String,
    counts: Vec<(&'static str, usize)>,
    ignored: String,
    faults: Vec<Fault>,
    rest: Option<String>,
}

#[derive(Debug)]
struct Fault {
    line: u64,
    name: String,
    column: String,
    reason: String,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let page = form(&visit, &Fields::default());
    Ok(render(&page, StatusCode::OK))
}

pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let Upload { fields, file } = visit.upload(Limits::default().bytes).await?;
    let mut page = form(&visit, &fields);
    let Some(file) = file.filter(|file| !file.is_empty()) else {
        page.wrong = Some(page.f.t.csv.no_file.to_owned());
        return Ok(render(&page, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let mode = if fields.text("mode") == "skip_bad_rows" { Mode::SkipBadRows } else { Mode::AllOrNothing };
    let dry_run = fields.text("do") != "import";
    let options = ImportOptions { mode, dry_run, lync: fields.has("lync"), ..ImportOptions::default() };
    match visit.admin()?.import_csv(&file, &options).await.map_err(Problem::from) {
        Ok(report) => {
            let refused = !dry_run && !report.applied;
            page.report = Some(told(page.f.t, report, dry_run));
            Ok(render(&page, if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }))
        }
        Err(problem) if is_of_the_form(&problem) => {
            page.wrong = Some(problem.detail().to_owned());
            Ok(render(&page, problem.status()))
        }
        Err(problem) => Err(problem),
    }
}

fn form(visit: &Visit, asked: &Fields) -> CsvPage {
    let t = visit.frame("").t;
    let modes = [("all_or_nothing", t.csv.all_or_nothing), ("skip_bad_rows", t.csv.skip_bad_rows)]
        .map(|(value, title)| (value.to_owned(), title.to_owned()));
    CsvPage {
        f: visit.frame(t.csv.title),
        modes: choices(modes, asked.text("mode")),
        lync: asked.has("lync"),
        report: None,
        wrong: None,
        reveals: visit.may(ConsoleOperation::RevealFileByForm),
    }
}

fn told(t: &Messages, report: ImportReport, dry_run: bool) -> Report {
    let (failed, all) = (report.failed(), report.rows.len());
    let text = if dry_run {
        t.csv.checked.to_owned()
    } else if report.applied {
        t.csv.imported.to_owned()
    } else {
        fill(t.csv.refused, &[&failed, &all])
    };
    let counts = vec![
        (t.csv.users_created, report.count(Action::Create)),
        (t.csv.users_updated, report.count(Action::Update)),
        (t.csv.unchanged, report.count(Action::Unchanged)),
        (t.csv.failed, failed),
        (t.csv.devices_created, report.devices_created),
        (t.csv.devices_updated, report.devices_updated),
    ];
    let ignored = report.ignored.join(", ");
    let mut faults = Vec::new();
    for row in report.rows {
        for fault in row.outcome.err().unwrap_or_default() {
            let column = fault.column.unwrap_or_else(|| t.csv.row.to_owned());
            faults.push(Fault { line: row.line, name: row.name.clone(), column, reason: fault.reason });
        }
    }
    let rest = (faults.len() > LISTED).then(|| fill(t.csv.rest, &[&LISTED]));
    faults.truncate(LISTED);
    Report { good: failed == 0, text, counts, ignored, faults, rest }
}
