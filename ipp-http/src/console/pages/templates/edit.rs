//! One template in its editor (TPL-20 to TPL-28, TPL-37, TPL-39). What is saved takes effect with *Generate*
//! (TPL-41).

use std::sync::Arc;

use http::StatusCode;
use ipp_core::{
    catalog::{RowRevision, Stored},
    id::TemplateId,
    template::Template,
};

use super::{frame, list::shared, page};
use crate::{
    console::{
        Reply, Visit, fields::Fields, form::is_of_the_form, frame::Frame, markup::Html, messages::fill,
        redirect, upload::Upload, visit::render,
    },
    problem::Problem,
    route::ConsoleOperation,
};

/// The largest document that a form may carry, in bytes.
const LIMIT: usize = 2 * 1024 * 1024;

#[derive(askama::Template)]
#[template(path = "console/template.html")]
struct TemplatePage {
    f: Frame,
    facts: Vec<(&'static str, Html)>,
    revision: u64,
    /// None where it is no text.
    text: Option<String>,
    /// What somebody else has saved, where they were quicker.
    theirs: Option<String>,
    /// Lines with problems, for the editor.
    marked: String,
    problems: Vec<Line>,
    edits: bool,
    edited: bool,
    builtin: bool,
    id: String,
    document: String,
    note: Option<&'static str>,
    wrong: Option<String>,
}

#[derive(Debug)]
struct Line {
    at: String,
    refused: bool,
    text: String,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let row = visit.admin()?.template(visit.id()?)?;
    let asked = visit.asked()?;
    let mut made = made(&visit, &row, text(&row.value)).await?;
    made.note = match asked.text("done") {
        "saved" => Some(made.f.t.templates.saved),
        "restored" => Some(made.f.t.templates.restored),
        _ => None,
    };
    Ok(render(&made, StatusCode::OK))
}

/// Saves it. What is refused stays in the editor, and where somebody else was quicker both are shown.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let Upload { fields, file } = visit.upload(LIMIT).await?;
    let id: TemplateId = visit.id()?;
    let row = visit.admin()?.template(id)?;
    let typed = as_before(&row.value, fields.raw("document"));
    // A file counts before what stands in the editor, and is taken byte for byte (TPL-40).
    let content = file.as_deref().unwrap_or(typed.as_bytes());
    match save(&visit, id, &fields, content).await {
        Ok(()) => Ok(redirect(&format!("{}?done=saved", page(&visit, &row.value)))),
        Err(problem) if is_of_the_form(&problem) => {
            let mut made = made(&visit, &row, Some(typed)).await?;
            if problem.is_stale() {
                made.theirs = text(&row.value);
                made.wrong = Some(made.f.t.templates.conflict.to_owned());
            } else {
                made.wrong = Some(problem.detail().to_owned());
            }
            Ok(render(&made, problem.status()))
        }
        Err(problem) => Err(problem),
    }
}

async fn save(visit: &Visit, id: TemplateId, fields: &Fields, content: &[u8]) -> Result<(), Problem> {
    let revision = RowRevision(fields.parse("revision")?);
    visit.admin()?.edit_template_document(id, revision, content).await?;
    Ok(())
}

fn text(template: &Template) -> Option<String> {
    std::str::from_utf8(template.document.bytes()).ok().map(str::to_owned)
}

/// What was typed with the line ends that the document has: forms send CR LF whatever it was.
fn as_before(template: &Template, typed: &str) -> String {
    let crlf = template.document.bytes().windows(2).any(|pair| pair == b"\r\n");
    if crlf { typed.to_owned() } else { typed.replace("\r\n", "\n") }
}

async fn made(
    visit: &Visit,
    row: &Stored<Arc<Template>>,
    text: Option<String>,
) -> Result<TemplatePage, Problem> {
    let template = &row.value;
    let admin = visit.admin()?;
    let f = frame(visit, template, template.name.to_string());
    let t = &f.t.templates;
    let checked = admin.check_template(template.id)?;
    let at = |line: Option<u32>| line.map_or_else(String::new, |line| fill(t.line, &[&line]));
    let obstacles = checked.obstacles.iter().map(|one| {
        let region = one.region.as_ref().map_or_else(String::new, |region| format!("{region}: "));
        (one.line, Line { at: at(one.line), refused: true, text: format!("{region}{}", one.message) })
    });
    let findings = checked.findings.iter().map(|one| {
        (Some(one.line), Line { at: at(Some(one.line)), refused: false, text: one.message.clone() })
    });
    let (lines, problems): (Vec<_>, Vec<_>) = obstacles.chain(findings).unzip();
    let marked: Vec<String> = lines.into_iter().flatten().map(|line| line.to_string()).collect();
    let snapshot = visit.app().snapshot();
    let region = template.region.and_then(|id| snapshot.catalog.region(id));
    let region = region.map_or_else(|| t.all_regions.to_owned(), |region| region.name.to_string());
    let phones = admin.phones_by_template().await?.get(&template.id).copied().unwrap_or_default();
    let word = |text: &str| Html::of_text(text);
    let mut facts = vec![
        (t.description, word(template.description.as_str())),
        (t.model, word(template.model.as_str())),
        (t.region, word(&region)),
        (t.shared, shared(&f, visit.app().shared_part(template.id).await?)),
        (t.phones, word(&phones.to_string())),
    ];
    if template.default {
        facts.push((t.default, f.mark("default", t.default_mark)));
    }
    Ok(TemplatePage {
        facts,
        revision: row.revision.0,
        text,
        theirs: None,
        marked: marked.join(" "),
        problems,
        edits: visit.may(ConsoleOperation::EditTemplateByForm),
        edited: template.is_edited(),
        builtin: template.builtin,
        id: template.id.to_string(),
        document: visit.surface.mount.below(&format!("/api/v1/templates/{}/document", template.id)),
        note: None,
        wrong: None,
        f,
    })
}
