//! Gives users new SIP passwords (MUL-09 to MUL-11).

use ipp_core::{
    app::admin::user_bulk::{NewPasswords, UserItem, UserSelection},
    vault::SecretText,
};

use super::UserAction;
use crate::{
    console::{
        Visit,
        fields::{Field, Fields, Input},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Passwords;

impl UserAction for Passwords {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.people.reset_passwords, t.people.reset_passwords_about, t.people.reset_passwords_now]
    }

    fn fields(_: &Visit, t: &'static Messages, _: &Fields) -> Vec<Field> {
        vec![Field::new("same", t.people.same_password, Input::Secret).help(t.people.same_password_help)]
    }

    async fn run(visit: &Visit, chosen: &UserSelection, asked: &Fields) -> Result<Vec<UserItem>, Problem> {
        let passwords = match asked.raw("same") {
            "" => NewPasswords::Random,
            same => NewPasswords::Same(SecretText::from(same.to_owned())),
        };
        Ok(visit.admin()?.reset_user_passwords(chosen, &passwords).await?)
    }
}
