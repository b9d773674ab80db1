//! Delete a phone model that nothing refers to.

use super::ByModel;
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, NoContent, Nothing},
    problem::Problem,
};

pub(crate) struct Delete;

impl Endpoint for Delete {
    type Path = ByModel;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = NoContent;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        call.admin()?.delete_model(&call.path.id).await?;
        Ok(NoContent)
    }
}
