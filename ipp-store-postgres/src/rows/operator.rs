//! Accounts of administrators.

use std::collections::BTreeSet;

use ipp_core::{
    access::{Level, RegionalLevel, Regions, Role},
    catalog::{RowRevision, Stored},
    id::{OperatorId, RegionId},
    operator::{Operator, PasswordHash},
    store::{OperatorKey, StoreError, StoreErrorKind, StoredRow},
};
use tokio_postgres::Row;

use super::{Fields, all, one, visit as visit_rows, word};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{ids, params},
};

const PUT: &str = "
    INSERT INTO operator (id, revision, name, folded, description, level, all_regions, reveal_secrets, password,
        must_change_password, enabled, created_at)
    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (id) DO UPDATE SET
        revision = operator.revision + 1, name = excluded.name, folded = excluded.folded,
        description = excluded.description, level = excluded.level, all_regions = excluded.all_regions,
        reveal_secrets = excluded.reveal_secrets, password = excluded.password,
        must_change_password = excluded.must_change_password, enabled = excluded.enabled,
        created_at = excluded.created_at";
const CLEAR_REGIONS: &str = "DELETE FROM operator_region WHERE operator = $1";
const ADD_REGIONS: &str = "INSERT INTO operator_region (operator, region) SELECT $1, unnest($2)";
const DELETE: &str = "DELETE FROM operator WHERE id = $1";
const IS_LAST: &str = "
    SELECT id FROM operator WHERE id = $1 AND level = 'super_administrator' AND enabled AND NOT EXISTS (
        SELECT 1 FROM operator WHERE id <> $1 AND level = 'super_administrator' AND enabled)";

/// Accounts, each with its regions.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT o.*, ARRAY(SELECT r.region FROM operator_region r WHERE r.operator = o.id) AS regions
            FROM operator o ",
            $which
        )
    };
}

const BY_ID: &str = select!("WHERE o.id = $1");
const BY_NAME: &str = select!("WHERE o.folded = $1");
const ALL: &str = select!("ORDER BY o.id");

pub(crate) async fn put(conn: &Conn, operator: &Operator) -> Outcome<()> {
    if !operator.is_last_resort() {
        spare_the_last(conn, operator.id).await?;
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
    conn.execute(PUT, &put)
        .await
        .map_err(|fault| fault.taken("operator_folded_key", "administrator name", &operator.name))?;
    conn.execute(CLEAR_REGIONS, &params![id]).await?;
    if let Some(regions) = regions {
        let add = [id.into(), ids(regions.iter().map(RegionId::as_bytes))];
        conn.execute(ADD_REGIONS, &add)
            .await
            .map_err(|fault| fault.missing("operator_region_region_fkey", "region"))?;
    }
    Ok(())
}

pub(crate) async fn delete(conn: &Conn, id: OperatorId) -> Outcome<()> {
    spare_the_last(conn, id).await?;
    conn.execute(DELETE, &params![id.as_bytes()]).await?;
    Ok(())
}

/// Refuses what would leave nobody to administer the installation (C37).
async fn spare_the_last(conn: &Conn, id: OperatorId) -> Outcome<()> {
    if one(conn, IS_LAST, &params![id.as_bytes()], |_| Ok(())).await?.is_none() {
        return Ok(());
    }
    let message = "this is the last Super Administrator that can log in; make another first";
    Err(StoreError::new(StoreErrorKind::Protected, message).into())
}

pub(crate) async fn get(conn: &Conn, key: &OperatorKey) -> Outcome<Option<Stored<Operator>>> {
    match key {
        OperatorKey::Id(id) => one(conn, BY_ID, &params![id.as_bytes()], read).await,
        OperatorKey::Name(name) => one(conn, BY_NAME, &params![name.folded()], read).await,
    }
}

pub(crate) async fn all_of_them(conn: &Conn) -> Outcome<Vec<Stored<Operator>>> {
    all(conn, ALL, &[], read).await
}

/// Gives out all accounts by id.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, ALL, out, |row| Ok(StoredRow::Operator(Box::new(read(row)?)))).await
}

fn read(row: &Row) -> Outcome<Stored<Operator>> {
    let fields = Fields::new("operator", row);
    let id = fields.bytes("id", OperatorId::from_bytes)?;
    let regions = |level| -> Outcome<Role> {
        let regions = if fields.get("all_regions")? {
            Regions::All
        } else {
            Regions::Only(BTreeSet::from_iter(fields.list("regions", RegionId::from_bytes)?))
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
        password: PasswordHash::from_text(fields.text("password")?),
        must_change_password: fields.get("must_change_password")?,
        enabled: fields.get("enabled")?,
        created_at: fields.time("created_at")?,
    };
    Ok(Stored { revision: RowRevision(fields.unsigned("revision")?), value })
}
