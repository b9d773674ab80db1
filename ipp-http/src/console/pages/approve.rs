//! Approve one device that waits (DEV-44, UI-18): the region, and for whom it is.

use askama::Template;
use ipp_core::{
    access::Capability,
    app::admin::{devices::Approval, users::NewUser},
    device::{Admission, Vlan, VlanMode},
    id::DeviceId,
    store::DeviceRecord,
};
use serde::Deserialize;

use crate::{
    admin::endpoint::parse,
    console::{
        Reply, Visit,
        frame::{self, Choice, Frame},
        listing::choices,
        messages::ENGLISH,
        redirect,
        visit::{page, render},
    },
    problem::Problem,
};

#[derive(Template)]
#[template(path = "console/approve.html")]
struct ApprovePage {
    f: Frame,
    asked: Asked,
    mac: String,
    ip: String,
    /// Asked for only where the phone's own is not known.
    models: Option<Vec<Choice>>,
    regions: Vec<Choice>,
    back: String,
    wrong: Option<String>,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    region: String,
    user: String,
    model: String,
}

/// Whether a device waits for somebody, and this person may decide.
pub(super) fn waits(visit: &Visit, record: &DeviceRecord) -> bool {
    let device = &record.device.value;
    let may = |who: &ipp_core::app::login::SignedIn| {
        who.caller.need_in(Capability::EditDevices, device.region).is_ok()
    };
    device.admission == Admission::Pending && visit.who.person().is_some_and(may)
}

/// The form. A device that waits no more is shown as it is.
pub(crate) async fn show(visit: Visit) -> Reply {
    let record = visit.admin()?.device(id(&visit)?).await?;
    if !waits(&visit, &record) {
        return Ok(redirect(&device_page(&visit, &record)));
    }
    let region = record.device.value.region.map_or_else(String::new, |region| region.to_string());
    Ok(page(&form(&visit, &record, Asked { region, ..Asked::default() }, None)))
}

/// Approves it, for a user who is there or for a new one.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let asked: Asked = visit.form().await?;
    let record = visit.admin()?.device(id(&visit)?).await?;
    match approve(&visit, &record, &asked).await {
        Ok(()) => Ok(redirect(&device_page(&visit, &record))),
        Err(problem) if problem.status().is_client_error() => {
            let wrong = Some(problem.detail().to_owned());
            Ok(render(&form(&visit, &record, asked, wrong), problem.status()))
        }
        Err(problem) => Err(problem),
    }
}

async fn approve(visit: &Visit, record: &DeviceRecord, asked: &Asked) -> Result<(), Problem> {
    let admin = visit.admin()?;
    let device = &record.device.value;
    let region = parse(&asked.region, "region")?;
    let model = (!asked.model.is_empty()).then(|| parse(&asked.model, "model")).transpose()?;
    // As the API does where no other is named.
    let vlan = Vlan { mode: Some(VlanMode::CdpLldp), ..Vlan::default() };
    let approval = Approval { region, vlan, user: None, model };
    let user = asked.user.trim();
    if user.is_empty() {
        admin.approve(device.id, approval).await?;
        return Ok(());
    }
    let person =
        NewUser { name: parse(user, "user")?, display_name: parse(user, "user")?, region, password: None };
    admin.approve_for(device.id, approval, person).await?;
    Ok(())
}

fn form(visit: &Visit, record: &DeviceRecord, asked: Asked, wrong: Option<String>) -> ApprovePage {
    let t = ENGLISH;
    let device = &record.device.value;
    let back = device_page(visit, record);
    let f = visit.frame(t.approve_title).below(t.devices_status, visit.surface.mount.below("/ipp/devices"));
    let snapshot = visit.app().snapshot();
    let models = device.model.is_none().then(|| {
        let models = snapshot.catalog.models().map(|model| (model.id.to_string(), model.title.to_string()));
        choices(models, &asked.model)
    });
    let chosen: Option<ipp_core::id::RegionId> = asked.region.parse().ok();
    let regions = frame::regions(visit, chosen.as_slice());
    let ip = record.status.as_ref().map_or_else(String::new, |status| status.peer.to_string());
    ApprovePage { f, asked, mac: device.mac.to_string(), ip, models, regions, back, wrong }
}

fn id(visit: &Visit) -> Result<DeviceId, Problem> {
    let id = visit.parts.uri.path().strip_suffix("/approve").and_then(|path| path.rsplit('/').next());
    id.and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)
}

fn device_page(visit: &Visit, record: &DeviceRecord) -> String {
    visit.surface.mount.below(&format!("/ipp/devices/{}", record.device.value.id))
}
