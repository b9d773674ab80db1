//! Edit an option 160 file (DHCP-25, DHCP-37, SBC-16).

use std::marker::PhantomData;

use super::{Acknowledge, Option160Document, Option160Edit, Which};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Update<W>(PhantomData<W>);

impl<W: Which> Endpoint for Update<W> {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<Option160Edit>;
    type Answer = Tagged<Option160Document>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let mut settings = admin.settings()?;
        settings.revision = call.if_match()?;
        let JsonBody(edit) = &call.body;
        edit.apply(&admin, W::ROUTE, &mut settings.value)?;
        let acknowledged = edit.acknowledge == Some(Acknowledge::DynamicRestartsPhones);
        let revision = admin.save_option160(W::ROUTE, settings, acknowledged).await?;
        Ok(Tagged { revision, value: Option160Document::of(&admin, W::ROUTE)? })
    }
}
