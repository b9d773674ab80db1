//! Change a device (USR-20, DEV-28, MDV-09, MDV-12).

use ipp_core::{
    catalog::Stored,
    device::{Admission, BoundBy, Device, Owner},
    id::DeviceId,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DeviceDocument, vlan::VlanDocument};
use crate::{
    admin::{
        endpoint::{ById, Call, Endpoint, IfMatch, Json, JsonBody, Nothing, parse},
        member::Member,
    },
    problem::Problem,
};

/// What is to be changed of a device; what is not named stays, and `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceEdit {
    /// The MAC address.
    mac: Option<String>,
    /// The name that people see.
    display_name: Option<String>,
    /// The model.
    model: Option<String>,
    /// The id of the region. The user of the device, and all of its devices, move along.
    region: Option<String>,
    /// The id of the user; the device takes its region.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    user: Member<String>,
    /// The id of a template for this device alone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    template: Member<String>,
    /// The id of firmware for this device alone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    firmware: Member<String>,
    /// VLAN discovery.
    vlan: Option<VlanDocument>,
    /// The language of the screen.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Member<String>,
    /// Lines appended to the private file; for administrators.
    lines: Option<Vec<String>>,
    /// Whether it is let in; one that is not gets nothing.
    enabled: Option<bool>,
}

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = JsonBody<DeviceEdit>;
    type Answer = Json<DeviceDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let admin = call.admin()?;
        let JsonBody(edit) = &call.body;
        let mut device = admin.device(call.path.id).await?.device.value;
        edit.apply(&mut device)?;
        admin.update_device(Stored { revision, value: device }).await?;
        let record = admin.device(call.path.id).await?;
        Ok(Json(DeviceDocument::of(call.app(), &record)))
    }
}

impl DeviceEdit {
    fn apply(&self, device: &mut Device) -> Result<(), Problem> {
        if let Some(mac) = &self.mac {
            device.mac = parse(mac, "/mac")?;
        }
        if let Some(display_name) = &self.display_name {
            device.display_name = parse(display_name, "/display_name")?;
        }
        if let Some(model) = &self.model {
            device.model = Some(parse(model, "/model")?);
        }
        if let Some(region) = &self.region {
            device.region = Some(parse(region, "/region")?);
        }
        match &self.user {
            Member::Kept => {}
            Member::Null => device.owner = None,
            Member::Set(user) => {
                device.owner = Some(Owner { user: parse(user, "/user")?, bound_by: BoundBy::Administrator });
            }
        }
        self.template.edit(&mut device.template, |text| parse(text, "/template"))?;
        self.firmware.edit(&mut device.firmware, |text| parse(text, "/firmware"))?;
        self.language.edit(&mut device.language, |text| parse(text, "/language"))?;
        if let Some(vlan) = &self.vlan {
            device.vlan = vlan.parse()?;
        }
        if let Some(lines) = &self.lines {
            let line = |(at, line): (usize, &String)| parse(line, &format!("/lines/{at}"));
            device.lines = lines.iter().enumerate().map(line).collect::<Result<_, _>>()?;
        }
        match self.enabled {
            Some(false) if device.admission != Admission::Pending => device.admission = Admission::Disabled,
            Some(true) if device.admission == Admission::Disabled => {
                let bound = device.token.is_some();
                device.admission = if bound { Admission::Enrolled } else { Admission::Expected };
            }
            Some(false) => {
                let detail = "The device waits for approval; approve or delete it.";
                return Err(Problem::new(http::StatusCode::CONFLICT, detail).at("/enabled"));
            }
            Some(true) | None => {}
        }
        Ok(())
    }
}
