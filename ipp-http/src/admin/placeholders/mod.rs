//! Placeholders of the system, of models and of regions.

pub(crate) mod builtin;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod relocate;
pub(crate) mod system;
pub(crate) mod usage;

use std::str::FromStr;

use ipp_core::{
    app::admin::Admin,
    catalog::{SharedScope, Stored},
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    store::AnyStore,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// A scope as it stands in paths and answers: `system`, `model:430HD` or `region:<id>`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Scope(SharedScope);

impl Scope {
    pub(super) const fn get(&self) -> &SharedScope {
        &self.0
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        fn id<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
            text.parse().map_err(|error: T::Err| error.to_string())
        }
        match text.split_once(':') {
            None if text == "system" => Ok(Self(SharedScope::System)),
            Some(("model", model)) => Ok(Self(SharedScope::Model(id(model)?))),
            Some(("region", region)) => Ok(Self(SharedScope::Region(id(region)?))),
            _ => Err("expected system, model:<id> or region:<id>".to_owned()),
        }
    }
}

fn scope_text(scope: &SharedScope) -> String {
    match scope {
        SharedScope::System => "system".to_owned(),
        SharedScope::Model(id) => format!("model:{id}"),
        SharedScope::Region(id) => format!("region:{id}"),
    }
}

/// The scope in the path.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct ByScope {
    /// `system`, `model:<id>` or `region:<id>`.
    #[param(value_type = String)]
    scope: Scope,
}

/// The scope and the name in the path.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct ByScopeAndName {
    /// `system`, `model:<id>` or `region:<id>`.
    #[param(value_type = String)]
    scope: Scope,
    /// The name, without `%ITCS_` and `%`.
    #[param(value_type = String)]
    name: PlaceholderName,
}

/// A placeholder that a scope sets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceholderDocument {
    /// Its name.
    name: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// The value; `null` for a secret, which is never shown.
    value: Option<String>,
    /// Whether it is a secret.
    secret: bool,
    /// What people note about it.
    description: String,
}

impl PlaceholderDocument {
    fn of(name: &PlaceholderName, row: &Stored<ScopedValue>) -> Self {
        let (revision, value) = (row.revision.0, &row.value);
        let (shown, secret) = match &value.value {
            StoredValue::Plain(text) => (Some(text.to_string()), false),
            StoredValue::Secret(_) => (None, true),
        };
        let (name, description) = (name.to_string(), value.description.to_string());
        Self { name, revision, value: shown, secret, description }
    }
}

/// A refused edit, with what the scope sets now where somebody else was quicker.
fn refused(admin: &Admin<'_, AnyStore>, asked: &ByScopeAndName, problem: Problem) -> Problem {
    match admin.placeholder(&asked.scope.0, &asked.name) {
        Ok(Some(row)) if problem.is_stale() => {
            problem.beside(row.revision, &PlaceholderDocument::of(&asked.name, &row))
        }
        Ok(_) | Err(_) => problem,
    }
}
