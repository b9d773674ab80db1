//! Moves devices, and with them their users, to a region (DEV-28, AMB-103).

use ipp_core::{app::admin::device_bulk::Selection, id::RegionId};

use super::{Action, Deed, Input};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        frame,
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Relocate;

impl Action for Relocate {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.relocate, t.actions.relocate_about, t.actions.relocate_now]
    }

    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        vec![region(visit, t, asked)]
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        Ok(Deed::Report(visit.admin()?.move_devices(&chosen, asked.parse("region")?).await?, None))
    }
}

/// One of the regions that may be seen.
pub(super) fn region(visit: &Visit, t: &'static Messages, asked: &Fields) -> Field {
    let chosen: Option<RegionId> = asked.text("region").parse().ok();
    let regions = frame::regions(visit, chosen.as_slice());
    Field::new("region", t.actions.region, Input::Choice { choices: regions, needed: true })
}
