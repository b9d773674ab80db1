//! Gives an account a new random password, shown once (LGN-02).

use ipp_core::id::OperatorId;

use super::operator_edit::{list, once};
use crate::{
    console::{Reply, Visit, form::Form, frame::Frame, messages::fill, visit::page},
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let (f, form) = form(&visit).await?;
    Ok(form.page(f))
}

pub(crate) async fn submit(visit: Visit) -> Reply {
    let id: OperatorId = visit.id_before(1)?;
    let (f, form) = form(&visit).await?;
    match visit.admin()?.reset_operator_password(id).await {
        Ok(password) => {
            let operator = visit.admin()?.operator(id).await?.value;
            Ok(page(&once(&visit, &operator, password)))
        }
        Err(error) => form.refused(f, Problem::from(error)),
    }
}

async fn form(visit: &Visit) -> Result<(Frame, Form), Problem> {
    let operator = visit.admin()?.operator(visit.id_before(1)?).await?.value;
    let t = visit.frame("").t;
    let f = visit
        .frame(fill(t.access.reset_title, &[&operator.name]))
        .below(t.access.administrators, list(visit));
    let mut form = Form::new(t.access.reset_now, list(visit));
    t.access.reset_about.clone_into(&mut form.about);
    form.destroys = true;
    Ok((f, form))
}
