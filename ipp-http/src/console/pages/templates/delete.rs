//! Delete a template that nothing has chosen (TPL-45).

use ipp_core::{id::TemplateId, template::Template};

use super::{frame, list, page};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Input},
        form::Form,
        frame::Frame,
        messages::fill,
        redirect,
    },
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let row = visit.admin()?.template(visit.id_before(1)?)?;
    let (f, form) = form(&visit, &row.value);
    Ok(form.page(f))
}

pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: TemplateId = visit.id_before(1)?;
    let row = visit.admin()?.template(id)?;
    match visit.admin()?.delete_template(id, asked.has("force")).await {
        Ok(()) => Ok(redirect(&list(&visit))),
        Err(error) => {
            let (f, form) = form(&visit, &row.value);
            form.refused(f, Problem::from(error))
        }
    }
}

fn form(visit: &Visit, template: &Template) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = frame(visit, template, fill(t.templates.delete_title, &[&template.name]));
    let mut form = Form::new(t.templates.delete_now, page(visit, template));
    t.templates.delete_about.clone_into(&mut form.about);
    form.destroys = true;
    if template.default {
        let force = Input::Tick { on: false };
        form.fields = vec![Field::new("force", t.templates.delete_force, force)];
    }

    (f, form)
}
