//! How phones take commands.

use super::CommandsDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<CommandsDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        Ok(Tagged { revision: admin.settings()?.revision, value: CommandsDocument::of(&admin)? })
    }
}
