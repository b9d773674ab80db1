//! What edits would do, or, without any, what *Generate* would change now. Changes nothing.

use super::{PreviewRequest, report::PreviewReport};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, LargeJsonBody, Nothing},
    problem::Problem,
};

pub(crate) struct Show;

impl Endpoint for Show {
    type Path = Nothing;
    type Query = Nothing;
    type Body = LargeJsonBody<PreviewRequest>;
    type Answer = Json<PreviewReport>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let mut asked = call.body.0.read(call.app(), &admin, "").await?;
        let preview = admin.preview(&mut asked.proposal, &asked.over, asked.against).await?;
        Ok(Json(PreviewReport::of(preview)))
    }
}
