//! The audit log.

use std::collections::BTreeSet;

use ipp_core::{
    digest::ContentHash,
    id::RegionId,
    store::{AuditEntry, AuditFilter, AuditRecord, Order, Page},
};
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};

use super::{Fields, all, execute, number, numbered, one};
use crate::error::Outcome;

const HEAD: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const APPEND: &str = "
    INSERT INTO audit (number, at, actor, action, subject, region, before, after, phones, hash)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const EVERY: &str = "SELECT * FROM audit ORDER BY number";

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
    let Some(actions) = &filter.actions else { return select(conn, filter, None, order, page) };
    // Each action is read by its index: where they are rare, none of the others is looked at.
    let mut found = Vec::new();
    for action in actions.iter().collect::<BTreeSet<_>>() {
        found.extend(select(conn, filter, Some(action), order, page)?);
    }
    Ok(numbered::merged(found, |record: &AuditRecord| record.number, order, page.limit))
}

fn select(
    conn: &Connection,
    filter: &AuditFilter,
    exactly: Option<&str>,
    order: Order,
    page: Page<u64>,
) -> Outcome<Vec<AuditRecord>> {
    let AuditFilter { actor, action, since, until, actions: _, subject } = filter;
    let mut sql = numbered::choose(
        order,
        "SELECT * FROM audit WHERE number > ?",
        "SELECT * FROM audit WHERE number < ?",
    )
    .to_owned();
    let mut values: Vec<Value> = vec![numbered::behind(order, page.after).into()];
    let mut and = |condition: &str, of: &[Value]| {
        sql.push_str(condition);
        values.extend_from_slice(of);
    };
    if let Some(actor) = actor {
        and(" AND actor = ?", &[actor.clone().into()]);
    }
    if let Some(action) = exactly {
        and(" AND action = ?", &[action.to_owned().into()]);
    }
    // It begins with a word where the same number of its characters are that word: LIKE and GLOB would
    // read some of them as patterns.
    if let Some(action) = action {
        let action = Value::from(action.clone());
        and(" AND substr(action, 1, length(?)) = ?", &[action.clone(), action]);
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
        let begins = Value::from(format!("{subject} "));
        and(
            " AND (subject = ? OR substr(subject, 1, length(?)) = ?)",
            &[subject.clone().into(), begins.clone(), begins],
        );
    }
    // The entries about one thing are few: they are found by it and sorted, not the other way round.
    sql.push_str(if subject.is_some() { " ORDER BY +number" } else { " ORDER BY number" });
    sql.push_str(numbered::choose(order, " LIMIT ?", " DESC LIMIT ?"));
    values.push(page.limit.into());
    all(conn, &sql, params_from_iter(values), read)
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
