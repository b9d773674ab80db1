//! Clone a template (TPL-14).

use ipp_core::{app::admin::templates::TemplateCopy, id::TemplateId, template::Template};

use super::{default, description, frame, list, name, page, region};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input},
        form::Form,
        frame::Frame,
        listing::choices,
        messages::fill,
        redirect,
    },
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let row = visit.admin()?.template(visit.id_before(1)?)?;
    let (f, form) = form(&visit, &row.value, &visit.asked()?);
    Ok(form.page(f))
}

/// Copies it, and shows the copy.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: TemplateId = visit.id_before(1)?;
    let row = visit.admin()?.template(id)?;
    match copy(&visit, id, &asked).await {
        Ok(copy) => Ok(redirect(&format!("{}/{copy}", list(&visit)))),
        Err(problem) => {
            let (f, form) = form(&visit, &row.value, &asked);
            form.refused(f, problem)
        }
    }
}

async fn copy(visit: &Visit, from: TemplateId, asked: &Fields) -> Result<TemplateId, Problem> {
    let copy = TemplateCopy {
        name: asked.parse("name")?,
        description: asked.parse("description")?,
        region: asked.maybe("region")?,
        model: asked.maybe("model")?,
        default: asked.has("default"),
    };
    Ok(visit.admin()?.clone_template(from, copy).await?.row.value.id)
}

fn form(visit: &Visit, template: &Template, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = frame(visit, template, fill(t.templates.clone_title, &[&template.name]));
    let snapshot = visit.app().snapshot();
    let models = snapshot.catalog.models().map(|model| (model.id.to_string(), model.title.to_string()));
    let models = choices(models, asked.text_or("model", template.model.as_str()));
    let mut form = Form::new(t.templates.clone, page(visit, template));
    t.templates.clone_about.clone_into(&mut form.about);
    form.fields = vec![
        name(t, asked.text("name")),
        description(t, asked.text("description")),
        region(visit, t, asked.text("region")),
        Field::new("model", t.templates.model, Input::Choice { choices: models, needed: false }),
        default(t, asked.has("default")),
    ];
    (f, form)
}
