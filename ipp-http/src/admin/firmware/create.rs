//! Make an entry (FW-14, FW-15).

use ipp_core::app::admin::firmware::NewFirmware;

use super::{FirmwareDocument, FirmwareEdit};
use crate::{
    admin::endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse, required},
    problem::Problem,
};

pub(crate) struct Create;

impl Endpoint for Create {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<FirmwareEdit>;
    type Answer = Created<FirmwareDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(FirmwareEdit { name, model, description, version }) = &call.body;
        let model = model.as_deref().filter(|model| !model.is_empty());
        let new = NewFirmware {
            name: parse(required(name.as_deref(), "/name")?, "/name")?,
            model: model.map(|model| parse(model, "/model")).transpose()?,
            description: parse(description.as_deref().unwrap_or_default(), "/description")?,
            version: parse(version.as_deref().unwrap_or_default(), "/version")?,
        };
        let made = admin.create_firmware(new).await?;
        let value = FirmwareDocument::of(&admin, &admin.firmware_entry(made.id)?).await?;
        Ok(Created { location: format!("/api/v1/firmware/{}", made.id), value })
    }
}
