//! The values that all phones share: those of the settings and of the system scope, and the defaults
//! of all others (PLH-13, AMB-10).

use ipp_core::{app::admin::placeholders::SystemValue, placeholder::Origin};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The values that all phones share.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemValueList {
    /// By name.
    items: Vec<SystemValueDocument>,
}

/// A value that all phones share.
#[derive(Debug, Serialize, ToSchema)]
struct SystemValueDocument {
    /// The name of the placeholder.
    name: String,
    /// The value; `null` for a secret, and where only phones have one.
    value: Option<String>,
    /// `defined` where the settings or the system scope give it, `default`, or `none`.
    state: &'static str,
}

impl SystemValueDocument {
    fn of(row: &SystemValue) -> Self {
        let state = match row.value.as_ref().map(|value| value.origin) {
            None => "none",
            Some(Origin::Default) => "default",
            Some(Origin::System | Origin::Model | Origin::Region | Origin::Device) => "defined",
        };
        let value = row.value.as_ref().and_then(|value| value.value.clone());
        Self { name: row.name.to_string(), value, state }
    }
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<SystemValueList>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let values = call.admin()?.system_values()?;
        Ok(Json(SystemValueList { items: values.iter().map(SystemValueDocument::of).collect() }))
    }
}
