//! Accounts of administrators.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod reset_password;
pub(crate) mod update;

use std::collections::BTreeSet;

use ipp_core::{
    access::{Level, RegionalLevel, Regions, Role},
    catalog::Stored,
    operator::Operator,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoint::parse;
use crate::problem::Problem;

/// A set of regions.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RegionsDocument {
    /// All, those of the future among them.
    #[default]
    All,
    /// The ids of these.
    Only(Vec<String>),
}

impl RegionsDocument {
    pub(crate) fn of(regions: &Regions) -> Self {
        match regions {
            Regions::All => Self::All,
            Regions::Only(regions) => Self::Only(regions.iter().map(ToString::to_string).collect()),
        }
    }

    pub(crate) fn parse(&self, pointer: &str) -> Result<Regions, Problem> {
        Ok(match self {
            Self::All => Regions::All,
            Self::Only(ids) => Regions::Only(
                ids.iter()
                    .enumerate()
                    .map(|(at, id)| parse(id, &format!("{pointer}/only/{at}")))
                    .collect::<Result<BTreeSet<_>, _>>()?,
            ),
        })
    }
}

/// An account of an administrator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorDocument {
    /// Its id.
    id: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// The name to log in with.
    name: String,
    /// Who that is.
    description: String,
    /// `super_administrator`, `administrator`, `operator` or `monitoring`.
    level: String,
    /// The regions that are visible; full administrators see all.
    regions: RegionsDocument,
    /// Whether it may see secrets in files.
    reveal_secrets: bool,
    /// Whether it can log in.
    enabled: bool,
    /// Whether it has to change its password first.
    must_change_password: bool,
    /// When it was made.
    created_at: String,
}

impl OperatorDocument {
    fn of(row: &Stored<Operator>) -> Self {
        let operator = &row.value;
        let regions = match &operator.role {
            Role::SuperAdministrator | Role::Administrator => RegionsDocument::All,
            Role::Regional { regions, .. } => RegionsDocument::of(regions),
        };
        Self {
            id: operator.id.to_string(),
            revision: row.revision.0,
            name: operator.name.to_string(),
            description: operator.description.to_string(),
            level: super::word(operator.role.level()),
            regions,
            reveal_secrets: operator.reveal_secrets,
            enabled: operator.enabled,
            must_change_password: operator.must_change_password,
            created_at: operator.created_at.to_string(),
        }
    }
}

/// An account with its new password, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordMade {
    /// The password; it has to be changed at the next login.
    password: String,
}

/// A role from its level and regions. Full administrators have no regions of their own, so whoever
/// names some has meant something else.
pub(crate) fn role(level: Level, regions: Option<Regions>, pointer: &str) -> Result<Role, Problem> {
    let full = |role| match &regions {
        None | Some(Regions::All) => Ok(role),
        Some(Regions::Only(_)) => Err(Problem::new(
            http::StatusCode::UNPROCESSABLE_ENTITY,
            format!("The level {level} reaches all regions; choose operator or monitoring to name some."),
        )
        .at(pointer)),
    };
    match level {
        Level::SuperAdministrator => full(Role::SuperAdministrator),
        Level::Administrator => full(Role::Administrator),
        Level::Operator | Level::Monitoring => {
            let level =
                if level == Level::Operator { RegionalLevel::Operator } else { RegionalLevel::Monitoring };
            // Whoever is given no region sees none (SEC-16).
            let regions = regions.unwrap_or(Regions::Only(BTreeSet::new()));
            Ok(Role::Regional { level, regions })
        }
    }
}
