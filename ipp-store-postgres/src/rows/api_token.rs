//! API tokens.

use ipp_core::{
    digest::Fingerprint,
    id::{ApiTokenId, OperatorId},
    operator::{ApiToken, Operator},
    store::OperatorKey,
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, json, one, operator, word};
use crate::{connection::Conn, error::Outcome, value::params};

const PUT: &str = "
    INSERT INTO api_token (id, print, operator, name, level, regions, created_at, expires_at, last_used)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (id) DO UPDATE SET
        print = excluded.print, operator = excluded.operator, name = excluded.name, level = excluded.level,
        regions = excluded.regions, created_at = excluded.created_at, expires_at = excluded.expires_at,
        last_used = excluded.last_used";
const USE: &str =
    "UPDATE api_token SET last_used = $2 WHERE id = $1 AND (last_used IS NULL OR last_used < $2)";
const DELETE: &str = "DELETE FROM api_token WHERE id = $1";

const GET: &str = "SELECT * FROM api_token WHERE print = $1";
const OF: &str = "SELECT * FROM api_token WHERE operator = $1 ORDER BY id";

pub(crate) async fn put(conn: &Conn, token: &ApiToken) -> Outcome<()> {
    let put = params![
        token.id.as_bytes(),
        token.print.as_bytes(),
        token.operator.as_bytes(),
        token.name.as_str(),
        word(token.level)?,
        json(&token.regions)?,
        token.created_at.as_millis(),
        token.expires_at.as_millis(),
        token.last_used.map(Timestamp::as_millis),
    ];
    conn.execute(PUT, &put).await.map(drop).map_err(|fault| {
        fault.taken("api_token_print_key", "token", &token.name).missing("api_token_operator_fkey", "account")
    })
}

/// Notes a later use; whether it was one.
pub(crate) async fn used(conn: &Conn, id: ApiTokenId, at: Timestamp) -> Outcome<bool> {
    Ok(conn.execute(USE, &params![id.as_bytes(), at.as_millis()]).await? > 0)
}

pub(crate) async fn delete(conn: &Conn, id: ApiTokenId) -> Outcome<()> {
    conn.execute(DELETE, &params![id.as_bytes()]).await?;
    Ok(())
}

pub(crate) async fn get(conn: &Conn, print: Fingerprint) -> Outcome<Option<(ApiToken, Operator)>> {
    let Some(token) = one(conn, GET, &params![print.as_bytes()], read).await? else { return Ok(None) };
    let account = operator::get(conn, &OperatorKey::Id(token.operator)).await?;
    Ok(account.map(|account| (token, account.value)))
}

pub(crate) async fn of(conn: &Conn, operator: OperatorId) -> Outcome<Vec<ApiToken>> {
    all(conn, OF, &params![operator.as_bytes()], read).await
}

fn read(row: &Row) -> Outcome<ApiToken> {
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
