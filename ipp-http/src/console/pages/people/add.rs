//! Add User (USR-04 to USR-08, USR-33).

use ipp_core::{app::admin::users::NewUser, vault::SecretText};

use super::{display_name, name, region};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input},
        form::Form,
        frame::Frame,
        listing::Address,
        redirect,
    },
    problem::Problem,
};

pub(crate) async fn show(visit: Visit) -> Reply {
    let (f, form) = form(&visit, &visit.asked()?);
    Ok(form.page(f))
}

/// Makes the user, and shows the list with it.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    match make(&visit, &asked).await {
        Ok(name) => {
            let list = Address::at(&visit.surface.mount.below("/ipp/users")).with("q", &name);
            Ok(redirect(&list.text()))
        }
        Err(problem) => {
            let (f, form) = form(&visit, &asked);
            form.refused(f, problem)
        }
    }
}

async fn make(visit: &Visit, asked: &Fields) -> Result<String, Problem> {
    let password = asked.raw("password");
    let new = NewUser {
        name: asked.parse("name")?,
        display_name: asked.parse("display_name")?,
        region: asked.parse("region")?,
        password: (!password.is_empty()).then(|| SecretText::from(password.to_owned())),
    };
    Ok(visit.admin()?.create_user(new).await?.name.to_string())
}

fn form(visit: &Visit, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let list = visit.surface.mount.below("/ipp/users");
    let f = visit.frame(t.people.add).below(t.manage_users, list.clone());
    let mut form = Form::new(t.people.submit, list);
    form.fields = vec![
        name(t, asked.text("name")),
        Field::new("password", t.people.password, Input::Secret).help(t.people.password_help),
        display_name(t, asked.text("display_name")),
        region(visit, t, asked.text("region")),
    ];
    (f, form)
}
