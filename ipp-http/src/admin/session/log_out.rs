//! End this session (LGN-15).

use crate::{
    admin::endpoint::{Call, Endpoint, Fresh, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct LogOut;

impl Endpoint for LogOut {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Fresh<NoContent>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.app().log_out(call.person()?).await?;
        Ok(Fresh { cookie: call.cookie(""), answer: NoContent })
    }
}
