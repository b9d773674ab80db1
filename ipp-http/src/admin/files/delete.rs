//! Delete an uploaded file (CFG-07).

use super::ByName;
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ByName;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_shared_file(&call.path.name).await?;
        Ok(NoContent)
    }
}
