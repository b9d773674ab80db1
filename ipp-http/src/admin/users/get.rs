//! One user.

use ipp_core::id::UserId;

use super::UserDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ById<UserId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<UserDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let row = call.admin()?.user(call.path.id).await?;
        Ok(Tagged { revision: row.revision, value: UserDocument::of(&row) })
    }
}
