//! Sessions.

use ipp_core::{
    digest::Fingerprint,
    id::OperatorId,
    operator::{Operator, Session, Subject},
    store::OperatorKey,
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, one, operator};
use crate::error::{Blame, Outcome};

const PUT: &str = "
    INSERT INTO session (print, operator, host_subject, created_at, last_seen) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (print) DO UPDATE SET
        operator = excluded.operator, host_subject = excluded.host_subject, created_at = excluded.created_at,
        last_seen = excluded.last_seen";
const OPERATOR_THERE: &str = "SELECT 1 FROM operator WHERE id = ?1";
const TOUCH: &str = "UPDATE session SET last_seen = ?2 WHERE print = ?1 AND last_seen < ?2";
const END: &str = "DELETE FROM session WHERE print = ?1";
const END_ALL: &str = "
    DELETE FROM session WHERE (operator = ?1 OR host_subject = ?2) AND (?3 IS NULL OR print <> ?3)";
const PRUNE: &str = "DELETE FROM session WHERE last_seen < ?1 OR created_at < ?2";

const GET: &str = "SELECT * FROM session WHERE print = ?1";
const OF: &str =
    "SELECT * FROM session WHERE operator = ?1 OR host_subject = ?2 ORDER BY last_seen DESC, print";

pub(crate) fn put(conn: &Connection, session: &Session) -> Outcome<()> {
    let (operator, host) = columns(&session.subject);
    let (created_at, last_seen) = (session.created_at.as_millis(), session.last_seen.as_millis());
    let put = params![session.print.as_bytes(), operator, host, created_at, last_seen];
    execute(conn, PUT, put)
        .map(drop)
        .map_err(|error| Blame::of(conn, error).missing("account", OPERATOR_THERE, params![operator]).fault())
}

/// Notes a later use; whether it was one.
pub(crate) fn touch(conn: &Connection, print: Fingerprint, at: Timestamp) -> Outcome<bool> {
    Ok(execute(conn, TOUCH, params![print.as_bytes(), at.as_millis()])? > 0)
}

pub(crate) fn end(conn: &Connection, print: Fingerprint) -> Outcome<()> {
    execute(conn, END, params![print.as_bytes()])?;
    Ok(())
}

pub(crate) fn end_all(conn: &Connection, subject: &Subject, except: Option<Fingerprint>) -> Outcome<()> {
    let (operator, host) = columns(subject);
    execute(conn, END_ALL, params![operator, host, except.as_ref().map(Fingerprint::as_bytes)])?;
    Ok(())
}

pub(crate) fn prune(conn: &Connection, used: Timestamp, begun: Timestamp) -> Outcome<()> {
    execute(conn, PRUNE, params![used.as_millis(), begun.as_millis()])?;
    Ok(())
}

pub(crate) fn get(conn: &Connection, print: Fingerprint) -> Outcome<Option<(Session, Option<Operator>)>> {
    let Some(session) = one(conn, GET, params![print.as_bytes()], read)? else { return Ok(None) };
    let account = match session.subject {
        Subject::Operator(id) => operator::get(conn, &OperatorKey::Id(id))?.map(|row| row.value),
        Subject::Host(_) => None,
    };
    Ok(Some((session, account)))
}

pub(crate) fn of(conn: &Connection, subject: &Subject) -> Outcome<Vec<Session>> {
    let (operator, host) = columns(subject);
    all(conn, OF, params![operator, host], read)
}

fn columns(subject: &Subject) -> (Option<&[u8; 16]>, Option<&str>) {
    match subject {
        Subject::Operator(id) => (Some(id.as_bytes()), None),
        Subject::Host(subject) => (None, Some(subject)),
    }
}

fn read(row: &Row<'_>) -> Outcome<Session> {
    let fields = Fields::new("session", row);
    let operator = fields.opt_bytes("operator", OperatorId::from_bytes)?.map(Subject::Operator);
    let host = fields.get::<Option<String>>("host_subject")?.map(Subject::Host);
    Ok(Session {
        print: fields.bytes("print", Fingerprint::from_bytes)?,
        subject: operator.or(host).ok_or_else(|| fields.wrong("operator", "a session is somebody's"))?,
        created_at: fields.time("created_at")?,
        last_seen: fields.time("last_seen")?,
    })
}
