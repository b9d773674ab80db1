//! One phone model.

use super::{ByModel, ModelDocument};
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = ByModel;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<ModelDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let row = call.admin()?.model(&call.path.id)?;
        Ok(Tagged { revision: row.revision, value: ModelDocument::of(&row) })
    }
}
