//! Requests that may be repeated.

use ipp_core::{
    digest::Fingerprint,
    store::{Answer, Claim, RememberedRequest, RequestChange},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, execute, one};
use crate::error::Outcome;

const CLAIM: &str = "INSERT INTO request (key, content, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const SETTLE: &str = "UPDATE request SET status = ?2, body = ?3 WHERE key = ?1";
const RELEASE: &str = "DELETE FROM request WHERE key = ?1";
const PRUNE: &str = "DELETE FROM request WHERE at < ?1";
const GET: &str = "SELECT * FROM request WHERE key = ?1";
const EVERY: &str = "SELECT * FROM request ORDER BY key";

/// Applies a change; whether it took effect.
pub(crate) fn apply(conn: &Connection, change: &RequestChange) -> Outcome<bool> {
    let changed = match change {
        RequestChange::Claim(claim) => {
            let row = params![claim.key.as_bytes(), claim.content.as_bytes(), claim.at.as_millis()];
            execute(conn, CLAIM, row)?
        }
        RequestChange::Settle(key, answer) => {
            execute(conn, SETTLE, params![key.as_bytes(), answer.status, answer.body])?
        }
        RequestChange::Release(key) => execute(conn, RELEASE, params![key.as_bytes()])?.max(1),
        RequestChange::Prune(before) => execute(conn, PRUNE, params![before.as_millis()])?.max(1),
    };
    Ok(changed > 0)
}

pub(crate) fn get(conn: &Connection, key: Fingerprint) -> Outcome<Option<RememberedRequest>> {
    one(conn, GET, params![key.as_bytes()], read)
}

/// Shows all requests by their keys.
pub(crate) fn visit(
    conn: &Connection,
    mut show: impl FnMut(RememberedRequest) -> Outcome<()>,
) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

/// Puts a request as it was remembered.
pub(crate) fn restore(conn: &Connection, request: &RememberedRequest) -> Outcome<()> {
    apply(conn, &RequestChange::Claim(request.claim.clone()))?;
    if let Some(answer) = &request.answer {
        apply(conn, &RequestChange::Settle(request.claim.key, answer.clone()))?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Outcome<RememberedRequest> {
    let fields = Fields::new("request", row);
    let claim = Claim {
        key: fields.bytes("key", Fingerprint::from_bytes)?,
        content: fields.bytes("content", Fingerprint::from_bytes)?,
        at: fields.time("at")?,
    };
    let (status, body) = (fields.get::<Option<u16>>("status")?, fields.get::<Option<Vec<u8>>>("body")?);
    let answer = status.zip(body).map(|(status, body)| Answer { status, body });
    Ok(RememberedRequest { claim, answer })
}
