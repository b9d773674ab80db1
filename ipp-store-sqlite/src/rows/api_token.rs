//! API tokens.

use ipp_core::{
    digest::Fingerprint,
    id::{ApiTokenId, OperatorId},
    operator::{ApiToken, Operator},
    store::OperatorKey,
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, json, one, operator, word};
use crate::error::{Blame, Outcome};

const PUT: &str = "
    INSERT INTO api_token (id, print, operator, name, level, regions, created_at, expires_at, last_used)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (id) DO UPDATE SET
        print = excluded.print, operator = excluded.operator, name = excluded.name, level = excluded.level,
        regions = excluded.regions, created_at = excluded.created_at, expires_at = excluded.expires_at,
        last_used = excluded.last_used";
const PRINT_TAKEN: &str = "SELECT 1 FROM api_token WHERE print = ?1 AND id <> ?2";
const OPERATOR_THERE: &str = "SELECT 1 FROM operator WHERE id = ?1";
const USE: &str =
    "UPDATE api_token SET last_used = ?2 WHERE id = ?1 AND (last_used IS NULL OR last_used < ?2)";
const DELETE: &str = "DELETE FROM api_token WHERE id = ?1";

const GET: &str = "SELECT * FROM api_token WHERE print = ?1";
const OF: &str = "SELECT * FROM api_token WHERE operator = ?1 ORDER BY id";

pub(crate) fn put(conn: &Connection, token: &ApiToken) -> Outcome<()> {
    let (id, print, operator) = (token.id.as_bytes(), token.print.as_bytes(), token.operator.as_bytes());
    let put = params![
        id,
        print,
        operator,
        token.name.as_str(),
        word(token.level)?,
        json(&token.regions)?,
        token.created_at.as_millis(),
        token.expires_at.as_millis(),
        token.last_used.map(Timestamp::as_millis),
    ];
    execute(conn, PUT, put).map(drop).map_err(|error| {
        Blame::of(conn, error)
            .taken("token", &token.name, PRINT_TAKEN, params![print, id])
            .missing("account", OPERATOR_THERE, params![operator])
            .fault()
    })
}

/// Notes a later use; whether it was one.
pub(crate) fn used(conn: &Connection, id: ApiTokenId, at: Timestamp) -> Outcome<bool> {
    Ok(execute(conn, USE, params![id.as_bytes(), at.as_millis()])? > 0)
}

pub(crate) fn delete(conn: &Connection, id: ApiTokenId) -> Outcome<()> {
    execute(conn, DELETE, params![id.as_bytes()])?;
    Ok(())
}

pub(crate) fn get(conn: &Connection, print: Fingerprint) -> Outcome<Option<(ApiToken, Operator)>> {
    let Some(token) = one(conn, GET, params![print.as_bytes()], read)? else { return Ok(None) };
    let account = operator::get(conn, &OperatorKey::Id(token.operator))?;
    Ok(account.map(|account| (token, account.value)))
}

pub(crate) fn of(conn: &Connection, operator: OperatorId) -> Outcome<Vec<ApiToken>> {
    all(conn, OF, params![operator.as_bytes()], read)
}

fn read(row: &Row<'_>) -> Outcome<ApiToken> {
    let fields = Fields::new("api_token", row);
    Ok(ApiToken {
        id: fields.bytes("id", ApiTokenId::from_bytes)?,
        print: fields.bytes("print", Fingerprint::from_bytes)?,
        operator: fields.bytes("operator", OperatorId::from_bytes)?,
        name: fields.parse("name")?,
        level: fields.word("level")?,
        regions: fields.json("regions")?,
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
        last_used: fields.opt_time("last_used")?,
    })
}
