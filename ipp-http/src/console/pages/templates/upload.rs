//! Make a template of a file (TPL-03 to TPL-08, TPL-40).

use http::StatusCode;
use ipp_core::{app::admin::templates::NewTemplate, id::TemplateId};

use super::{default, description, list, name, region};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields},
        form::{Form, is_of_the_form},
        frame::Frame,
        redirect,
        upload::Upload,
        visit::render,
    },
    problem::Problem,
};

/// The largest file, in bytes.
const LIMIT: usize = 2 * 1024 * 1024;

#[derive(askama::Template)]
#[template(path = "console/template_upload.html")]
struct UploadPage {
    f: Frame,
    form: Form,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    Ok(render(&made(&visit, &visit.asked()?), StatusCode::OK))
}

/// Makes it, and shows it in its editor.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let Upload { fields, file } = visit.upload(LIMIT).await?;
    let content = file.map(|file| file.to_vec()).unwrap_or_default();
    match add(&visit, &fields, content).await {
        Ok(id) => Ok(redirect(&format!("{}/{id}", list(&visit)))),
        Err(problem) if is_of_the_form(&problem) => {
            let UploadPage { f, form } = made(&visit, &fields);
            Ok(render(&UploadPage { f, form: form.blaming(&problem) }, problem.status()))
        }
        Err(problem) => Err(problem),
    }
}

async fn add(visit: &Visit, fields: &Fields, content: Vec<u8>) -> Result<TemplateId, Problem> {
    if content.is_empty() {
        let text = visit.frame("").t.templates.no_file;
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text));
    }
    let new = NewTemplate {
        name: fields.maybe("name")?,
        region: fields.maybe("region")?,
        default: fields.has("default"),
        content,
    };
    Ok(visit.admin()?.add_template(new, fields.parse("description")?).await?.row.value.id)
}

fn made(visit: &Visit, asked: &Fields) -> UploadPage {
    let t = visit.frame("").t;
    let f = visit.frame(t.templates.add).below(t.templates.title, list(visit));
    let mut form = Form::new(t.templates.add, list(visit));
    let optional = Field { input: crate::console::fields::Input::text(asked.text("name")), ..name(t, "") };
    form.fields = vec![
        optional.help(t.templates.name_upload_help),
        description(t, asked.text("description")),
        region(visit, t, asked.text("region")),
        default(t, asked.has("default")),
    ];
    UploadPage { f, form }
}
