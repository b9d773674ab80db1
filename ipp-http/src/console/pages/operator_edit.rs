//! An account of an administrator: added and edited (SEC-02, SEC-14 to SEC-16).

use askama::Template;
use ipp_core::{
    access::{Level, Regions, Role},
    app::admin::operators::NewOperator,
    catalog::{RowRevision, Stored},
    id::{OperatorId, RegionId},
    operator::Operator,
    vault::SecretText,
};

use super::operators::level;
use crate::{
    admin::{endpoint::parse, operators::role},
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input},
        form::{Form, is_of_the_form},
        frame::{self, Frame},
        listing::choices,
        messages::fill,
        redirect,
        visit::page,
    },
    problem::Problem,
};

/// A password that is shown once.
#[derive(Template)]
#[template(path = "console/password_once.html")]
pub(super) struct OncePage {
    f: Frame,
    password: SecretText,
    to: String,
}

/// The form for a new one.
pub(crate) async fn add(visit: Visit) -> Reply {
    let (f, form) = new(&visit, &visit.asked()?);
    Ok(form.page(f))
}

/// Makes it, and shows its password this once.
pub(crate) async fn create(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    match make(&visit, &asked).await {
        Ok((operator, password)) => Ok(page(&once(&visit, &operator, password))),
        Err(problem) => {
            let (f, form) = new(&visit, &asked);
            form.refused(f, problem)
        }
    }
}

/// The form of one that is there.
pub(crate) async fn show(visit: Visit) -> Reply {
    let operator = visit.admin()?.operator(visit.id()?).await?;
    let (f, form) = edit(&visit, &operator, &present(&operator.value));
    Ok(form.page(f))
}

/// Saves it. Where somebody else was quicker, both versions are shown, and nothing is lost.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: OperatorId = visit.id()?;
    let operator = visit.admin()?.operator(id).await?;
    match save(&visit, operator.value.clone(), &asked).await {
        Ok(()) => Ok(redirect(&list(&visit))),
        Err(problem) if is_of_the_form(&problem) => {
            let (f, mut form) = edit(&visit, &operator, &asked);
            if problem.is_stale() {
                form = form.beside(&f, &fields(&visit, &present(&operator.value)));
            }
            form.refused(f, problem)
        }
        Err(problem) => Err(problem),
    }
}

/// The page of a password that is shown once.
pub(super) fn once(visit: &Visit, operator: &Operator, password: SecretText) -> OncePage {
    let t = visit.frame("").t;
    let title = fill(t.access.password_made, &[&operator.name]);
    let f = visit.frame(title).below(t.access.administrators, list(visit));
    OncePage { f, password, to: list(visit) }
}

pub(super) fn list(visit: &Visit) -> String {
    visit.surface.mount.below("/ipp/administrators")
}

async fn make(visit: &Visit, asked: &Fields) -> Result<(Operator, SecretText), Problem> {
    let new = NewOperator {
        name: asked.parse("name")?,
        description: asked.parse("description")?,
        role: asked_role(asked)?,
        reveal_secrets: asked.has("reveal"),
        password: None,
    };
    Ok(visit.admin()?.create_operator(new).await?)
}

async fn save(visit: &Visit, mut value: Operator, asked: &Fields) -> Result<(), Problem> {
    value.name = asked.parse("name")?;
    value.description = asked.parse("description")?;
    value.role = asked_role(asked)?;
    value.reveal_secrets = asked.has("reveal");
    value.enabled = asked.has("enabled");
    let revision = RowRevision(asked.parse("revision")?);
    visit.admin()?.update_operator(Stored { revision, value }).await?;
    Ok(())
}

/// The role. Ticks that a level has no use for are those of a level that was chosen before.
fn asked_role(asked: &Fields) -> Result<Role, Problem> {
    let level: Level = asked.parse("level")?;
    let regions = match level {
        Level::SuperAdministrator | Level::Administrator => None,
        Level::Operator | Level::Monitoring if asked.has("all_regions") => Some(Regions::All),
        Level::Operator | Level::Monitoring => {
            let ids = asked.all("regions").map(|id| parse(id, "/regions"));
            Some(Regions::Only(ids.collect::<Result<_, Problem>>()?))
        }
    };
    role(level, regions, "/regions")
}

/// What the fields say where nobody has typed.
fn present(operator: &Operator) -> Fields {
    let mut pairs = vec![
        ("name", operator.name.to_string()),
        ("description", operator.description.to_string()),
        ("level", operator.role.level().to_string()),
    ];
    let tick = |name| (name, "yes".to_owned());
    match &operator.role {
        Role::Regional { regions: Regions::Only(ids), .. } => {
            pairs.extend(ids.iter().map(|id| ("regions", id.to_string())));
        }
        Role::Regional { regions: Regions::All, .. } => pairs.push(tick("all_regions")),
        Role::SuperAdministrator | Role::Administrator => {}
    }
    pairs.extend(operator.reveal_secrets.then(|| tick("reveal")));
    pairs.extend(operator.enabled.then(|| tick("enabled")));
    Fields::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn fields(visit: &Visit, asked: &Fields) -> Vec<Field> {
    let t = visit.frame("").t;
    let a = &t.access;
    let levels = [Level::SuperAdministrator, Level::Administrator, Level::Operator, Level::Monitoring]
        .map(|one| (one.to_string(), level(t, one).to_owned()));
    let levels = Input::Choice { choices: choices(levels, asked.text("level")), needed: true };
    let ticked: Vec<RegionId> = asked.all("regions").filter_map(|id| id.parse().ok()).collect();
    let tick = |name: &'static str| Input::Tick { on: asked.has(name) };
    vec![
        Field::new("name", a.name, Input::needed(asked.text("name"))),
        Field::new("description", a.description, Input::text(asked.text("description"))),
        Field::new("level", a.level, levels).help(a.level_help),
        Field::new("all_regions", a.all_regions, tick("all_regions")),
        Field::new("regions", a.visible, Input::Several { choices: frame::regions(visit, &ticked) }),
        Field::new("reveal", a.reveal, tick("reveal")),
    ]
}

fn new(visit: &Visit, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let f = visit.frame(t.access.add_administrator).below(t.access.administrators, list(visit));
    let mut form = Form::new(t.people.submit, list(visit));
    form.fields = fields(visit, asked);
    (f, form)
}

fn edit(visit: &Visit, operator: &Stored<Operator>, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let title = fill(t.access.edit_administrator, &[&operator.value.name]);
    let f = visit.frame(title).below(t.access.administrators, list(visit));
    let mut form = Form::new(t.people.save, list(visit));
    form.fields = fields(visit, asked);
    form.fields.push(Field::new("enabled", t.access.enabled, Input::Tick { on: asked.has("enabled") }));
    form.hidden = vec![("revision", operator.revision.0.to_string())];
    (f, form)
}
