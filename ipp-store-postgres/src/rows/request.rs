//! Requests that may be repeated.

use ipp_core::{
    digest::Fingerprint,
    store::{Answer, Claim, RememberedRequest, RequestChange, StoredRow},
};
use tokio_postgres::Row;

use super::{Fields, one, visit as visit_rows};
use crate::{connection::Conn, dump::Out, error::Outcome, value::params};

const CLAIM: &str = "INSERT INTO request (key, content, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const SETTLE: &str = "UPDATE request SET status = $2, body = $3 WHERE key = $1";
const RELEASE: &str = "DELETE FROM request WHERE key = $1";
const PRUNE: &str = "DELETE FROM request WHERE at < $1";
const GET: &str = "SELECT * FROM request WHERE key = $1";
const EVERY: &str = "SELECT * FROM request ORDER BY key";

/// Applies a change; whether it took effect.
pub(crate) async fn apply(conn: &Conn, change: &RequestChange) -> Outcome<bool> {
    let changed = match change {
        RequestChange::Claim(claim) => {
            let row = params![claim.key.as_bytes(), claim.content.as_bytes(), claim.at.as_millis()];
            conn.execute(CLAIM, &row).await?
        }
        RequestChange::Settle(key, answer) => {
            conn.execute(SETTLE, &params![key.as_bytes(), answer.status, &answer.body]).await?
        }
        RequestChange::Release(key) => conn.execute(RELEASE, &params![key.as_bytes()]).await?.max(1),
        RequestChange::Prune(before) => conn.execute(PRUNE, &params![before.as_millis()]).await?.max(1),
    };
    Ok(changed > 0)
}

pub(crate) async fn get(conn: &Conn, key: Fingerprint) -> Outcome<Option<RememberedRequest>> {
    one(conn, GET, &params![key.as_bytes()], read).await
}

/// Gives out all requests by their keys.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Request(Box::new(read(row)?)))).await
}

/// Puts a request as it was remembered.
pub(crate) async fn restore(conn: &Conn, request: &RememberedRequest) -> Outcome<()> {
    apply(conn, &RequestChange::Claim(request.claim.clone())).await?;
    if let Some(answer) = &request.answer {
        apply(conn, &RequestChange::Settle(request.claim.key, answer.clone())).await?;
    }
    Ok(())
}

fn read(row: &Row) -> Outcome<RememberedRequest> {
    let fields = Fields::new("request", row);
    let claim = Claim {
        key: fields.bytes("key", Fingerprint::from_bytes)?,
        content: fields.bytes("content", Fingerprint::from_bytes)?,
        at: fields.time("at")?,
    };
    let (status, body) = (fields.opt_number("status")?, fields.get::<Option<Vec<u8>>>("body")?);
    let answer = status.zip(body).map(|(status, body)| Answer { status, body });
    Ok(RememberedRequest { claim, answer })
}
