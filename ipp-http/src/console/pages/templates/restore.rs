//! Restore a template to its factory text, or to what was uploaded first (TPL-36 to TPL-38, AMB-15).

use ipp_core::{catalog::RowRevision, id::TemplateId, template::Template};

use super::{frame, page};
use crate::{
    console::{Reply, Visit, form::Form, frame::Frame, messages::fill, redirect},
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let row = visit.admin()?.template(visit.id_before(1)?)?;
    let (f, form) = form(&visit, &row.value, row.revision);
    Ok(form.page(f))
}

pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: TemplateId = visit.id_before(1)?;
    let row = visit.admin()?.template(id)?;
    match visit.admin()?.restore_template(id, RowRevision(asked.parse("revision")?)).await {
        Ok(_) => Ok(redirect(&format!("{}?done=restored", page(&visit, &row.value)))),
        Err(error) => {
            let (f, form) = form(&visit, &row.value, row.revision);
            form.refused(f, Problem::from(error))
        }
    }
}

fn form(visit: &Visit, template: &Template, revision: RowRevision) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = frame(visit, template, fill(t.templates.restore_title, &[&template.name]));
    let mut form = Form::new(t.templates.restore_now, page(visit, template));
    t.templates.restore_about.clone_into(&mut form.about);
    form.destroys = true;
    form.hidden = vec![("revision", revision.0.to_string())];
    (f, form)
}
