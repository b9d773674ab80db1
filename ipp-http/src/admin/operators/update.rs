//! Change an account.

use ipp_core::{catalog::Stored, id::OperatorId, operator::Operator};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{OperatorDocument, RegionsDocument, role};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, IfMatch, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// What is to be changed of an account; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorEdit {
    /// The name to log in with.
    name: Option<String>,
    /// Who that is.
    description: Option<String>,
    /// `super_administrator`, `administrator`, `operator` or `monitoring`.
    level: Option<String>,
    /// The regions of an operator or a monitoring account.
    regions: Option<RegionsDocument>,
    /// Whether it may see secrets in files.
    reveal_secrets: Option<bool>,
    /// Whether it can log in; its sessions end where it cannot.
    enabled: Option<bool>,
}

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = ById<OperatorId>;
    type Query = Nothing;
    type Body = JsonBody<OperatorEdit>;
    type Answer = Json<OperatorDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let revision = call.if_match()?;
        let admin = call.admin()?;
        let JsonBody(edit) = &call.body;
        let mut operator = admin.operator(call.path.id).await?.value;
        edit.apply(&mut operator)?;
        admin.update_operator(Stored { revision, value: operator }).await?;
        Ok(Json(OperatorDocument::of(&admin.operator(call.path.id).await?)))
    }
}

impl OperatorEdit {
    fn apply(&self, operator: &mut Operator) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            operator.name = parse(name, "/name")?;
        }
        if let Some(description) = &self.description {
            operator.description = parse(description, "/description")?;
        }
        if self.level.is_some() || self.regions.is_some() {
            let former = match &operator.role {
                ipp_core::access::Role::Regional { regions, .. } => Some(regions.clone()),
                ipp_core::access::Role::SuperAdministrator | ipp_core::access::Role::Administrator => None,
            };
            let level = match &self.level {
                Some(level) => parse(level, "/level")?,
                None => operator.role.level(),
            };
            let named = self.regions.as_ref().map(|regions| regions.parse("/regions")).transpose()?;
            // A new level alone keeps the regions, where it has any.
            let kept = former.filter(|_| level <= ipp_core::access::Level::Operator);
            operator.role = role(level, named.or(kept), "/regions")?;
        }
        operator.reveal_secrets = self.reveal_secrets.unwrap_or(operator.reveal_secrets);
        operator.enabled = self.enabled.unwrap_or(operator.enabled);
        Ok(())
    }
}
