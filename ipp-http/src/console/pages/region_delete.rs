//! Delete a region that nothing refers to (REG-10).

use ipp_core::id::RegionId;

use crate::{
    console::{Reply, Visit, form::Form, frame::Frame, messages::fill, redirect},
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let (f, form) = form(&visit)?;
    Ok(form.page(f))
}

/// Deletes it, or says what refers to it.
pub(crate) async fn submit(visit: Visit) -> Reply {
    let id: RegionId = visit.id_before(1)?;
    let (f, form) = form(&visit)?;
    match visit.admin()?.delete_region(id).await {
        Ok(()) => Ok(redirect(&visit.surface.mount.below("/ipp/regions"))),
        Err(error) => form.refused(f, Problem::from(error)),
    }
}

fn form(visit: &Visit) -> Result<(Frame, Form), Problem> {
    let region = visit.admin()?.region(visit.id_before(1)?)?;
    let t = visit.frame("").t;
    let list = visit.surface.mount.below("/ipp/regions");
    let title = fill(t.access.delete_region, &[&region.value.name]);
    let f = visit.frame(title).below(t.access.regions, list.clone());
    let mut form = Form::new(t.access.delete_region_now, list);
    t.access.delete_region_about.clone_into(&mut form.about);
    form.destroys = true;
    Ok((f, form))
}
