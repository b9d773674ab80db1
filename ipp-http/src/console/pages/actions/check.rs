//! Asks devices for their state (DEV-27).

use ipp_core::{app::admin::device_bulk::Selection, job::JobAction};

use super::{Action, Deed, pace};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Check;

impl Action for Check {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.check, t.actions.check_about, t.actions.check_now]
    }

    fn fields(_: &Visit, _: &'static Messages, _: &Fields) -> Vec<Field> {
        Vec::new()
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        pace::begin(visit, JobAction::CheckStatus, chosen, asked).await
    }
}
