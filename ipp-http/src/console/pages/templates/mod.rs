//! Templates (chapter 4 and appendix C).

pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod details;
pub(crate) mod edit;
pub(crate) mod generate;
pub(crate) mod list;
pub(crate) mod restore;
pub(crate) mod upload;

use ipp_core::{id::RegionId, template::Template};

use crate::console::{
    Visit,
    fields::{Field, Input},
    frame::{self, Choice, Frame},
    messages::Messages,
};

/// What surrounds a page about one template.
fn frame(visit: &Visit, template: &Template, title: String) -> Frame {
    let (t, list) = (visit.frame("").t, list(visit));
    let page = format!("{list}/{}", template.id);
    visit.frame(title).below(t.templates.title, list).below(template.name.as_str(), page)
}

fn list(visit: &Visit) -> String {
    visit.surface.mount.below("/ipp/templates")
}

fn page(visit: &Visit, template: &Template) -> String {
    format!("{}/{}", list(visit), template.id)
}

/// The region that a template is for, or all.
fn region(visit: &Visit, t: &Messages, value: &str) -> Field {
    let chosen: Option<RegionId> = value.parse().ok();
    let all =
        Choice { value: String::new(), title: t.templates.all_regions.to_owned(), chosen: chosen.is_none() };
    let choices = std::iter::once(all).chain(frame::regions(visit, chosen.as_slice())).collect();
    Field::new("region", t.templates.region, Input::Choice { choices, needed: false })
}

fn default(t: &Messages, on: bool) -> Field {
    Field::new("default", t.templates.default_field, Input::Tick { on }).help(t.templates.default_help)
}

fn name(t: &Messages, value: &str) -> Field {
    Field::new("name", t.templates.name, Input::needed(value)).help(t.templates.name_help)
}

fn description(t: &Messages, value: &str) -> Field {
    Field::new("description", t.templates.description, Input::text(value))
}
