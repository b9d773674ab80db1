//! The audit log.

use ipp_core::{
    digest::ContentHash,
    id::RegionId,
    store::{AuditEntry, AuditFilter, AuditRecord, Order, Page, StoredRow},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, number, one, visit as visit_rows};
use crate::{
    connection::{Ask, Conn},
    dump::Out,
    error::Outcome,
    value::{columns, params},
};

const HEAD: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const APPEND: &str = "
    INSERT INTO audit (number, at, actor, action, subject, region, before, after, phones, hash)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const EVERY: &str = "SELECT * FROM audit ORDER BY number";

const ASCENDING: &str = "
    SELECT * FROM audit
    WHERE number > $1 AND ($2 IS NULL OR actor = $2) AND ($3 IS NULL OR starts_with(action, $3))
        AND ($4 IS NULL OR at >= $4) AND ($5 IS NULL OR at < $5)
    ORDER BY number LIMIT $6";
const DESCENDING: &str = "
    SELECT * FROM audit
    WHERE number < $1 AND ($2 IS NULL OR actor = $2) AND ($3 IS NULL OR starts_with(action, $3))
        AND ($4 IS NULL OR at >= $4) AND ($5 IS NULL OR at < $5)
    ORDER BY number DESC LIMIT $6";

/// The end of the chain. Whoever appends holds the lock on `meta`, which is the lock on this row.
pub(crate) async fn last(conn: &Conn) -> Outcome<Option<(u64, ContentHash)>> {
    one(conn, HEAD, &[], head).await
}

/// The statement that puts entries as they are.
pub(crate) fn put(records: &[AuditRecord]) -> Outcome<Option<Ask<'static>>> {
    let row = |record: &'_ AuditRecord| -> Outcome<_> {
        let AuditEntry { at: time, actor, action, subject, region, before, after, phones } = &record.entry;
        Ok(params![
            number(record.number)?,
            time.as_millis(),
            actor.clone(),
            action.clone(),
            subject.clone(),
            region.as_ref().map(|region| region.as_bytes().to_vec()),
            before.clone(),
            after.clone(),
            phones.map(number).transpose()?,
            record.hash.as_bytes().to_vec(),
        ])
    };
    let rows = records.iter().map(row).collect::<Outcome<Vec<_>>>()?;
    Ok(columns(rows).map(|columns| Ask::new(APPEND, columns)))
}

/// Gives out all entries in their order.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Audit(Box::new(read(row)?)))).await
}

pub(crate) async fn page(
    conn: &Conn,
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
    let (since, until) = (since.map(Timestamp::as_millis), until.map(Timestamp::as_millis));
    all(conn, sql, &params![behind, actor, action, since, until, page.limit], read).await
}

fn read(row: &Row) -> Outcome<AuditRecord> {
    let (number, hash) = head(row)?;
    let fields = Fields::new("audit", row);
    let entry = AuditEntry {
        at: fields.time("at")?,
        actor: fields.text("actor")?,
        action: fields.text("action")?,
        subject: fields.text("subject")?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        before: fields.opt_text("before")?,
        after: fields.opt_text("after")?,
        phones: fields.opt_unsigned("phones")?,
    };
    Ok(AuditRecord { number, entry, hash })
}

fn head(row: &Row) -> Outcome<(u64, ContentHash)> {
    let fields = Fields::new("audit", row);
    Ok((fields.unsigned("number")?, fields.bytes("hash", ContentHash::from_bytes)?))
}
