//! The placeholders that the product itself gives a value, with their defaults (PLH-11).

use ipp_core::placeholder::{
    Applies, Builtin,
    builtin::{BUILTIN, Settable},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// The built-in placeholders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BuiltinList {
    /// By subject.
    items: Vec<BuiltinPlaceholder>,
}

/// A placeholder that every installation knows.
#[derive(Debug, Serialize, ToSchema)]
struct BuiltinPlaceholder {
    /// Its name.
    name: &'static str,
    /// What it stands for.
    meaning: &'static str,
    /// The value where nothing gives it one; `null` where it follows from a setting, a phone or a user.
    default: Option<&'static str>,
    /// Whether a system setting gives it a value.
    of_settings: bool,
    /// Whether phones and their users give it a value of their own.
    of_phone: bool,
    /// Which phones it is for: `all`, or `generic`, which is all but those for Lync.
    applies: &'static str,
    /// Who may set it at a model, region or device: `operators`, `administrators` or `nobody`.
    settable: &'static str,
    /// Whether its value is a secret.
    secret: bool,
}

impl BuiltinPlaceholder {
    fn of(row: &Builtin) -> Self {
        Self {
            name: row.name,
            meaning: row.meaning,
            default: row.default,
            of_settings: row.system.is_some(),
            of_phone: row.phone.is_some(),
            applies: match row.applies {
                Applies::All => "all",
                Applies::GenericOnly => "generic",
            },
            settable: match row.settable {
                Settable::Operators => "operators",
                Settable::Administrators => "administrators",
                Settable::Nobody => "nobody",
            },
            secret: row.secret,
        }
    }
}

pub(crate) struct List;

impl Endpoint for List {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<BuiltinList>;

    async fn run(_: Call<Self>) -> Result<Self::Answer, Problem> {
        Ok(Json(BuiltinList { items: BUILTIN.iter().map(BuiltinPlaceholder::of).collect() }))
    }
}
