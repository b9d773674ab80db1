//! Clear an alarm by hand (AMB-65).

use ipp_core::alarm::AlarmKey;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, JsonBody, NoContent, Nothing, parse},
    problem::Problem,
};

/// An alarm, as it is listed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlarmNamed {
    /// The id of the device.
    device: String,
    /// The name.
    name: String,
    /// The description.
    description: String,
}

pub(crate) struct Clear;

impl Endpoint for Clear {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<AlarmNamed>;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(AlarmNamed { device, name, description }) = &call.body;
        let device = parse(device, "/device")?;
        let key = AlarmKey { device, name: name.clone(), qualifier: description.clone() };
        call.admin()?.clear_alarm(&key).await?;
        Ok(NoContent)
    }
}
