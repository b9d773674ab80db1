//! How fast phones are told, as fields of a form.

use ipp_core::{
    app::admin::{device_bulk::Selection, jobs::NewJob},
    job::{JobAction, Pace},
};

use super::Deed;
use crate::{
    console::{
        Visit,
        fields::{Field, Fields, Input},
        messages::Messages,
    },
    problem::Problem,
};

/// The fields, with what is usual (MUL-12, MUL-13, MUL-19).
pub(super) fn fields(t: &'static Messages, asked: &Fields, usual: Pace) -> Vec<Field> {
    let (batch, pause) = (usual.batch.get().to_string(), usual.pause.get().to_string());
    let number = |name: &str, usual: &str, least, most| Input::Number {
        value: asked.text_or(name, usual).to_owned(),
        least,
        most,
    };
    let t = &t.actions;
    vec![
        Field::new("batch", t.batch, number("batch", &batch, 1, 100)).help(t.batch_help),
        Field::new("pause", t.pause, number("pause", &pause, 0, 3_600)).help(t.pause_help),
    ]
}

/// Begins a job at the pace that was asked for.
pub(super) async fn begin(
    visit: &Visit,
    action: JobAction,
    phones: Selection,
    asked: &Fields,
) -> Result<Deed, Problem> {
    let usual = action.usual_pace();
    let pace = Pace {
        batch: if asked.has("batch") { asked.number("batch")? } else { usual.batch },
        pause: if asked.has("pause") { asked.number("pause")? } else { usual.pause },
    };
    let new = NewJob { action, phones, pace: Some(pace), starts_at: None };
    Ok(Deed::Job(visit.admin()?.begin_job(new).await?.id))
}
