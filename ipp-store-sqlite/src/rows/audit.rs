//! The audit log.

use ipp_core::{
    digest::ContentHash,
    store::{AuditEntry, AuditRecord},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, number, one};
use crate::error::Outcome;

const HEAD: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const APPEND: &str = "
    INSERT INTO audit (number, at, actor, action, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const PAGE: &str = "SELECT * FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2";

/// Appends entries, each chained to the one before. The write lock that the transaction holds is
/// the lock on the head of the chain.
pub(crate) fn append(conn: &Connection, entries: &[AuditEntry]) -> Outcome<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut last = one(conn, HEAD, [], head)?;
    for entry in entries {
        let AuditRecord { number: at, entry, hash } = AuditRecord::following(last, entry.clone());
        let AuditEntry { at: time, actor, action, subject, detail } = &entry;
        let row = params![number(at)?, time.as_millis(), actor, action, subject, detail, hash.as_bytes()];
        execute(conn, APPEND, row)?;
        last = Some((at, hash));
    }
    Ok(())
}

pub(crate) fn page(conn: &Connection, after: i64, limit: u32) -> Outcome<Vec<AuditRecord>> {
    all(conn, PAGE, params![after, limit], |row| {
        let fields = Fields::new("audit", row);
        let entry = AuditEntry {
            at: fields.time("at")?,
            actor: fields.get("actor")?,
            action: fields.get("action")?,
            subject: fields.get("subject")?,
            detail: fields.get("detail")?,
        };
        let (number, hash) = head(row)?;
        Ok(AuditRecord { number, entry, hash })
    })
}

fn head(row: &Row<'_>) -> Outcome<(u64, ContentHash)> {
    let fields = Fields::new("audit", row);
    Ok((fields.unsigned("number")?, fields.bytes("hash", ContentHash::from_bytes)?))
}
