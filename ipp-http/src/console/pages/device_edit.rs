//! Edit a device (USR-20, DEV-28, MDV-09, MDV-12, APR-12 to APR-16).

use http::StatusCode;
use ipp_core::{
    catalog::{RowRevision, Stored},
    device::{Admission, BoundBy, Device, Owner, Vlan, VlanMode},
    id::{DeviceId, UserId},
    settings::Language,
    store::{DeviceRecord, Page, Sorted, UserFilter},
};

use super::people::{add_device::model, region};
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

pub(crate) async fn show(visit: Visit) -> Reply {
    let record = visit.admin()?.device(visit.id_before(1)?).await?;
    let (f, form) = form(&visit, &record, &present(&record));
    Ok(form.page(f))
}

/// Saves it. Where somebody else was quicker, both versions are shown, and nothing is lost.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: DeviceId = visit.id_before(1)?;
    let record = visit.admin()?.device(id).await?;
    match save(&visit, &record, &asked).await {
        Ok(()) => Ok(redirect(&visit.surface.mount.below(&format!("/ipp/devices/{id}")))),
        Err(problem) if is_of_the_form(&problem) => {
            let (f, mut form) = form(&visit, &record, &asked);
            if problem.is_stale() {
                form = form.beside(&f, &fields(&visit, &record, &present(&record)));
            }
            form.refused(f, problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn save(visit: &Visit, record: &DeviceRecord, asked: &Fields) -> Result<(), Problem> {
    let mut device = record.device.value.clone();
    device.mac = asked.parse("mac")?;
    device.display_name = asked.parse("display_name")?;
    device.model = asked.maybe("model")?;
    device.region = asked.maybe("region")?;
    device.template = asked.maybe("template")?;
    device.firmware = asked.maybe("firmware")?;
    device.language = asked.maybe("language")?;
    device.vlan = vlan(asked)?;
    let former = record.owner.as_ref().map(|owner| owner.name.to_string()).unwrap_or_default();
    if !asked.text("user").eq_ignore_ascii_case(&former) {
        let user = user(visit, asked.text("user")).await?;
        device.owner = user.map(|user| Owner { user, bound_by: BoundBy::Administrator });
    }
    enable(&mut device, asked.has("enabled"));
    let revision = RowRevision(asked.parse("revision")?);
    visit.admin()?.update_device(Stored { revision, value: device }).await?;
    Ok(())
}

fn enable(device: &mut Device, enabled: bool) {
    device.admission = match (device.admission, enabled) {
        (Admission::Expected | Admission::Enrolled, false) => Admission::Disabled,
        (Admission::Disabled, true) if device.token.is_some() => Admission::Enrolled,
        (Admission::Disabled, true) => Admission::Expected,
        (former, _) => former,
    };
}

/// The user of a name, if it may be seen.
async fn user(visit: &Visit, name: &str) -> Result<Option<UserId>, Problem> {
    if name.is_empty() {
        return Ok(None);
    }
    let filter = UserFilter { regions: None, words: vec![name.to_owned()] };
    let found = visit.admin()?.users(filter, Sorted::default(), Page { after: None, limit: 500 }).await?;
    let same = |user: &ipp_core::user::User| user.name.as_str().eq_ignore_ascii_case(name);
    let user = found.iter().map(|listed| &listed.row.user.value).find(|user| same(user));
    let unknown = || {
        let text = visit.frame("").t.people.user_unknown;
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text).at("/user")
    };
    user.map(|user| Some(user.id)).ok_or_else(unknown)
}

const MODES: [(&str, VlanMode); 5] = [
    ("disable", VlanMode::Disable),
    ("manual", VlanMode::Manual),
    ("cdp", VlanMode::Cdp),
    ("lldp", VlanMode::Lldp),
    ("cdp_lldp", VlanMode::CdpLldp),
];

fn vlan(asked: &Fields) -> Result<Vlan, Problem> {
    let wrong = |name: &str, detail: &str| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at(format!("/{name}"))
    };
    let mode = MODES.iter().find(|(word, _)| *word == asked.text("vlan_mode")).map(|(_, mode)| *mode);
    let (id, priority): (Option<u16>, Option<u8>) = (asked.maybe("vlan_id")?, asked.maybe("vlan_priority")?);
    if id.is_some_and(|id| id > 4_095) {
        return Err(wrong("vlan_id", "a VLAN id is 0 to 4095"));
    }
    if priority.is_some_and(|priority| priority > 7) {
        return Err(wrong("vlan_priority", "a VLAN priority is 0 to 7"));
    }
    Ok(Vlan { mode, id, priority })
}

/// What the fields say where nobody has typed.
fn present(record: &DeviceRecord) -> Fields {
    let device = &record.device.value;
    let text = |value: Option<String>| value.unwrap_or_default();
    let mode = MODES.iter().find(|(_, mode)| Some(*mode) == device.vlan.mode).map_or("", |(word, _)| word);
    let mut pairs = vec![
        ("mac", device.mac.to_string()),
        ("display_name", device.display_name.to_string()),
        ("model", text(device.model.as_ref().map(ToString::to_string))),
        ("region", text(device.region.map(|id| id.to_string()))),
        ("user", text(record.owner.as_ref().map(|owner| owner.name.to_string()))),
        ("template", text(device.template.map(|id| id.to_string()))),
        ("firmware", text(device.firmware.map(|id| id.to_string()))),
        ("language", text(device.language.as_ref().map(|language| language.as_str().to_owned()))),
        ("vlan_mode", mode.to_owned()),
        ("vlan_id", text(device.vlan.id.map(|id| id.to_string()))),
        ("vlan_priority", text(device.vlan.priority.map(|priority| priority.to_string()))),
    ];
    if device.admission != Admission::Disabled {
        pairs.push(("enabled", "yes".to_owned()));
    }
    Fields::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn fields(visit: &Visit, record: &DeviceRecord, asked: &Fields) -> Vec<Field> {
    let t = visit.frame("").t;
    let p = &t.people;
    let mut region = region(visit, t, asked.text("region"));
    let mut model = model(visit, asked.text("model"));
    // A phone that waits may have neither yet.
    if record.device.value.admission == Admission::Pending {
        for field in [&mut region, &mut model] {
            if let Input::Choice { needed, .. } = &mut field.input {
                *needed = false;
            }
        }
    }
    let vlan_id = Input::text(asked.text("vlan_id"));
    let vlan_priority = Input::text(asked.text("vlan_priority"));
    vec![
        Field::new("display_name", p.display_name, Input::text(asked.text("display_name")))
            .help(p.device_name_help),
        Field::new("mac", p.mac, Input::needed(asked.text("mac"))).help(p.mac_help),
        model,
        Field::new("user", p.user, Input::text(asked.text("user"))).help(p.user_help),
        region.help(p.moves),
        choice("template", p.template, p.template_usual, templates(visit), asked),
        choice("firmware", p.firmware, p.firmware_usual, images(visit), asked),
        choice("language", p.language, p.language_usual, languages(), asked),
        choice("vlan_mode", p.vlan_mode, p.vlan_none, modes(t), asked),
        Field::new("vlan_id", p.vlan_id, vlan_id).help(p.vlan_id_help),
        Field::new("vlan_priority", p.vlan_priority, vlan_priority).help(p.vlan_priority_help),
        Field::new("enabled", p.enabled, Input::Tick { on: asked.has("enabled") }).help(p.enabled_help),
    ]
}

/// A choice that may be left to the wider scopes.
fn choice(
    name: &'static str,
    label: &'static str,
    usual: &str,
    values: Vec<(String, String)>,
    asked: &Fields,
) -> Field {
    let values = std::iter::once((String::new(), usual.to_owned())).chain(values);
    Field::new(name, label, Input::Choice { choices: choices(values, asked.text(name)), needed: false })
}

fn templates(visit: &Visit) -> Vec<(String, String)> {
    let snapshot = visit.app().snapshot();
    let Some(who) = visit.who.person() else { return Vec::new() };
    let visible = who.caller.visible();
    let seen = |region: Option<ipp_core::id::RegionId>| region.is_none() || visible.contains(region);
    let templates = snapshot.catalog.templates().filter(|template| seen(template.region));
    templates.map(|template| (template.id.to_string(), template.name.to_string())).collect()
}

fn images(visit: &Visit) -> Vec<(String, String)> {
    let entries = visit.admin().and_then(|admin| Ok(admin.firmware_entries()?)).unwrap_or_default();
    entries.iter().map(|row| (row.value.id.to_string(), row.value.name.to_string())).collect()
}

fn languages() -> Vec<(String, String)> {
    Language::ALL
        .iter()
        .map(|language| (language.as_str().to_owned(), language.as_str().to_owned()))
        .collect()
}

fn modes(t: &Messages) -> Vec<(String, String)> {
    let p = &t.people;
    let titles = [p.vlan_disable, p.vlan_manual, p.vlan_cdp, p.vlan_lldp, p.vlan_both];
    MODES.iter().zip(titles).map(|((word, _), title)| ((*word).to_owned(), title.to_owned())).collect()
}

fn form(visit: &Visit, record: &DeviceRecord, asked: &Fields) -> (Frame, Form) {
    let t = visit.frame("").t;
    let device = &record.device.value;
    let list = visit.surface.mount.below("/ipp/devices");
    let back = format!("{list}/{}", device.id);
    let f = visit
        .frame(fill(t.people.edit_device, &[&device.mac]))
        .below(t.devices_status, list)
        .below(&device.mac.to_string(), back.clone());
    let mut form = Form::new(t.people.save, back);
    form.hints = vec![t.people.takes_effect.to_owned()];
    form.fields = fields(visit, record, asked);
    form.hidden = vec![("revision", record.device.revision.0.to_string())];
    (f, form)
}
