//! Delete a user with its devices, once it is said what goes with it (USR-22, USR-23, AMB-19).

use ipp_core::{
    id::UserId,
    store::{DeviceFilter, Page, Sorted},
};

use crate::{
    console::{Reply, Visit, form::Form, frame::Frame, messages::fill, pages::actions, redirect},
    problem::Problem,
};

/// How many devices are named.
const NAMED: u32 = 20;

pub(crate) async fn show(visit: Visit) -> Reply {
    let (f, form) = form(&visit).await?;
    Ok(form.page(f))
}

pub(crate) async fn submit(visit: Visit) -> Reply {
    let id: UserId = visit.id_before(1)?;
    match visit.admin()?.delete_user(id, true).await.map_err(Problem::from) {
        Ok(()) => Ok(redirect(&visit.surface.mount.below("/ipp/users"))),
        Err(problem) => {
            let (f, form) = form(&visit).await?;
            form.refused(f, problem)
        }
    }
}

async fn form(visit: &Visit) -> Result<(Frame, Form), Problem> {
    let admin = visit.admin()?;
    let user = admin.user(visit.id_before(1)?).await?.value;
    let filter = DeviceFilter::all().of_user(user.id);
    let found = admin.devices(filter, Sorted::default(), Page { after: None, limit: NAMED }).await?;
    let macs: Vec<String> = found.iter().map(|listed| listed.row.device.value.mac.to_string()).collect();
    let t = visit.frame("").t;
    let list = visit.surface.mount.below("/ipp/users");
    let f = visit.frame(fill(t.people.delete_title, &[&user.name])).below(t.manage_users, list.clone());
    let mut form = Form::new(t.people.delete_now, list);
    form.lead = if macs.is_empty() {
        t.people.takes_none.to_owned()
    } else {
        fill(t.people.takes_devices, &[&actions::devices(t, macs.len() as u64), &macs.join(", ")])
    };
    t.people.delete_about.clone_into(&mut form.about);
    form.destroys = true;
    Ok((f, form))
}
