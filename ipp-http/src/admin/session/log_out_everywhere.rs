//! End all sessions of this account.

use crate::{
    admin::endpoint::{Call, Endpoint, Fresh, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct LogOutEverywhere;

impl Endpoint for LogOutEverywhere {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Fresh<NoContent>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.app().log_out_everywhere(call.person()?).await?;
        Ok(Fresh { cookie: call.cookie(""), answer: NoContent })
    }
}
