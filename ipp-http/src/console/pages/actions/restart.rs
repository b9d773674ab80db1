//! Restarts devices in batches (DEV-32, MUL-13, MUL-14, MDV-16 to MDV-18).

use http::StatusCode;
use ipp_core::{
    app::admin::device_bulk::Selection,
    job::{JobAction, Pace},
    outbound::RestartKind,
};

use super::{Action, Deed, Input, pace};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        listing::choices,
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Restart;

impl Action for Restart {
    const SKIPS_SILENT: bool = true;

    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.restart, t.actions.restart_about, t.actions.restart_now]
    }

    fn fields(_: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        let a = &t.actions;
        let kinds = [("graceful", a.graceful), ("force", a.force), ("scheduled", a.scheduled)]
            .map(|(value, title)| (value.to_owned(), title.to_owned()));
        let mode =
            Input::Choice { choices: choices(kinds, asked.text_or("mode", "graceful")), needed: false };
        let minutes = Input::Text { value: asked.text("minutes").to_owned(), needed: false };
        let mut fields =
            vec![Field::new("mode", a.mode, mode).help(a.mode_help), Field::new("minutes", a.delay, minutes)];
        fields.extend(pace::fields(t, asked, Pace::RESTART));
        fields
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        pace::begin(visit, JobAction::Restart(kind(asked)?), chosen, asked).await
    }
}

fn kind(asked: &Fields) -> Result<RestartKind, Problem> {
    let wrong = |at: &str, text: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text).at(at);
    match (asked.text("mode"), asked.text("minutes")) {
        ("graceful", "") => Ok(RestartKind::Graceful),
        ("force", "") => Ok(RestartKind::Force),
        ("scheduled", _) => Ok(RestartKind::Scheduled(asked.number("minutes")?)),
        ("graceful" | "force", _) => {
            Err(wrong("/minutes", "minutes are for scheduled; leave them empty, or choose scheduled"))
        }
        _ => Err(wrong("/mode", "choose graceful, force or scheduled")),
    }
}
