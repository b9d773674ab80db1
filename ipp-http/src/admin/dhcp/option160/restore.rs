//! Let an option 160 file follow the server again (DHCP-34, OVR-07).

use std::marker::PhantomData;

use super::{Option160Document, Which};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Restore<W>(PhantomData<W>);

impl<W: Which> Endpoint for Restore<W> {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<Option160Document>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let revision = admin.restore_option160(W::ROUTE, call.if_match()?).await?;
        Ok(Tagged { revision, value: Option160Document::of(&admin, W::ROUTE)? })
    }
}
