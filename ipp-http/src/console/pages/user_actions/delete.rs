//! Deletes users with their devices (MUL-12, AMB-19).

use ipp_core::app::admin::user_bulk::{UserItem, UserSelection};

use super::UserAction;
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Delete;

impl UserAction for Delete {
    const DESTROYS: bool = true;

    fn words(t: &Messages) -> [&'static str; 3] {
        [t.people.delete_users, t.people.delete_users_about, t.people.delete_users_now]
    }

    fn fields(_: &Visit, _: &'static Messages, _: &Fields) -> Vec<Field> {
        Vec::new()
    }

    async fn run(visit: &Visit, chosen: &UserSelection, _: &Fields) -> Result<Vec<UserItem>, Problem> {
        Ok(visit.admin()?.delete_users(chosen).await?)
    }
}
