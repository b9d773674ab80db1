//! Deletes devices; their users stay (DEV-35, MDV-08, AMB-18).

use ipp_core::app::admin::device_bulk::Selection;

use super::{Action, Deed};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Delete;

impl Action for Delete {
    const DESTROYS: bool = true;

    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.delete, t.actions.delete_about, t.actions.delete_now]
    }

    fn fields(_: &Visit, _: &'static Messages, _: &Fields) -> Vec<Field> {
        Vec::new()
    }

    async fn run(visit: &Visit, chosen: Selection, _: &Fields) -> Result<Deed, Problem> {
        Ok(Deed::Report(visit.admin()?.delete_devices(&chosen).await?, None))
    }
}
