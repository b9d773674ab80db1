//! Make an account.

use ipp_core::{
    app::admin::operators::NewOperator,
    catalog::{RowRevision, Stored},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDocument, RegionsDocument, role};
use crate::{
    admin::endpoint::{Call, Created, Endpoint, JsonBody, Nothing, parse},
    problem::Problem,
};

/// An account that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorRequest {
    /// The name to log in with.
    name: String,
    /// Who that is.
    #[serde(default)]
    description: String,
    /// `super_administrator`, `administrator`, `operator` or `monitoring`.
    level: String,
    /// The regions of an operator or a monitoring account; none where they are not named.
    regions: Option<RegionsDocument>,
    /// Whether it may see secrets in files.
    #[serde(default)]
    reveal_secrets: bool,
}

/// An account with its first password, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorMade {
    #[serde(flatten)]
    operator: OperatorDocument,
    /// The password; it has to be changed at the first login.
    password: String,
}

pub(crate) struct Create;

impl Endpoint for Create {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<OperatorRequest>;
    type Answer = Created<OperatorMade>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let JsonBody(asked) = &call.body;
        let regions = asked.regions.as_ref().map(|regions| regions.parse("/regions")).transpose()?;
        let new = NewOperator {
            name: parse(&asked.name, "/name")?,
            description: parse(&asked.description, "/description")?,
            role: role(parse(&asked.level, "/level")?, regions, "/regions")?,
            reveal_secrets: asked.reveal_secrets,
            password: None,
        };
        let (operator, password) = call.admin()?.create_operator(new).await?;
        let location = format!("/api/v1/operators/{}", operator.id);
        let row = Stored { revision: RowRevision(1), value: operator };
        let operator = OperatorDocument::of(&row);
        Ok(Created { location, value: OperatorMade { operator, password: password.as_str().to_owned() } })
    }
}
