//! The audit log.

use std::collections::BTreeSet;

use ipp_core::{
    digest::ContentHash,
    id::RegionId,
    store::{AuditEntry, AuditFilter, AuditRecord, Order, Page, StoredRow},
};
use tokio_postgres::Row;

use super::{Fields, number, numbered, numbers, one, visit as visit_rows};
use crate::{
    connection::{Ask, Conn},
    dump::Out,
    error::Outcome,
    value::{Value, columns, params},
};

const HEAD: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const APPEND: &str = "
    INSERT INTO audit (number, at, actor, action, subject, region, before, after, phones, hash)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const EVERY: &str = "SELECT * FROM audit ORDER BY number";

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
    let Some(actions) = &filter.actions else { return select(conn, filter, None, order, page).await };
    // Each action is read by its index: where they are rare, none of the others is looked at.
    let mut found = Vec::new();
    for action in actions.iter().collect::<BTreeSet<_>>() {
        found.extend(select(conn, filter, Some(action), order, page).await?);
    }
    Ok(numbers::merged(found, |record: &AuditRecord| record.number, order, page.limit))
}

async fn select(
    conn: &Conn,
    filter: &AuditFilter,
    exactly: Option<&str>,
    order: Order,
    page: Page<u64>,
) -> Outcome<Vec<AuditRecord>> {
    let AuditFilter { actor, action, since, until, actions: _, subject } = filter;
    let (ascending, descending) =
        ("SELECT * FROM audit WHERE number > ?", "SELECT * FROM audit WHERE number < ?");
    let mut sql = numbers::choose(order, ascending, descending).to_owned();
    let mut values: Vec<Value<'_>> = vec![numbers::behind(order, page.after).into()];
    let mut and = |condition: &str, of: &[Value<'static>]| {
        sql.push_str(condition);
        values.extend_from_slice(of);
    };
    if let Some(actor) = actor {
        and(" AND actor = ?", &[actor.clone().into()]);
    }
    if let Some(action) = exactly {
        and(" AND action = ?", &[action.to_owned().into()]);
    }
    if let Some(action) = action {
        and(" AND starts_with(action, ?)", &[action.clone().into()]);
    }
    if let Some(since) = since {
        and(" AND at >= ?", &[since.as_millis().into()]);
    }
    if let Some(until) = until {
        and(" AND at < ?", &[until.as_millis().into()]);
    }
    if let Some(subject) = subject {
        // The bounds are for the index: what is the subject, or begins with it and a blank, lies between.
        and(" AND subject >= ? AND subject < ?", &[subject.clone().into(), format!("{subject}!").into()]);
        let begins = format!("{subject} ");
        and(" AND (subject = ? OR starts_with(subject, ?))", &[subject.clone().into(), begins.into()]);
    }
    // The entries about one thing are few: they are found by it and sorted, not the other way round.
    sql.push_str(if subject.is_some() { " ORDER BY number + 0" } else { " ORDER BY number" });
    sql.push_str(numbers::choose(order, " LIMIT ?", " DESC LIMIT ?"));
    values.push(page.limit.into());
    conn.rows_once(&numbered(&sql), &values).await?.iter().map(read).collect()
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
