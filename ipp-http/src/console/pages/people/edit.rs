//! Edit User: the same fields as at the beginning, and the user's devices (USR-18 to USR-21, USR-26, AMB-70).

use askama::Template;
use http::StatusCode;
use ipp_core::{
    app::admin::users::PasswordEdit,
    catalog::{RowRevision, Stored},
    id::UserId,
    store::{DeviceFilter, DeviceSort, Order, Page, Sorted},
    user::User,
    vault::SecretText,
};

use super::{display_name, name, region};
use crate::{
    console::{
        Reply, Visit,
        fields::{Field, Fields, Input},
        form::{Form, is_of_the_form},
        frame::Frame,
        messages::fill,
        pages::devices::{Row, row},
        redirect,
        visit::render,
    },
    problem::Problem,
    route::ConsoleOperation,
};

/// How many devices of a user are shown.
const DEVICES: u32 = 100;

#[derive(Template)]
#[template(path = "console/user.html")]
struct UserPage {
    f: Frame,
    form: Form,
    devices_of: String,
    rows: Vec<Row>,
    add_device: String,
    edits_devices: bool,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let user = visit.admin()?.user(visit.id()?).await?;
    let form = form(&visit, &user, &present(&user));
    page(&visit, &user.value, form, StatusCode::OK).await
}

/// Saves it. Where somebody else was quicker, both versions are shown, and nothing is lost.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: UserId = visit.id()?;
    let user = visit.admin()?.user(id).await?;
    match save(&visit, user.value.clone(), &asked).await {
        Ok(()) => Ok(redirect(&visit.surface.mount.below(&format!("/ipp/users/{id}")))),
        Err(problem) if is_of_the_form(&problem) => {
            let typed = form(&visit, &user, &asked).blaming(&problem);
            let typed = if problem.is_stale() {
                typed.beside(&visit.frame(""), &fields(&visit, &present(&user)))
            } else {
                typed
            };
            page(&visit, &user.value, typed, problem.status()).await
        }
        Err(problem) => Err(problem),
    }
}

async fn save(visit: &Visit, user: User, asked: &Fields) -> Result<(), Problem> {
    let password = match (asked.raw("password"), asked.has("no_password")) {
        ("", true) => PasswordEdit::Clear,
        ("", false) => PasswordEdit::Keep,
        (text, _) => PasswordEdit::Set(SecretText::from(text.to_owned())),
    };
    let value = User {
        name: asked.parse("name")?,
        display_name: asked.parse("display_name")?,
        region: asked.parse("region")?,
        ..user
    };
    let revision = RowRevision(asked.parse("revision")?);
    visit.admin()?.update_user(Stored { revision, value }, password).await?;
    Ok(())
}

/// What the fields say where nobody has typed.
fn present(user: &Stored<User>) -> Fields {
    let User { name, display_name, region, .. } = &user.value;
    let pairs = [
        ("name", name.to_string()),
        ("display_name", display_name.to_string()),
        ("region", region.to_string()),
    ];
    Fields::of(pairs.map(|(name, value)| (name.to_owned(), value)).into())
}

fn fields(visit: &Visit, asked: &Fields) -> Vec<Field> {
    let t = visit.frame("").t;
    let no_password = Input::Tick { on: asked.has("no_password") };
    vec![
        name(t, asked.text("name")),
        Field::new("password", t.people.password, Input::Secret).help(t.people.password_keep),
        Field::new("no_password", t.people.password_none, no_password),
        display_name(t, asked.text("display_name")),
        region(visit, t, asked.text("region")).help(t.people.moves),
    ]
}

fn form(visit: &Visit, user: &Stored<User>, asked: &Fields) -> Form {
    let mut form = Form::new(visit.frame("").t.people.save, visit.surface.mount.below("/ipp/users"));
    form.fields = fields(visit, asked);
    form.hidden = vec![("revision", user.revision.0.to_string())];
    form
}

async fn page(visit: &Visit, user: &User, form: Form, status: StatusCode) -> Reply {
    let t = visit.frame("").t;
    let list = visit.surface.mount.below("/ipp/users");
    let f = visit.frame(fill(t.people.edit_title, &[&user.name])).below(t.manage_users, list);
    let filter = DeviceFilter::all().of_user(user.id);
    let sorted = Sorted { by: DeviceSort::Mac, order: Order::Ascending };
    let found = visit.admin()?.devices(filter, sorted, Page { after: None, limit: DEVICES }).await?;
    let rows = found.iter().map(|listed| row(visit, &f, &listed.row)).collect();
    let add_device = format!("{}/users/{}/devices", f.base, user.id);
    let devices_of = fill(t.people.devices_of, &[&user.name]);
    let edits_devices = visit.may(ConsoleOperation::EditDeviceByForm);
    Ok(render(&UserPage { f, form, devices_of, rows, add_device, edits_devices }, status))
}
