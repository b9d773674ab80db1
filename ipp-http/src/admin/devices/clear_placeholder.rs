//! Let a placeholder of one device inherit again (AMB-12).

use super::placeholders::OfDevice;
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, NoContent, Nothing, parse},
    problem::Problem,
};

pub(crate) struct ClearPlaceholder;

impl Endpoint for ClearPlaceholder {
    type Path = OfDevice;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let name = parse(&call.path.name, "name")?;
        let value = None;
        admin.set_device_placeholder(call.path.id, None, name, value).await?;
        Ok(NoContent)
    }
}
