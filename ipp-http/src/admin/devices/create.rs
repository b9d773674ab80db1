//! Enter a device for a user (USR-03, USR-10).

use ipp_core::app::admin::devices::NewDevice;
use serde::Deserialize;
use utoipa::ToSchema;

use super::DeviceDocument;
use crate::{
    admin::endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse},
    problem::Problem,
};

/// A device that is to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceRequest {
    /// The MAC address, in any spelling.
    mac: String,
    /// The model.
    model: String,
    /// The id of the user it is for; the device takes the user's region.
    user: String,
    /// The name that people see.
    #[serde(default)]
    display_name: String,
}

pub(crate) struct Create;

impl Endpoint for Create {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<DeviceRequest>;
    type Answer = Created<DeviceDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let new = NewDevice {
            mac: parse(&asked.mac, "/mac")?,
            model: parse(&asked.model, "/model")?,
            user: parse(&asked.user, "/user")?,
            display_name: parse(&asked.display_name, "/display_name")?,
        };
        let admin = call.admin()?;
        let made = admin.create_device(new).await?;
        let record = admin.device(made.id).await?;
        let location = format!("/api/v1/devices/{}", made.id);
        Ok(Created { location, value: DeviceDocument::of(call.app(), &record) })
    }
}
