//! Change the system settings (SYS-02, SYS-21).

use super::{SettingsDocument, SettingsEdit};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<SettingsEdit>;
    type Answer = Tagged<SettingsDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let mut settings = admin.settings()?;
        settings.revision = call.if_match()?;
        call.body.0.apply(&admin, &mut settings.value)?;
        let revision = admin.update_settings(settings).await?;
        Ok(Tagged { revision, value: SettingsDocument::of(&admin)? })
    }
}
