//! One job: how far it is, what became of each phone, and the ways to steer it (MUL-22, MUL-23).

use askama::Template;
use http::StatusCode;
use ipp_core::{
    app::admin::jobs::SeenItem,
    id::JobId,
    job::{ItemState, Job, JobState, Steer},
    store::{JobItems, Page},
};

use super::jobs::{Row, row};
use crate::{
    admin::page as pages,
    console::{
        Reply, Visit,
        frame::Frame,
        listing::Address,
        markup::{self, Html},
        messages::{Messages, fill},
        redirect,
        visit::page,
    },
    problem::Problem,
};

#[derive(Template)]
#[template(path = "console/job.html")]
struct JobPage {
    f: Frame,
    row: Row,
    facts: Vec<(&'static str, Html)>,
    pace: String,
    author: String,
    counts: Vec<Count>,
    items: Vec<Item>,
    steers: Vec<(&'static str, &'static str)>,
    /// What cancelling leaves out; none where it is over.
    cancel: Option<String>,
    shown: String,
    next: Option<String>,
    first: Option<String>,
    redraws: bool,
}

/// How many phones are in a state, with the link to them.
#[derive(Debug)]
struct Count {
    title: &'static str,
    phones: u64,
    href: String,
    chosen: bool,
}

#[derive(Debug)]
struct Item {
    number: u32,
    href: String,
    mac: String,
    state: Html,
    text: String,
    at: Html,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let id: JobId = visit.id()?;
    let admin = visit.admin()?;
    let job = admin.job(id).await?;
    let asked = visit.asked()?;
    let word = asked.text("state");
    let state = (!word.is_empty()).then(|| of_word(word)).transpose()?;
    let (after, limit): (Option<u32>, u32) = (asked.maybe("after")?, pages::limit(None)?);
    let found = admin.job_items(JobItems { job: id, state }, Page { after, limit }).await?;
    let t = visit.frame("").t;
    let seen = row(&visit, &visit.frame(""), &job);
    let list = visit.surface.mount.below("/ipp/jobs");
    let f = visit.frame(seen.action.clone()).below(t.jobs.title, list);
    let address = Address::at(&f.path).with("state", word);
    let full = found.len() == limit as usize;
    let next =
        found.last().filter(|_| full).map(|item| address.set("after", &number(item).to_string()).text());
    let first = after.is_some().then(|| address.text());
    let shown = match (&next, &first) {
        (Some(_), _) => fill(t.shown_some, &[&found.len()]),
        (None, Some(_)) => fill(t.shown_last, &[&found.len()]),
        (None, None) => fill(t.shown_all, &[&found.len()]),
    };
    let may = admin.caller().need(job.action.capability()).is_ok();
    Ok(page(&JobPage {
        facts: facts(&f, &visit, &job),
        pace: fill(t.jobs.pace_text, &[&job.pace.batch.get(), &job.pace.pause.get()]),
        author: job.author.name.clone(),
        counts: counts(t, &job, &f.path, state),
        items: found.iter().map(|item| shown_item(&f, item)).collect(),
        steers: if may { steers(t, &job) } else { Vec::new() },
        cancel: (may && !job.state.is_over())
            .then(|| fill(t.jobs.cancel_text, &[&(job.counts.queued + job.counts.waiting)])),
        redraws: !job.state.is_over() || job.counts.open() > 0,
        row: seen,
        shown,
        next,
        first,
        f,
    }))
}

/// Steers it, and shows it again. What is out of place meanwhile says so.
pub(crate) async fn steer(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let steer = match asked.text("do") {
        "pause" => Steer::Pause,
        "resume" => Steer::Resume,
        "cancel" => Steer::Cancel,
        "retry" => Steer::Retry,
        _ => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Pause, resume, cancel or retry it."));
        }
    };
    let id: JobId = visit.id()?;
    visit.admin()?.steer_job(id, steer).await?;
    Ok(redirect(&visit.surface.mount.below(&format!("/ipp/jobs/{id}"))))
}

fn facts(f: &Frame, visit: &Visit, job: &Job) -> Vec<(&'static str, Html)> {
    let t = &f.t.jobs;
    let next = (job.state == JobState::Active && job.counts.queued > 0).then_some(job.next_at);
    [
        (t.begun, Some(job.created_at)),
        (t.next, next.filter(|at| *at > visit.now())),
        (t.end, job.expected_end(visit.now())),
        (t.ended, job.ended_at),
    ]
    .into_iter()
    .filter_map(|(label, at)| Some((label, markup::exact(at?))))
    .collect()
}

fn counts(t: &Messages, job: &Job, path: &str, chosen: Option<ItemState>) -> Vec<Count> {
    let all = Count {
        title: t.jobs.all,
        phones: job.counts.total(),
        href: path.to_owned(),
        chosen: chosen.is_none(),
    };
    let of = ItemState::ALL.into_iter().filter(|state| job.counts.of(*state) > 0 || chosen == Some(*state));
    let of = of.map(|state| Count {
        title: title(t, state),
        phones: job.counts.of(state),
        href: Address::at(path).with("state", state.word()).text(),
        chosen: chosen == Some(state),
    });
    std::iter::once(all).chain(of).collect()
}

fn steers(t: &Messages, job: &Job) -> Vec<(&'static str, &'static str)> {
    let again = job.counts.failed > 0 || job.action.is_idempotent() && job.counts.unknown > 0;
    let moving = match job.state {
        JobState::Active => Some(("pause", t.jobs.pause)),
        JobState::Paused => Some(("resume", t.jobs.resume)),
        JobState::Finished | JobState::Cancelled => None,
    };
    moving.into_iter().chain(again.then_some(("retry", t.jobs.retry))).collect()
}

fn shown_item(f: &Frame, item: &SeenItem) -> Item {
    let item = match item {
        SeenItem::Here(item) => item,
        SeenItem::MovedAway(number, state) => {
            return Item {
                number: number + 1,
                href: String::new(),
                mac: f.t.jobs.moved_away.to_owned(),
                state: mark(f, *state),
                text: String::new(),
                at: Html::default(),
            };
        }
    };
    Item {
        number: item.number + 1,
        href: format!("{}/devices/{}", f.base, item.device),
        mac: item.mac.to_string(),
        state: mark(f, item.state),
        text: item.text.as_str().to_owned(),
        at: item.at.map(|at| f.ago(at)).unwrap_or_default(),
    }
}

const fn number(item: &SeenItem) -> u32 {
    match item {
        SeenItem::Here(item) => item.number,
        SeenItem::MovedAway(number, _) => *number,
    }
}

fn mark(f: &Frame, state: ItemState) -> Html {
    let icon = match state {
        ItemState::Queued => "never",
        ItemState::Sending => "started",
        ItemState::Waiting => "pending",
        ItemState::Accepted | ItemState::Confirmed => "good",
        ItemState::Failed => "disconnected",
        ItemState::Skipped | ItemState::Cancelled => "disabled",
        ItemState::Unknown => "offline",
    };
    f.mark(icon, title(f.t, state))
}

const fn title(t: &Messages, state: ItemState) -> &'static str {
    let t = &t.jobs;
    match state {
        ItemState::Queued => t.queued,
        ItemState::Sending => t.sending,
        ItemState::Accepted => t.accepted,
        ItemState::Failed => t.failed,
        ItemState::Skipped => t.skipped,
        ItemState::Unknown => t.unknown,
        ItemState::Cancelled => t.cancelled,
        ItemState::Confirmed => t.confirmed,
        ItemState::Waiting => t.waiting,
    }
}

fn of_word(word: &str) -> Result<ItemState, Problem> {
    ItemState::ALL.into_iter().find(|state| state.word() == word).ok_or_else(|| {
        let words = ItemState::ALL.map(ItemState::word).join(", ");
        Problem::new(StatusCode::BAD_REQUEST, format!("`{word}` is no state; use one of {words}"))
    })
}
