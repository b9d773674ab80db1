//! *Generate Global Configuration Template*, once it is confirmed (TPL-42 to TPL-44).

use ipp_core::id::TemplateId;

use super::list;
use crate::{
    admin::endpoint::parse,
    console::{Reply, Visit, fields::Fields, form::Form, frame::Frame, messages::fill, redirect},
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let asked = visit.asked()?;
    let ids = ids(&visit, &asked)?;
    let (f, form) = form(&visit, &asked, &ids)?;
    Ok(form.page(f))
}

/// Publishes all of them, or says why none was.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let ids = ids(&visit, &asked)?;
    match visit.admin()?.publish_templates(&ids).await {
        Ok(()) => Ok(redirect(&list(&visit))),
        Err(error) => {
            let (f, form) = form(&visit, &asked, &ids)?;
            form.refused(f, Problem::from(error))
        }
    }
}

/// Those that are named, else all.
fn ids(visit: &Visit, asked: &Fields) -> Result<Vec<TemplateId>, Problem> {
    if !asked.has("template") {
        return Ok(visit.admin()?.templates()?.iter().map(|row| row.value.id).collect());
    }
    asked.all("template").map(|id| parse(id, "/template")).collect()
}

fn form(visit: &Visit, asked: &Fields, ids: &[TemplateId]) -> Result<(Frame, Form), Problem> {
    let t = visit.frame("").t;
    let f = visit.frame(t.templates.generate).below(t.templates.title, list(visit));
    let which = match ids {
        [one] => visit.admin()?.template(*one)?.value.name.to_string(),
        several => fill(t.templates.generate_many, &[&several.len()]),
    };
    let mut form = Form::new(t.templates.generate_now, list(visit));
    form.lead = fill(t.templates.generate_lead, &[&which]);
    t.templates.generate_about.clone_into(&mut form.about);
    form.hidden = asked.all("template").map(|id| ("template", id.to_owned())).collect();
    Ok((f, form))
}
