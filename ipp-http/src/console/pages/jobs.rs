//! Jobs, the latest first: those that go on, or all (MUL-22, MUL-23, DEV-41).

use askama::Template;
use ipp_core::{
    id::JobId,
    job::{Job, JobAction, JobState},
    outbound::RestartKind,
    store::{JobFilter, Page},
};

use crate::{
    admin::page as pages,
    console::{
        Reply, Visit,
        frame::Frame,
        listing::Address,
        markup::{self, Html},
        messages::fill,
        visit::page,
    },
};

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct JobsPage {
    f: Frame,
    rows: Vec<Row>,
    only_open: bool,
    shown: String,
    next: Option<String>,
    first: Option<String>,
    redraws: bool,
}

/// A job as it is listed.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) href: String,
    pub(super) action: String,
    pub(super) state: Html,
    pub(super) total: u64,
    pub(super) done: u64,
    pub(super) progress: String,
    pub(super) failed: u64,
    pub(super) unknown: u64,
    pub(super) author: String,
    pub(super) begun: Html,
    /// When it was over, or will be.
    pub(super) end: Html,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let asked = visit.asked()?;
    let f = visit.frame(visit.frame("").t.jobs.title);
    let only_open = asked.text("open") == "yes";
    let after: Option<JobId> = asked.maybe("after")?;
    let limit = pages::limit(None)?;
    let states = JobState::ALL.into_iter().filter(|state| !only_open || !state.is_over()).collect();
    let jobs = visit.admin()?.jobs(JobFilter { states, author: None }, Page { after, limit }).await?;
    let address = Address::at(&f.path).with("open", asked.text("open"));
    let next = jobs.last().filter(|_| jobs.len() == limit as usize);
    let next = next.map(|job| address.set("after", &job.id.to_string()).text());
    let first = after.is_some().then(|| address.text());
    let shown = match (&next, &first) {
        (Some(_), _) => fill(f.t.shown_some, &[&jobs.len()]),
        (None, Some(_)) => fill(f.t.shown_last, &[&jobs.len()]),
        (None, None) => fill(f.t.shown_all, &[&jobs.len()]),
    };
    let redraws = jobs.iter().any(|job| !job.state.is_over());
    let rows = jobs.iter().map(|job| row(&visit, &f, job)).collect();
    Ok(page(&JobsPage { f, rows, only_open, shown, next, first, redraws }))
}

/// A job as it is listed.
pub(super) fn row(visit: &Visit, f: &Frame, job: &Job) -> Row {
    let t = &f.t.jobs;
    let (total, open) = (job.counts.total(), job.counts.open());
    let end = job.ended_at.or_else(|| job.expected_end(visit.now()));
    Row {
        href: format!("{}/jobs/{}", f.base, job.id),
        action: named(visit, f, &job.action),
        state: state(f, job.state),
        total,
        done: total - open,
        progress: fill(t.done_of, &[&(total - open), &total]),
        failed: job.counts.failed,
        unknown: job.counts.unknown,
        author: job.author.name.clone(),
        begun: f.ago(job.created_at),
        end: end.map(markup::exact).unwrap_or_default(),
    }
}

/// What a job does, in words.
fn named(visit: &Visit, f: &Frame, action: &JobAction) -> String {
    let t = &f.t.jobs;
    match action {
        JobAction::CheckStatus => t.check.to_owned(),
        JobAction::Restart(RestartKind::Graceful) => t.restart_graceful.to_owned(),
        JobAction::Restart(RestartKind::Force) => t.restart_force.to_owned(),
        JobAction::Restart(RestartKind::Scheduled(minutes)) => fill(t.restart_scheduled, &[&minutes.get()]),
        JobAction::UpdateConfiguration => t.configuration.to_owned(),
        JobAction::UpdateFirmware { firmware, .. } => {
            let snapshot = visit.app().snapshot();
            let name = snapshot.catalog.firmware(*firmware).map(|entry| entry.name.to_string());
            fill(t.firmware, &[&name.unwrap_or_else(|| t.firmware_gone.to_owned())])
        }
        JobAction::SendMessage { text, .. } => fill(t.message, &[&text.as_str()]),
    }
}

fn state(f: &Frame, state: JobState) -> Html {
    let t = &f.t.jobs;
    match state {
        JobState::Active => f.mark("started", t.active),
        JobState::Paused => f.mark("pending", t.paused),
        JobState::Finished => f.mark("good", t.finished),
        JobState::Cancelled => f.mark("disabled", t.cancelled),
    }
}
