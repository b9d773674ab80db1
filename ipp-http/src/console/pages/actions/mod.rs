//! What is done to devices that were chosen: first a page that says what is touched and asks for the rest,
//! then the deed (DEV-36, DEV-37, DEV-41). What phones are told becomes a job; what is only written is done at
//! once, and what became of each device is shown.

pub(crate) mod approve;
pub(crate) mod check;
mod choice;
pub(crate) mod configuration;
pub(crate) mod delete;
pub(crate) mod firmware;
pub(crate) mod generate;
pub(crate) mod message;
mod pace;
pub(crate) mod relocate;
pub(crate) mod restart;
mod result;

use askama::Template;
use http::StatusCode;
use ipp_core::{
    access::Capability,
    app::admin::{
        device_bulk::{BulkItem, Selection},
        touched::Touched,
    },
    id::JobId,
};

use self::choice::Choice;
pub(super) use self::choice::{Offer, offers};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input, blame},
        frame::Frame,
        messages::{Messages, fill},
        redirect,
        visit::{page, render},
    },
    problem::Problem,
    route::Guard,
};

/// Something that can be done to devices.
pub(crate) trait Action: Send + Sync + 'static {
    /// Whether it takes something away.
    const DESTROYS: bool = false;
    /// Whether phones that are silent are left out.
    const SKIPS_SILENT: bool = false;

    /// What it is called, what it does, and the verb with `{}` for the devices.
    fn words(t: &Messages) -> [&'static str; 3];

    /// What it asks for, with what was typed.
    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field>;

    /// Does it.
    fn run(
        visit: &Visit,
        chosen: Selection,
        asked: &Fields,
    ) -> impl Future<Output = Result<Deed, Problem>> + Send;
}

/// What was done.
#[derive(Debug)]
pub(crate) enum Deed {
    /// A job that goes on.
    Job(JobId),
    /// Each device by itself, and the job that tells the phones of it.
    Report(Vec<BulkItem>, Option<JobId>),
}

#[derive(Template)]
#[template(path = "console/action.html")]
struct ActionPage {
    f: Frame,
    about: &'static str,
    touches: String,
    hints: Vec<String>,
    fields: Vec<Field>,
    choice: Choice,
    go: String,
    destroys: bool,
    nothing: bool,
    back: String,
    wrong: Option<String>,
}

/// The form, for devices that an address names.
pub(crate) async fn show<A: Action>(visit: Visit) -> Reply {
    let asked = visit.asked()?;
    let choice = Choice::read(&visit, &asked)?;
    Ok(page(&form::<A>(&visit, choice, &asked, None).await?))
}

/// The form for devices that were ticked, or the deed once it is confirmed.
pub(crate) async fn submit<A: Action>(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let choice = Choice::read(&visit, &asked)?;
    if !asked.has("confirmed") {
        return Ok(page(&form::<A>(&visit, choice, &asked, None).await?));
    }
    match A::run(&visit, choice.selection.clone(), &asked).await {
        Ok(Deed::Job(job)) => Ok(redirect(&visit.surface.mount.below(&format!("/ipp/jobs/{job}")))),
        Ok(Deed::Report(items, job)) => Ok(result::page::<A>(&visit, items, job)),
        Err(problem) if problem.status().is_client_error() && problem.status() != StatusCode::NOT_FOUND => {
            let form = form::<A>(&visit, choice, &asked, Some(&problem)).await?;
            Ok(render(&form, problem.status()))
        }
        Err(problem) => Err(problem),
    }
}

async fn form<A: Action>(
    visit: &Visit,
    choice: Choice,
    asked: &Fields,
    problem: Option<&Problem>,
) -> Result<ActionPage, Problem> {
    let touched = visit.admin()?.touched(capability(visit), &choice.selection).await?;
    let f = visit.frame("");
    let t = f.t;
    let [title, about, verb] = A::words(t);
    let f = visit.frame(title).below(t.devices_status, visit.surface.mount.below("/ipp/devices"));
    let mut fields = A::fields(visit, t, asked);
    let wrong = problem.and_then(|problem| blame(&mut fields, problem));
    Ok(ActionPage {
        about,
        touches: touches(visit, t, &choice, &touched).await?,
        hints: hints::<A>(t, &touched),
        go: fill(verb, &[&devices(t, touched.devices)]),
        destroys: A::DESTROYS,
        nothing: touched.devices == 0,
        back: choice.back(&f.base),
        fields,
        choice,
        wrong,
        f,
    })
}

/// What the route of this page needs.
fn capability(visit: &Visit) -> Capability {
    match visit.operation.map(|operation| operation.route().guard) {
        Some(Guard::Needs(capability)) => capability,
        Some(Guard::Anybody | Guard::Person | Guard::Phone) | None => Capability::View,
    }
}

/// Which devices, in a sentence.
async fn touches(visit: &Visit, t: &Messages, choice: &Choice, touched: &Touched) -> Result<String, Problem> {
    if let Some(id) = choice.only() {
        let record = visit.admin()?.device(id).await?;
        let owner = record.owner.map_or_else(String::new, |owner| format!(" ({})", owner.name));
        let device = format!("{}{owner}", record.device.value.mac);
        return Ok(fill(t.actions.touches_one, &[&device]));
    }
    let regions = match touched.regions.len() {
        1 => t.actions.regions_one.to_owned(),
        several => fill(t.actions.regions, &[&several]),
    };
    Ok(match touched.devices {
        0 => t.actions.touches_none.to_owned(),
        devices => fill(t.actions.touches, &[&grouped(devices), &regions]),
    })
}

fn hints<A: Action>(t: &Messages, touched: &Touched) -> Vec<String> {
    let silent = if A::SKIPS_SILENT { t.actions.silent_skipped } else { t.actions.silent };
    [(silent, touched.silent), (t.actions.pending, touched.pending)]
        .into_iter()
        .filter(|(_, devices)| *devices > 0)
        .map(|(text, devices)| fill(text, &[&grouped(devices)]))
        .collect()
}

/// So many devices, in words.
fn devices(t: &Messages, devices: u64) -> String {
    if devices == 1 {
        return t.actions.one_device.to_owned();
    }
    fill(t.actions.some_devices, &[&grouped(devices)])
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_204, 1_000_000].map(grouped), ["0", "999", "1,204", "1,000,000"]);
    }
}
