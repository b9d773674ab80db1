//! Accounts of administrators.

use std::collections::BTreeSet;

use ipp_core::{
    access::{Level, RegionalLevel, Regions, Role},
    catalog::{RowRevision, Stored},
    id::{OperatorId, RegionId},
    operator::{Operator, PasswordHash},
    store::{OperatorKey, StoreError, StoreErrorKind},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, one, word};
use crate::error::{Blame, Outcome};

const PUT: &str = "
    INSERT INTO operator (id, revision, name, folded, description, level, all_regions, reveal_secrets, password,
        must_change_password, enabled, created_at)
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, name = excluded.name, folded = excluded.folded,
        description = excluded.description, level = excluded.level, all_regions = excluded.all_regions,
        reveal_secrets = excluded.reveal_secrets, password = excluded.password,
        must_change_password = excluded.must_change_password, enabled = excluded.enabled,
        created_at = excluded.created_at";
const NAME_TAKEN: &str = "SELECT 1 FROM operator WHERE folded = ?1 AND id <> ?2";
const CLEAR_REGIONS: &str = "DELETE FROM operator_region WHERE operator = ?1";
const ADD_REGION: &str = "INSERT INTO operator_region (operator, region) VALUES (?1, ?2)";
const REGION_THERE: &str = "SELECT 1 FROM region WHERE id = ?1";
const DELETE: &str = "DELETE FROM operator WHERE id = ?1";
const IS_LAST: &str = "
    SELECT 1 FROM operator WHERE id = ?1 AND level = 'super_administrator' AND enabled = 1 AND NOT EXISTS (
        SELECT 1 FROM operator WHERE id <> ?1 AND level = 'super_administrator' AND enabled = 1)";

const BY_ID: &str = "SELECT * FROM operator WHERE id = ?1";
const BY_NAME: &str = "SELECT * FROM operator WHERE folded = ?1";
const ALL: &str = "SELECT * FROM operator ORDER BY id";
const REGIONS: &str = "SELECT operator, region FROM operator_region WHERE operator = ?1";

pub(crate) fn put(conn: &Connection, operator: &Operator) -> Outcome<()> {
    if !operator.is_last_resort() {
        spare_the_last(conn, operator.id)?;
    }
    let (id, folded) = (operator.id.as_bytes(), operator.name.folded());
    let (all_regions, regions) = match &operator.role {
        Role::SuperAdministrator | Role::Administrator | Role::Regional { regions: Regions::All, .. } => {
            (true, None)
        }
        Role::Regional { regions: Regions::Only(regions), .. } => (false, Some(regions)),
    };
    let put = params![
        id,
        operator.name.as_str(),
        folded,
        operator.description.as_str(),
        word(operator.role.level())?,
        all_regions,
        operator.reveal_secrets,
        operator.password.as_str(),
        operator.must_change_password,
        operator.enabled,
        operator.created_at.as_millis(),
    ];
    execute(conn, PUT, put).map_err(|error| {
        Blame::of(conn, error)
            .taken("administrator name", &operator.name, NAME_TAKEN, params![folded, id])
            .fault()
    })?;
    execute(conn, CLEAR_REGIONS, params![id])?;
    for region in regions.into_iter().flatten() {
        let region = region.as_bytes();
        execute(conn, ADD_REGION, params![id, region]).map_err(|error| {
            Blame::of(conn, error).missing("region", REGION_THERE, params![region]).fault()
        })?;
    }
    Ok(())
}

pub(crate) fn delete(conn: &Connection, id: OperatorId) -> Outcome<()> {
    spare_the_last(conn, id)?;
    execute(conn, DELETE, params![id.as_bytes()])?;
    Ok(())
}

/// Refuses what would leave nobody to administer the installation (C37).
fn spare_the_last(conn: &Connection, id: OperatorId) -> Outcome<()> {
    if one(conn, IS_LAST, params![id.as_bytes()], |_| Ok(()))?.is_none() {
        return Ok(());
    }
    let message = "this is the last Super Administrator that can log in; make another first";
    Err(StoreError::new(StoreErrorKind::Protected, message).into())
}

pub(crate) fn get(conn: &Connection, key: &OperatorKey) -> Outcome<Option<Stored<Operator>>> {
    match key {
        OperatorKey::Id(id) => one(conn, BY_ID, params![id.as_bytes()], |row| read(conn, row)),
        OperatorKey::Name(name) => one(conn, BY_NAME, params![name.folded()], |row| read(conn, row)),
    }
}

pub(crate) fn all_of_them(conn: &Connection) -> Outcome<Vec<Stored<Operator>>> {
    all(conn, ALL, [], |row| read(conn, row))
}

/// Shows all accounts by id.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(Stored<Operator>) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, ALL, |row| show(read(conn, row)?))
}

fn read(conn: &Connection, row: &Row<'_>) -> Outcome<Stored<Operator>> {
    let fields = Fields::new("operator", row);
    let id = fields.bytes("id", OperatorId::from_bytes)?;
    let regions = |level| -> Outcome<Role> {
        let regions = if fields.get("all_regions")? {
            Regions::All
        } else {
            let named = all(conn, REGIONS, params![id.as_bytes()], |row| {
                Fields::new("operator_region", row).bytes("region", RegionId::from_bytes)
            })?;
            Regions::Only(BTreeSet::from_iter(named))
        };
        Ok(Role::Regional { level, regions })
    };
    let role = match fields.word::<Level>("level")? {
        Level::SuperAdministrator => Role::SuperAdministrator,
        Level::Administrator => Role::Administrator,
        Level::Operator => regions(RegionalLevel::Operator)?,
        Level::Monitoring => regions(RegionalLevel::Monitoring)?,
    };
    let value = Operator {
        id,
        name: fields.parse("name")?,
        description: fields.parse("description")?,
        role,
        reveal_secrets: fields.get("reveal_secrets")?,
        password: PasswordHash::from_text(fields.get("password")?),
        must_change_password: fields.get("must_change_password")?,
        enabled: fields.get("enabled")?,
        created_at: fields.time("created_at")?,
    };
    Ok(Stored { revision: RowRevision(fields.unsigned("revision")?), value })
}
