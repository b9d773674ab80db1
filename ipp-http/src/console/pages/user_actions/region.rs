//! Moves users with their devices to a region (MUL-08, AMB-103).

use ipp_core::app::admin::user_bulk::{UserItem, UserSelection};

use super::UserAction;
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
        pages::people::region,
    },
    problem::Problem,
};

pub(crate) struct Region;

impl UserAction for Region {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.people.set_region, t.people.set_region_about, t.people.set_region_now]
    }

    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        vec![region(visit, t, asked.text("region"))]
    }

    async fn run(visit: &Visit, chosen: &UserSelection, asked: &Fields) -> Result<Vec<UserItem>, Problem> {
        Ok(visit.admin()?.move_users(chosen, asked.parse("region")?).await?)
    }
}
