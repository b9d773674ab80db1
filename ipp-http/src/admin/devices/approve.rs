//! Approve one phone that waits, for a person where one is named (APR-19, APR-20, AMB-23, AMB-27).

use http::StatusCode;
use ipp_core::{
    app::admin::{devices::Approval, users::NewUser},
    id::DeviceId,
    vault::SecretText,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DeviceDocument, vlan::VlanDocument};
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, JsonBody, Nothing, parse},
    problem::Problem,
};

/// How a phone is approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveRequest {
    /// The id of the region; a user brings its own.
    region: String,
    /// VLAN discovery; `cdp_lldp` where it is not named.
    vlan: Option<VlanDocument>,
    /// The model, where the phone's own is not known.
    model: Option<String>,
    /// The id of the user.
    user: Option<String>,
    /// A person by name: the user of that name, or a new one.
    person: Option<PersonDocument>,
}

/// A person by name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonDocument {
    /// The user name.
    name: String,
    /// The name that people see.
    #[serde(default)]
    display_name: String,
    /// The SIP password of a new user; that of a user who is there stays.
    #[schema(value_type = Option<String>)]
    password: Option<SecretText>,
}

pub(crate) struct Approve;

impl Endpoint for Approve {
    type Path = ById<DeviceId>;
    type Query = Nothing;
    type Body = JsonBody<ApproveRequest>;
    type Answer = Json<DeviceDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let JsonBody(asked) = &call.body;
        let region = parse(&asked.region, "/region")?;
        let approval = Approval {
            region,
            vlan: VlanDocument::of_approval(asked.vlan.as_ref())?,
            user: asked.user.as_deref().map(|id| parse(id, "/user")).transpose()?,
            model: asked.model.as_deref().map(|model| parse(model, "/model")).transpose()?,
        };
        let id = call.path.id;
        match &asked.person {
            None => drop(admin.approve(id, approval).await?),
            Some(_) if approval.user.is_some() => {
                let detail = "Name the user by its id or by its name, not both.";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at("/person"));
            }
            Some(person) => {
                let person = NewUser {
                    name: parse(&person.name, "/person/name")?,
                    display_name: parse(&person.display_name, "/person/display_name")?,
                    region,
                    password: person.password.clone(),
                };
                drop(admin.approve_for(id, approval, person).await?);
            }
        }
        Ok(Json(DeviceDocument::of(call.app(), &admin.device(id).await?)))
    }
}
