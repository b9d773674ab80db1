//! Add New Device to User (USR-03, USR-10 to USR-14, USR-30).

use ipp_core::{app::admin::devices::NewDevice, id::DeviceId, user::User};

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

/// The vendor's prefix, which is typed already (AMB-71).
const PREFIX: &str = "00908f";

pub(crate) async fn show(visit: Visit) -> Reply {
    let user = visit.admin()?.user(visit.id_before(1)?).await?.value;
    let (f, form) = form(&visit, &user, &visit.asked()?);
    Ok(form.page(f))
}

/// Enters the device, and asks what is to be done for it.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let user = visit.admin()?.user(visit.id_before(1)?).await?.value;
    match enter(&visit, &user, &asked).await {
        Ok(id) => Ok(redirect(&visit.surface.mount.below(&format!("/ipp/devices/{id}/added")))),
        Err(problem) => {
            let (f, form) = form(&visit, &user, &asked);
            form.refused(f, problem)
        }
    }
}

async fn enter(visit: &Visit, user: &User, asked: &Fields) -> Result<DeviceId, Problem> {
    let new = NewDevice {
        mac: asked.parse("mac")?,
        model: asked.parse("model")?,
        user: user.id,
        display_name: asked.parse("display_name")?,
    };
    Ok(visit.admin()?.create_device(new).await?.id)
}

fn form(visit: &Visit, user: &User, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let base = visit.surface.mount.below("/ipp/users");
    let person = format!("{base}/{}", user.id);
    let f = visit
        .frame(t.people.add_device_title)
        .below(t.manage_users, base)
        .below(user.name.as_str(), person.clone());
    let mut form = Form::new(t.people.submit, person);
    form.lead = fill(t.people.new_device, &[&user.name]);
    let name = asked.text_or("display_name", user.display_name.as_str());
    form.fields = vec![
        Field::new("display_name", t.people.display_name, Input::text(name)).help(t.people.device_name_help),
        Field::new("mac", t.people.mac, Input::needed(asked.text_or("mac", PREFIX))).help(t.people.mac_help),
        model(visit, asked.text("model")),
    ];
    (f, form)
}

/// One of the models.
pub(in crate::console::pages) fn model(visit: &Visit, value: &str) -> Field {
    let (t, snapshot) = (visit.frame("").t, visit.app().snapshot());
    let models = snapshot.catalog.models().map(|model| (model.id.to_string(), model.title.to_string()));
    Field::new("model", t.people.model, Input::Choice { choices: choices(models, value), needed: true })
}
