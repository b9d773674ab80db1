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
pub(super) mod result;

use ipp_core::{
    access::Capability,
    app::admin::{
        device_bulk::{BulkItem, Selection},
        touched::Touched,
    },
    id::JobId,
};

pub(super) use self::choice::{Offer, UserChoice, offers, offers_of_users};
use self::{choice::Choice, result::Outcome};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input},
        form::{Form, is_of_the_form},
        frame::Frame,
        messages::{Messages, fill},
        redirect,
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

/// The form, for devices that an address names.
pub(crate) async fn show<A: Action>(visit: Visit) -> Reply {
    let asked = visit.asked()?;
    let choice = Choice::read(&visit, &asked).await?;
    let (f, form) = form::<A>(&visit, choice, &asked).await?;
    Ok(form.page(f))
}

/// The form for devices that were ticked, or the deed once it is confirmed.
pub(crate) async fn submit<A: Action>(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let choice = Choice::read(&visit, &asked).await?;
    if !asked.has("confirmed") {
        let (f, form) = form::<A>(&visit, choice, &asked).await?;
        return Ok(form.page(f));
    }
    match A::run(&visit, choice.selection.clone(), &asked).await {
        Ok(Deed::Job(job)) => Ok(redirect(&visit.surface.mount.below(&format!("/ipp/jobs/{job}")))),
        Ok(Deed::Report(items, job)) => {
            let title = A::words(visit.frame("").t)[0];
            Ok(result::page(&visit, title, items.into_iter().map(Outcome::of_device).collect(), job))
        }
        Err(problem) if is_of_the_form(&problem) => {
            let (f, form) = form::<A>(&visit, choice, &asked).await?;
            form.refused(f, problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn form<A: Action>(visit: &Visit, choice: Choice, asked: &Fields) -> Result<(Frame, Form), Problem> {
    let touched = visit.admin()?.touched(capability(visit), &choice.selection).await?;
    let t = visit.frame("").t;
    let [title, about, verb] = A::words(t);
    let f = visit.frame(title).below(t.devices_status, visit.surface.mount.below("/ipp/devices"));
    let mut form = Form::new(fill(verb, &[&devices(t, touched.devices)]), choice.back(&f.base));
    form.lead = touches(visit, t, &choice, &touched).await?;
    about.clone_into(&mut form.about);
    form.hints = hints::<A>(t, &touched);
    form.fields = A::fields(visit, t, asked);
    form.destroys = A::DESTROYS;
    form.nothing = touched.devices == 0;
    form.hidden = choice.hidden;
    form.hidden.push(("confirmed", "yes".to_owned()));
    Ok((f, form))
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
pub(super) fn devices(t: &Messages, devices: u64) -> String {
    if devices == 1 {
        return t.actions.one_device.to_owned();
    }
    fill(t.actions.some_devices, &[&grouped(devices)])
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
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
