//! The templates with their marks (TPL-11, TPL-12, TPL-16, TPL-19, TPL-26, TPL-43).

use ipp_core::{app::shared::SharedPart, id::RegionId, phone_model::ModelId, template::Template};

use crate::{
    console::{
        Reply, Visit,
        frame::{self, Choice, Frame},
        listing::choices,
        markup::Html,
        visit::page,
    },
    problem::Problem,
    route::ConsoleOperation,
};

#[derive(askama::Template)]
#[template(path = "console/templates.html")]
struct TemplatesPage {
    f: Frame,
    rows: Vec<Row>,
    models: Vec<Choice>,
    regions: Vec<Choice>,
    edits: bool,
}

#[derive(Debug)]
struct Row {
    href: String,
    id: String,
    name: String,
    edited: bool,
    default: bool,
    description: String,
    model: String,
    region: String,
    shared: Html,
    published: Html,
    phones: u64,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let asked = visit.asked()?;
    let model: Option<ModelId> = asked.maybe("model")?;
    let region: Option<RegionId> = asked.maybe("region")?;
    let admin = visit.admin()?;
    let phones = admin.phones_by_template().await?;
    let f = visit.frame(visit.frame("").t.templates.title);
    let mut rows = Vec::new();
    for stored in admin.templates()? {
        let template = &stored.value;
        let fits = model.as_ref().is_none_or(|model| template.model == *model)
            && region.is_none_or(|region| template.region.is_none_or(|own| own == region));
        if fits {
            let phones = phones.get(&template.id).copied().unwrap_or_default();
            rows.push(row(&visit, &f, template, phones).await?);
        }
    }
    let snapshot = visit.app().snapshot();
    let models = snapshot.catalog.models().map(|model| (model.id.to_string(), model.title.to_string()));
    let models = choices(models, asked.text("model"));
    let regions = frame::regions(&visit, region.as_slice());
    Ok(page(&TemplatesPage {
        rows,
        models,
        regions,
        edits: visit.may(ConsoleOperation::EditTemplateByForm),
        f,
    }))
}

async fn row(visit: &Visit, f: &Frame, template: &Template, phones: u64) -> Result<Row, Problem> {
    let t = &f.t.templates;
    let snapshot = visit.app().snapshot();
    let region = template.region.and_then(|id| snapshot.catalog.region(id));
    Ok(Row {
        href: format!("{}/templates/{}", f.base, template.id),
        id: template.id.to_string(),
        name: template.name.to_string(),
        edited: template.is_edited(),
        default: template.default,
        description: template.description.to_string(),
        model: template.model.to_string(),
        region: region.map_or_else(|| t.all_regions.to_owned(), |region| region.name.to_string()),
        shared: shared(f, visit.app().shared_part(template.id).await?),
        published: template.published.as_ref().map(|published| f.ago(published.at)).unwrap_or_default(),
        phones,
    })
}

/// What phones get of the part that they share.
pub(super) fn shared(f: &Frame, part: SharedPart) -> Html {
    let t = &f.t.templates;
    match part {
        SharedPart::Unpublished => f.mark("never", t.shared_none),
        SharedPart::Current => f.mark("good", t.shared_current),
        SharedPart::OutOfDate => f.mark("stale", t.shared_old),
    }
}
