//! Give an account a new random password.

use ipp_core::id::OperatorId;

use super::PasswordMade;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

pub(crate) struct ResetPassword;

impl Endpoint for ResetPassword {
    type Path = ById<OperatorId>;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<PasswordMade>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let password = call.admin()?.reset_operator_password(call.path.id).await?;
        Ok(Json(PasswordMade { password: password.as_str().to_owned() }))
    }
}
