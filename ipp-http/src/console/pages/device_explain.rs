//! Why each line of the file of a device is what it is, as it would be published now.

use askama::Template;
use ipp_core::{
    id::DeviceId,
    placeholder::Origin,
    render::{Explained, ExplainedLine},
    template::compiled::LineSource,
};

use super::device_file::{View, frame, views};
use crate::{
    console::{
        Reply, Visit,
        form::is_of_the_form,
        frame::Frame,
        messages::{Messages, fill},
        visit::page,
    },
    problem::Problem,
};

#[derive(Template)]
#[template(path = "console/device_explain.html")]
struct ExplainPage {
    f: Frame,
    views: Vec<View>,
    lines: Vec<Line>,
    wrong: Option<String>,
}

#[derive(Debug)]
struct Line {
    text: String,
    source: String,
    notes: Vec<&'static str>,
    placeholders: Vec<Placeholder>,
}

#[derive(Debug)]
struct Placeholder {
    name: String,
    /// Origin, value, and whether it wins; a secret is not shown.
    layers: Vec<(&'static str, String, bool)>,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let id: DeviceId = visit.id_before(1)?;
    let admin = visit.admin()?;
    let record = admin.device(id).await?;
    let f = frame(&visit, &record);
    let (lines, wrong) = match admin.explain_device(id).await.map_err(Problem::from) {
        Ok(lines) => {
            // A region or a phone without lines of its own has nothing to explain.
            let lines = lines.into_iter().filter(|line| line.left_out || !line.text.is_empty());
            (lines.map(|shown| line(f.t, shown)).collect(), None)
        }
        // That it cannot be made is what somebody wants to know here.
        Err(problem) if is_of_the_form(&problem) => (Vec::new(), Some(problem.detail().to_owned())),
        Err(problem) => return Err(problem),
    };
    Ok(page(&ExplainPage { views: views(&f, &record, "explain"), lines, wrong, f }))
}

fn line(t: &Messages, line: ExplainedLine) -> Line {
    let t = &t.files;
    let source = match line.source {
        LineSource::Template(at) => fill(t.template_line, &[&at]),
        LineSource::Daylight => t.daylight.to_owned(),
        LineSource::Region => t.region_lines.to_owned(),
        LineSource::Device => t.device_lines.to_owned(),
    };
    let notes = [(line.left_out, t.left_out), (line.carries_token, t.token)];
    Line {
        text: line.text.trim_end_matches(['\r', '\n']).to_owned(),
        source,
        notes: notes.into_iter().filter(|(is, _)| *is).map(|(_, note)| note).collect(),
        placeholders: line.placeholders.into_iter().map(|one| placeholder(t, one)).collect(),
    }
}

fn placeholder(t: &crate::console::messages::Files, explained: Explained) -> Placeholder {
    let layers = explained.layers.into_iter().enumerate().map(|(at, shown)| {
        let origin = match shown.origin {
            Origin::Default => t.origin_default,
            Origin::System => t.origin_system,
            Origin::Model => t.origin_model,
            Origin::Region => t.origin_region,
            Origin::Device => t.origin_device,
        };
        (origin, shown.value.unwrap_or_else(|| t.secret.to_owned()), at == 0)
    });
    Placeholder { name: explained.name.to_string(), layers: layers.collect() }
}
