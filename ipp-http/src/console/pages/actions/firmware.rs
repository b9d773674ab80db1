//! Has devices load firmware (DEV-29, DEV-30, DEV-37).

use ipp_core::{
    app::admin::device_bulk::Selection,
    job::{JobAction, Pace},
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

pub(crate) struct Firmware;

impl Action for Firmware {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.firmware, t.actions.firmware_about, t.actions.firmware_now]
    }

    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        let a = &t.actions;
        let entries = visit.admin().and_then(|admin| Ok(admin.firmware_entries()?)).unwrap_or_default();
        let mut images: Vec<_> = entries
            .iter()
            .filter(|row| row.value.image.is_some())
            .map(|row| (row.value.id.to_string(), row.value.name.to_string()))
            .collect();
        images.sort_by(|(_, one), (_, other)| one.cmp(other));
        let help = if images.is_empty() { a.firmware_none } else { "" };
        let firmware = Input::Choice { choices: choices(images, asked.text("firmware")), needed: true };
        let any_model = Input::Tick { on: asked.has("any_model") };
        let mut fields = vec![
            Field::new("firmware", a.firmware_file, firmware).help(help),
            Field::new("any_model", a.any_model, any_model).help(a.any_model_help),
        ];
        fields.extend(pace::fields(t, asked, Pace::ONE_BY_ONE));
        fields
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        let any_model = asked.has("any_model");
        let action = JobAction::UpdateFirmware { firmware: asked.parse("firmware")?, any_model };
        pace::begin(visit, action, chosen, asked).await
    }
}
