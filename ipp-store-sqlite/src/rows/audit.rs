//! The audit log.

use ipp_core::{
    digest::ContentHash,
    id::RegionId,
    store::{AuditEntry, AuditFilter, AuditRecord, Order, Page},
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, number, one};
use crate::error::Outcome;

const HEAD: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const APPEND: &str = "
    INSERT INTO audit (number, at, actor, action, subject, region, before, after, phones, hash)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const EVERY: &str = "SELECT * FROM audit ORDER BY number";

// An action begins with a word where the same number of its characters are that word: LIKE and GLOB
// would read some of them as patterns.
const ASCENDING: &str = "
    SELECT * FROM audit
    WHERE number > ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR substr(action, 1, length(?3)) = ?3)
        AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)
    ORDER BY number LIMIT ?6";
const DESCENDING: &str = "
    SELECT * FROM audit
    WHERE number < ?1 AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR substr(action, 1, length(?3)) = ?3)
        AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)
    ORDER BY number DESC LIMIT ?6";

/// Appends entries, each chained to the one before. The write lock that the transaction holds is
/// the lock on the head of the chain.
pub(crate) fn append(conn: &Connection, entries: &[AuditEntry]) -> Outcome<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut last = one(conn, HEAD, [], head)?;
    for entry in entries {
        let record = AuditRecord::following(last, entry.clone());
        put(conn, &record)?;
        last = Some((record.number, record.hash));
    }
    Ok(())
}

/// Puts an entry as it is.
pub(crate) fn put(conn: &Connection, record: &AuditRecord) -> Outcome<()> {
    let AuditEntry { at: time, actor, action, subject, region, before, after, phones } = &record.entry;
    let row = params![
        number(record.number)?,
        time.as_millis(),
        actor,
        action,
        subject,
        region.as_ref().map(RegionId::as_bytes),
        before,
        after,
        phones.map(number).transpose()?,
        record.hash.as_bytes(),
    ];
    execute(conn, APPEND, row)?;
    Ok(())
}

/// Shows all entries in their order.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(AuditRecord) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

pub(crate) fn page(
    conn: &Connection,
    filter: &AuditFilter,
    order: Order,
    page: Page<u64>,
) -> Outcome<Vec<AuditRecord>> {
    let behind = page.after.map(|after| i64::try_from(after).unwrap_or(i64::MAX));
    let (sql, behind) = match order {
        Order::Ascending => (ASCENDING, behind.unwrap_or(0)),
        Order::Descending => (DESCENDING, behind.unwrap_or(i64::MAX)),
    };
    let AuditFilter { actor, action, since, until } = filter;
    let (since, until) =
        (since.map(ipp_core::time::Timestamp::as_millis), until.map(ipp_core::time::Timestamp::as_millis));
    all(conn, sql, params![behind, actor, action, since, until, page.limit], read)
}

fn read(row: &Row<'_>) -> Outcome<AuditRecord> {
    let fields = Fields::new("audit", row);
    let entry = AuditEntry {
        at: fields.time("at")?,
        actor: fields.get("actor")?,
        action: fields.get("action")?,
        subject: fields.get("subject")?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        before: fields.get("before")?,
        after: fields.get("after")?,
        phones: fields.opt_unsigned("phones")?,
    };
    let (number, hash) = head(row)?;
    Ok(AuditRecord { number, entry, hash })
}

fn head(row: &Row<'_>) -> Outcome<(u64, ContentHash)> {
    let fields = Fields::new("audit", row);
    Ok((fields.unsigned("number")?, fields.bytes("hash", ContentHash::from_bytes)?))
}
