//! Publishes the files of devices, and has the phones take them where that is asked for (MUL-16, MUL-17,
//! MDV-19, MDV-22).

use ipp_core::{
    app::admin::device_bulk::{BulkResult, Selection},
    job::JobAction,
};

use super::{Action, Deed, Input, pace};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
    route::ConsoleOperation,
};

pub(crate) struct Generate;

impl Action for Generate {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.generate, t.actions.generate_about, t.actions.generate_now]
    }

    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        if !visit.may(ConsoleOperation::UpdateConfigurationByForm) {
            return Vec::new();
        }
        let update = Input::Tick { on: asked.has("update") };
        vec![Field::new("update", t.actions.update_after, update).help(t.actions.update_after_help)]
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        let items = visit.admin()?.generate_devices(&chosen).await?.items;
        let done = items.iter().filter(|item| item.result == BulkResult::Done).map(|item| item.device);
        let done: Vec<_> = done.collect();
        if !asked.has("update") || done.is_empty() {
            return Ok(Deed::Report(items, None));
        }
        let deed = pace::begin(visit, JobAction::UpdateConfiguration, Selection::Ids(done), asked).await?;
        Ok(match deed {
            Deed::Job(job) => Deed::Report(items, Some(job)),
            Deed::Report(..) => deed,
        })
    }
}
