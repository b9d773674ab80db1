//! A region: added and edited (REG-03, REG-12).

use ipp_core::{
    catalog::{RowRevision, Stored},
    id::RegionId,
    region::{Identity, Region},
};

use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input},
        form::{Form, is_of_the_form},
        frame::Frame,
        listing::choices,
        messages::{Messages, fill},
        redirect,
    },
    problem::Problem,
};

/// The form for a new one.
pub(crate) async fn add(visit: Visit) -> Reply {
    let (f, form) = new(&visit, &Fields::of(vec![("zero_touch".to_owned(), "yes".to_owned())]));
    Ok(form.page(f))
}

/// Makes it.
pub(crate) async fn create(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    match make(&visit, &asked).await {
        Ok(()) => Ok(redirect(&list(&visit))),
        Err(problem) => {
            let (f, form) = new(&visit, &asked);
            form.refused(f, problem)
        }
    }
}

/// The form of one that is there.
pub(crate) async fn show(visit: Visit) -> Reply {
    let region = visit.admin()?.region(visit.id()?)?;
    let (f, form) = edit(&visit, &region.value, region.revision, &present(&region.value));
    Ok(form.page(f))
}

/// Saves it. Where somebody else was quicker, both versions are shown, and nothing is lost.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: RegionId = visit.id()?;
    let region = visit.admin()?.region(id)?;
    match save(&visit, &region.value, &asked).await {
        Ok(()) => Ok(redirect(&list(&visit))),
        Err(problem) if is_of_the_form(&problem) => {
            let (f, mut form) = edit(&visit, &region.value, region.revision, &asked);
            if problem.is_stale() {
                form = form.beside(&f, &fields(f.t, &present(&region.value)));
            }
            form.refused(f, problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn make(visit: &Visit, asked: &Fields) -> Result<(), Problem> {
    let mut proposed = Region::new(RegionId::from_bytes([0; 16]), asked.parse("name")?);
    apply(&mut proposed, asked)?;
    let with = |region: &mut Region| *region = Region { id: region.id, ..proposed.clone() };
    visit.admin()?.create_region(proposed.name.clone(), with).await?;
    Ok(())
}

async fn save(visit: &Visit, former: &Region, asked: &Fields) -> Result<(), Problem> {
    let mut value = former.clone();
    value.name = asked.parse("name")?;
    apply(&mut value, asked)?;
    let revision = RowRevision(asked.parse("revision")?);
    visit.admin()?.update_region(Stored { revision, value }).await?;
    Ok(())
}

fn apply(region: &mut Region, asked: &Fields) -> Result<(), Problem> {
    region.description = asked.parse("description")?;
    region.aliases = asked.lines("aliases")?;
    region.networks = asked.lines("networks")?;
    region.lines = asked.lines("lines")?;
    region.identity = if asked.text("identity") == "open" { Identity::Open } else { Identity::UrlToken };
    region.zero_touch = asked.has("zero_touch");
    region.through_proxy = asked.has("through_proxy");
    region.publish_on_save = asked.has("publish_on_save");
    Ok(())
}

/// What the fields say where nobody has typed.
fn present(region: &Region) -> Fields {
    let join = |lines: Vec<String>| lines.join("\n");
    let mut pairs = vec![
        ("name", region.name.to_string()),
        ("description", region.description.to_string()),
        ("aliases", join(region.aliases.iter().map(ToString::to_string).collect())),
        ("networks", join(region.networks.iter().map(ToString::to_string).collect())),
        ("lines", join(region.lines.iter().map(|line| line.as_str().to_owned()).collect())),
    ];
    let ticks = [
        ("zero_touch", region.zero_touch),
        ("through_proxy", region.through_proxy),
        ("publish_on_save", region.publish_on_save),
    ];
    pairs.extend(ticks.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "yes".to_owned())));
    if region.identity == Identity::Open {
        pairs.push(("identity", "open".to_owned()));
    }
    Fields::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn fields(t: &Messages, asked: &Fields) -> Vec<Field> {
    let a = &t.access;
    let identities = [("url_token", a.url_token), ("open", a.open)]
        .map(|(value, title)| (value.to_owned(), title.to_owned()));
    let identity = Input::Choice { choices: choices(identities, asked.text("identity")), needed: false };
    let tick = |name: &'static str| Input::Tick { on: asked.has(name) };
    let lines = |name: &str| Input::Lines { value: asked.raw(name).to_owned() };
    vec![
        Field::new("name", a.name, Input::needed(asked.text("name"))).help(a.name_help),
        Field::new("description", a.description, Input::text(asked.text("description"))),
        Field::new("networks", a.networks, lines("networks")).help(a.networks_help),
        Field::new("identity", a.identity, identity),
        Field::new("zero_touch", a.zero_touch, tick("zero_touch")).help(a.zero_touch_help),
        Field::new("through_proxy", a.through_proxy, tick("through_proxy")),
        Field::new("publish_on_save", a.publish_on_save, tick("publish_on_save")).help(a.publish_help),
        Field::new("aliases", a.aliases, lines("aliases")).help(a.aliases_help),
        Field::new("lines", a.lines, lines("lines")),
    ]
}

fn new(visit: &Visit, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = visit.frame(t.access.add_region).below(t.access.regions, list(visit));
    let mut form = Form::new(t.people.submit, list(visit));
    form.fields = fields(t, asked);
    (f, form)
}

fn edit(visit: &Visit, region: &Region, revision: RowRevision, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = visit.frame(fill(t.access.edit_region, &[&region.name])).below(t.access.regions, list(visit));
    let mut form = Form::new(t.people.save, list(visit));
    form.fields = fields(t, asked);
    form.hidden = vec![("revision", revision.0.to_string())];
    (f, form)
}

fn list(visit: &Visit) -> String {
    visit.surface.mount.below("/ipp/regions")
}
