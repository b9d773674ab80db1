//! Name, description and default mark of a template (TPL-04, TPL-05, TPL-08, TPL-10).

use ipp_core::{
    app::admin::templates::TemplateEdit, catalog::RowRevision, id::TemplateId, template::Template,
};

use super::{default, description, frame, name, page};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields},
        form::{Form, is_of_the_form},
        frame::Frame,
        messages::{Messages, fill},
        redirect,
    },
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let row = visit.admin()?.template(visit.id_before(1)?)?;
    let (f, form) = form(&visit, &row.value, row.revision, &present(&row.value));
    Ok(form.page(f))
}

pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: TemplateId = visit.id_before(1)?;
    let row = visit.admin()?.template(id)?;
    match save(&visit, id, &asked).await {
        Ok(()) => Ok(redirect(&page(&visit, &row.value))),
        Err(problem) if is_of_the_form(&problem) => {
            let (f, mut form) = form(&visit, &row.value, row.revision, &asked);
            if problem.is_stale() {
                form = form.beside(&f, &fields(f.t, &present(&row.value)));
            }
            form.refused(f, problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn save(visit: &Visit, id: TemplateId, asked: &Fields) -> Result<(), Problem> {
    let edit = TemplateEdit {
        name: Some(asked.parse("name")?),
        description: Some(asked.parse("description")?),
        defaults: None,
        default: Some(asked.has("default")),
    };
    visit.admin()?.update_template(id, RowRevision(asked.parse("revision")?), edit).await?;
    Ok(())
}

/// What the fields say where nobody has typed.
fn present(template: &Template) -> Fields {
    let mut pairs = vec![
        ("name".to_owned(), template.name.to_string()),
        ("description".to_owned(), template.description.to_string()),
    ];
    pairs.extend(template.default.then(|| ("default".to_owned(), "yes".to_owned())));
    Fields::of(pairs)
}

fn fields(t: &Messages, asked: &Fields) -> Vec<Field> {
    vec![
        name(t, asked.text("name")),
        description(t, asked.text("description")),
        default(t, asked.has("default")),
    ]
}

fn form(visit: &Visit, template: &Template, revision: RowRevision, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = frame(visit, template, fill(t.templates.details_title, &[&template.name]));
    let mut form = Form::new(t.templates.save, page(visit, template));
    form.fields = fields(t, asked);
    form.hidden = vec![("revision", revision.0.to_string())];
    (f, form)
}
