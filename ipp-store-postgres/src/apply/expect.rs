//! What a batch expects: questions, asked before anything is changed. Devices and users, of which a batch
//! may expect thousands, are asked about in one question each.

use std::collections::HashMap;

use ipp_core::{
    catalog::RowRevision,
    cfg::FileKey,
    store::{Expect, Expected, Row, StoreError, StoreErrorKind},
};

use super::catalog::scope_columns;
use crate::{
    connection::Conn,
    error::Outcome,
    rows::{Fields, all, one},
    value::{Value, ids, params},
};

const SETTINGS: &str = "SELECT single, revision FROM settings";
const REGION: &str = "SELECT id, revision FROM region WHERE id = $1";
const MODEL: &str = "SELECT id, revision FROM phone_model WHERE id = $1";
const TEMPLATE: &str = "SELECT id, revision FROM template WHERE id = $1";
const FIRMWARE: &str = "SELECT id, revision FROM firmware WHERE id = $1";
const OPERATOR: &str = "SELECT id, revision FROM operator WHERE id = $1";
const STAND_IN: &str = "SELECT device, revision FROM stand_in WHERE device = $1";
const SHARED_FILE: &str = "SELECT folded, revision FROM shared_file WHERE folded = $1";
const PLACEHOLDER: &str = "
    SELECT name, revision FROM placeholder
    WHERE coalesce(region, ''::bytea) = coalesce($2, ''::bytea) AND coalesce(model, '') = coalesce($3, '')
        AND name = $1";
const USERS: &str = "SELECT id, revision FROM phone_user WHERE id = ANY($1)";
const DEVICES: &str = "SELECT id, revision FROM device WHERE id = ANY($1)";

type Revisions = HashMap<[u8; 16], RowRevision>;

/// Fails with *stale* at the first expectation that does not hold. Nobody changes a row that can be
/// expected without the lock that the transaction holds.
pub(super) async fn check(conn: &Conn, expectations: &[Expect]) -> Outcome<()> {
    if expectations.is_empty() {
        return Ok(());
    }
    let devices = revisions(conn, "device", DEVICES, expectations, |row| {
        if let Row::Device(id) = row { Some(id.as_bytes()) } else { None }
    })
    .await?;
    let users = revisions(conn, "phone_user", USERS, expectations, |row| {
        if let Row::User(id) = row { Some(id.as_bytes()) } else { None }
    })
    .await?;
    for expect in expectations {
        let expected = match expect.state {
            Expected::Revision(revision) => Some(revision),
            Expected::Absent => None,
        };
        let found = match &expect.row {
            Row::Device(id) => devices.get(id.as_bytes()).copied(),
            Row::User(id) => users.get(id.as_bytes()).copied(),
            row @ (Row::Settings
            | Row::Region(_)
            | Row::Model(_)
            | Row::Template(_)
            | Row::Firmware(_)
            | Row::Placeholder(..)
            | Row::Operator(_)
            | Row::File(_)) => revision(conn, row).await?,
        };
        if found != expected {
            let message = format!("{} changed meanwhile", expect.row);
            return Err(StoreError::new(StoreErrorKind::Stale, message).into());
        }
    }
    Ok(())
}

async fn revisions(
    conn: &Conn,
    table: &'static str,
    sql: &str,
    expectations: &[Expect],
    id_of: impl Fn(&Row) -> Option<&[u8; 16]>,
) -> Outcome<Revisions> {
    let wanted: Vec<&[u8; 16]> = expectations.iter().filter_map(|expect| id_of(&expect.row)).collect();
    if wanted.is_empty() {
        return Ok(Revisions::new());
    }
    let found = all(conn, sql, &[ids(wanted)], |row| {
        let fields = Fields::new(table, row);
        Ok((fields.bytes("id", |id| id)?, RowRevision(fields.unsigned("revision")?)))
    })
    .await?;
    Ok(found.into_iter().collect())
}

async fn revision(conn: &Conn, row: &Row) -> Outcome<Option<RowRevision>> {
    let (table, sql, key): (_, _, Vec<Value<'_>>) = match row {
        // Settings that nobody has changed are there too, at revision 0.
        Row::Settings => {
            return ask(conn, "settings", SETTINGS, &[]).await.map(|found| Some(found.unwrap_or_default()));
        }
        Row::Region(id) => ("region", REGION, vec![id.as_bytes().into()]),
        Row::Template(id) => ("template", TEMPLATE, vec![id.as_bytes().into()]),
        Row::Firmware(id) => ("firmware", FIRMWARE, vec![id.as_bytes().into()]),
        Row::User(id) => ("phone_user", USERS, vec![ids([id.as_bytes()])]),
        Row::Device(id) => ("device", DEVICES, vec![ids([id.as_bytes()])]),
        Row::Operator(id) => ("operator", OPERATOR, vec![id.as_bytes().into()]),
        Row::File(FileKey::Device(id)) => ("stand_in", STAND_IN, vec![id.as_bytes().into()]),
        Row::File(FileKey::Shared(name)) => ("shared_file", SHARED_FILE, vec![name.folded().into()]),
        Row::Model(id) => ("phone_model", MODEL, vec![id.as_str().into()]),
        Row::Placeholder(scope, name) => {
            let (region, model) = scope_columns(scope);
            ("placeholder", PLACEHOLDER, params![name.as_str(), region, model].into())
        }
    };
    ask(conn, table, sql, &key).await
}

async fn ask(conn: &Conn, table: &'static str, sql: &str, key: &[Value<'_>]) -> Outcome<Option<RowRevision>> {
    one(conn, sql, key, |row| Fields::new(table, row).unsigned("revision").map(RowRevision)).await
}
