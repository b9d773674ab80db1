//! Lets devices that wait into a region (APR-07 to APR-09, DEV-38).

use ipp_core::{
    app::admin::device_bulk::Selection,
    device::{Vlan, VlanMode},
};

use super::{Action, Deed, relocate::region};
use crate::{
    console::{
        Visit,
        fields::{Field, Fields},
        messages::Messages,
    },
    problem::Problem,
};

pub(crate) struct Approve;

impl Action for Approve {
    fn words(t: &Messages) -> [&'static str; 3] {
        [t.actions.approve, t.actions.approve_about, t.actions.approve_now]
    }

    fn fields(visit: &Visit, t: &'static Messages, asked: &Fields) -> Vec<Field> {
        vec![region(visit, t, asked)]
    }

    async fn run(visit: &Visit, chosen: Selection, asked: &Fields) -> Result<Deed, Problem> {
        // As the API does where no other is named.
        let vlan = Vlan { mode: Some(VlanMode::CdpLldp), ..Vlan::default() };
        let items = visit.admin()?.approve_many(&chosen, asked.parse("region")?, vlan).await?;
        Ok(Deed::Report(items, None))
    }
}
