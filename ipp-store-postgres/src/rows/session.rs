//! Sessions.

use ipp_core::{
    digest::Fingerprint,
    id::OperatorId,
    operator::{Operator, Session, Subject},
    store::OperatorKey,
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, one, operator};
use crate::{connection::Conn, error::Outcome, value::params};

const PUT: &str = "
    INSERT INTO session (print, operator, host_subject, created_at, last_seen) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (print) DO UPDATE SET
        operator = excluded.operator, host_subject = excluded.host_subject, created_at = excluded.created_at,
        last_seen = excluded.last_seen";
const TOUCH: &str = "UPDATE session SET last_seen = $2 WHERE print = $1 AND last_seen < $2";
const END: &str = "DELETE FROM session WHERE print = $1";
const END_ALL: &str = "
    DELETE FROM session WHERE (operator = $1 OR host_subject = $2) AND ($3 IS NULL OR print <> $3)";
const PRUNE: &str = "DELETE FROM session WHERE last_seen < $1 OR created_at < $2";

const GET: &str = "SELECT * FROM session WHERE print = $1";
const OF: &str =
    "SELECT * FROM session WHERE operator = $1 OR host_subject = $2 ORDER BY last_seen DESC, print";

pub(crate) async fn put(conn: &Conn, session: &Session) -> Outcome<()> {
    let (operator, host) = subject_columns(&session.subject);
    let (created_at, last_seen) = (session.created_at.as_millis(), session.last_seen.as_millis());
    let put = params![session.print.as_bytes(), operator, host, created_at, last_seen];
    conn.execute(PUT, &put).await.map(drop).map_err(|fault| fault.missing("session_operator_fkey", "account"))
}

/// Notes a later use; whether it was one.
pub(crate) async fn touch(conn: &Conn, print: Fingerprint, at: Timestamp) -> Outcome<bool> {
    Ok(conn.execute(TOUCH, &params![print.as_bytes(), at.as_millis()]).await? > 0)
}

pub(crate) async fn end(conn: &Conn, print: Fingerprint) -> Outcome<()> {
    conn.execute(END, &params![print.as_bytes()]).await?;
    Ok(())
}

pub(crate) async fn end_all(conn: &Conn, subject: &Subject, except: Option<Fingerprint>) -> Outcome<()> {
    let (operator, host) = subject_columns(subject);
    conn.execute(END_ALL, &params![operator, host, except.as_ref().map(Fingerprint::as_bytes)]).await?;
    Ok(())
}

pub(crate) async fn prune(conn: &Conn, used: Timestamp, begun: Timestamp) -> Outcome<()> {
    conn.execute(PRUNE, &params![used.as_millis(), begun.as_millis()]).await?;
    Ok(())
}

pub(crate) async fn get(conn: &Conn, print: Fingerprint) -> Outcome<Option<(Session, Option<Operator>)>> {
    let Some(session) = one(conn, GET, &params![print.as_bytes()], read).await? else { return Ok(None) };
    let account = match session.subject {
        Subject::Operator(id) => operator::get(conn, &OperatorKey::Id(id)).await?.map(|row| row.value),
        Subject::Host(_) => None,
    };
    Ok(Some((session, account)))
}

pub(crate) async fn of(conn: &Conn, subject: &Subject) -> Outcome<Vec<Session>> {
    let (operator, host) = subject_columns(subject);
    all(conn, OF, &params![operator, host], read).await
}

fn subject_columns(subject: &Subject) -> (Option<&[u8; 16]>, Option<&str>) {
    match subject {
        Subject::Operator(id) => (Some(id.as_bytes()), None),
        Subject::Host(subject) => (None, Some(subject)),
    }
}

fn read(row: &Row) -> Outcome<Session> {
    let fields = Fields::new("session", row);
    let print = fields.bytes("print", Fingerprint::from_bytes)?;
    let operator = fields.opt_bytes("operator", OperatorId::from_bytes)?.map(Subject::Operator);
    let host = fields.opt_text("host_subject")?.map(Subject::Host);
    Ok(Session {
        print,
        subject: operator.or(host).ok_or_else(|| fields.wrong("operator", "a session is somebody's"))?,
        created_at: fields.time("created_at")?,
        last_seen: fields.time("last_seen")?,
    })
}
