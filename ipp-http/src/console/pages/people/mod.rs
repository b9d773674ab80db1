//! Users and the devices that belong to them: made, changed, deleted (USR-04 to USR-22).

pub(crate) mod add;
pub(crate) mod add_device;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod prompt;

use ipp_core::id::RegionId;

use crate::console::{
    Visit,
    fields::{Field, Input},
    frame,
    messages::Messages,
};

/// The name of a user (USR-05).
fn name(t: &Messages, value: &str) -> Field {
    Field::new("name", t.people.name, Input::needed(value)).help(t.people.name_help)
}

fn display_name(t: &Messages, value: &str) -> Field {
    Field::new("display_name", t.people.display_name, Input::text(value))
}

/// One of the regions that may be seen (USR-06); where there is none, where to make one (USR-07).
pub(super) fn region(visit: &Visit, t: &Messages, value: &str) -> Field {
    let chosen: Option<RegionId> = value.parse().ok();
    let choices = frame::regions(visit, chosen.as_slice());
    let help = if choices.is_empty() { t.people.region_none } else { "" };
    Field::new("region", t.people.region, Input::Choice { choices, needed: true }).help(help)
}
