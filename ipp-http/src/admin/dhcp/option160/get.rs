//! An option 160 file (DHCP-18 to DHCP-26, SBC-15).

use std::marker::PhantomData;

use super::{Option160Document, Which};
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get<W>(PhantomData<W>);

impl<W: Which> Endpoint for Get<W> {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<Option160Document>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let revision = admin.settings()?.revision;
        Ok(Tagged { revision, value: Option160Document::of(&admin, W::ROUTE)? })
    }
}
