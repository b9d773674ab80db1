//! Change how phones take commands: the whole table, because its order means something.

use super::{CommandsDocument, CommandsEdit};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Put;

impl Endpoint for Put {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<CommandsEdit>;
    type Answer = Tagged<CommandsDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let mut settings = admin.settings()?;
        settings.revision = call.if_match()?;
        settings.value.commands = call.body.0.parsed()?;
        let revision = admin.update_settings(settings).await?;
        Ok(Tagged { revision, value: CommandsDocument::of(&admin)? })
    }
}
