//! Who is logged in.

use super::SessionDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct Show;

impl Endpoint for Show {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<SessionDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(Json(SessionDocument::of(call.person()?)))
    }
}
