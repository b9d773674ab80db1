//! Has devices take their files (DEV-33, MUL-19, MDV-20).

use ipp_core::{
    app::admin::device_bulk::Selection,
    job::{JobAction, Pace},
};

use super::{Action, Deed, pace};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Configuration;

impl Action for Configuration {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.configuration, t.actions.configuration_about, t.actions.configuration_now]
    }

    fn fields(_: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        pace::fields(t, asked, Pace::ONE_BY_ONE)
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        pace::begin(visit, JobAction::UpdateConfiguration, chosen, asked).await
    }
}
