//! Shows a text on devices (DEV-34, MUL-20, MUL-21, MDV-21).

use ipp_core::{
    app::admin::device_bulk::Selection,
    job::{JobAction, Pace},
    outbound::DisplaySeconds,
};

use super::{Action, Deed, Input, pace};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Message;

impl Action for Message {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.message, t.actions.message_about, t.actions.message_now]
    }

    fn fields(_: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        let a = &t.actions;
        let usual = DisplaySeconds::default().get().to_string();
        let text = Input::Text { value: asked.text("text").to_owned(), needed: true };
        let seconds =
            Input::Number { value: asked.text_or("seconds", &usual).to_owned(), least: 1, most: 3_600 };
        let mut fields = vec![
            Field::new("text", a.text, text).help(a.text_help),
            Field::new("seconds", a.seconds, seconds).help(a.seconds_help),
        ];
        fields.extend(pace::fields(t, asked, Pace::LIGHT));
        fields
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        let action = JobAction::SendMessage { text: asked.parse("text")?, seconds: asked.number("seconds")? };
        pace::begin(visit, action, chosen, asked).await
    }
}
