//! Deletes an account; the last Super Administrator stays (C37).

use ipp_core::id::OperatorId;

use super::operator_edit::list;
use crate::{
    console::{Reply, Visit, form::Form, frame::Frame, messages::fill, redirect},
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let (f, form) = form(&visit).await?;
    Ok(form.page(f))
}

pub(crate) async fn submit(visit: Visit) -> Reply {
    let id: OperatorId = visit.id_before(1)?;
    let (f, form) = form(&visit).await?;
    match visit.admin()?.delete_operator(id).await {
        Ok(()) => Ok(redirect(&list(&visit))),
        Err(error) => form.refused(f, Problem::from(error)),
    }
}

async fn form(visit: &Visit) -> Result<(Frame, Form), Problem> {
    let operator = visit.admin()?.operator(visit.id_before(1)?).await?.value;
    let t = visit.frame("").t;
    let f = visit
        .frame(fill(t.access.delete_administrator, &[&operator.name]))
        .below(t.access.administrators, list(visit));
    let mut form = Form::new(t.access.delete_administrator_now, list(visit));
    t.access.delete_administrator_about.clone_into(&mut form.about);
    form.destroys = true;
    Ok((f, form))
}
