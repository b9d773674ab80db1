//! What would be refused of a file; nothing is saved.

use super::{check::TemplateChecked, upload::UploadQuery};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, Nothing, XmlBody},
    problem::Problem,
};

pub(crate) struct CheckUpload;

impl Endpoint for CheckUpload {
    type Path = Nothing;
    type Query = UploadQuery;
    type Body = XmlBody;
    type Answer = Json<TemplateChecked>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let new = call.query.with(&call.body.0);
        Ok(Json(TemplateChecked::of(&call.admin()?.check_upload(new)?)))
    }
}
