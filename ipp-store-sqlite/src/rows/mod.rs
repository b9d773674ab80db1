//! Rows as domain values, and back. What does not fit is a contradiction that names its place.

pub(crate) mod activity;
pub(crate) mod alarm;
pub(crate) mod alarm_event;
pub(crate) mod api_token;
pub(crate) mod audit;
pub(crate) mod catalog;
pub(crate) mod count;
pub(crate) mod device;
pub(crate) mod device_event;
pub(crate) mod device_list;
mod device_query;
mod device_statement;
mod fields;
pub(crate) mod file;
pub(crate) mod job;
mod numbered;
pub(crate) mod operator;
pub(crate) mod pin;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod sample;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod template;
pub(crate) mod user;
pub(crate) mod user_list;

use std::{net::IpAddr, sync::Arc, time::Duration};

use ipp_core::{
    catalog::{RowRevision, Stored},
    store::{StoreError, StoreErrorKind},
    vault::SealedValue,
};
use rusqlite::{
    Connection, Params, Row,
    types::{ToSqlOutput, Value},
};
use serde::Serialize;

pub(crate) use self::fields::Fields;
use crate::error::{Fault, Outcome};

/// The one row that a question is about, where there is one.
pub(crate) fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// All rows that a question is about.
pub(crate) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    each(conn, sql, [params], read)
}

/// All rows that a question is about, asked with one set of parameters after the other.
pub(crate) fn each<P: Params, T>(
    conn: &Connection,
    sql: &str,
    params: impl IntoIterator<Item = P>,
    mut read: impl FnMut(&Row<'_>) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = Vec::new();
    for params in params {
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// Shows all rows that a question is about, one after the other.
pub(crate) fn visit(
    conn: &Connection,
    sql: &str,
    mut show: impl FnMut(&Row<'_>) -> Outcome<()>,
) -> Outcome<()> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        show(row)?;
    }
    Ok(())
}

/// How many rows of one kind a statement puts or asks for together.
///
/// A statement that checks keys or fires triggers keeps a copy of every page that it changes, in case it
/// fails half-way; a device lies on twenty. One by one, ten thousand users and devices took 33 µs each;
/// together 18, and with more rows a statement no less.
pub(crate) const TOGETHER: usize = 32;

/// A statement that puts so many new rows of so many columns; the last column is the revision.
pub(crate) fn rows_of(rows: usize, columns: usize, head: &str, tail: &str) -> String {
    let row = format!("({}1)", "?, ".repeat(columns));
    format!("{head} {}{tail}", vec![row; rows].join(", "))
}

/// The condition that a column is one of so many values.
pub(crate) fn among(values: usize) -> String {
    format!("IN ({})", vec!["?"; values].join(", "))
}

/// A value that may be empty, in a list of parameters.
pub(crate) fn maybe<'a>(value: Option<impl Into<ToSqlOutput<'a>>>) -> ToSqlOutput<'a> {
    value.map_or(ToSqlOutput::Owned(Value::Null), Into::into)
}

/// Runs a prepared statement; the number of rows that it changed.
pub(crate) fn execute(conn: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute(params)
}

/// The word of an enumeration.
pub(crate) fn word<T: Serialize>(value: T) -> Outcome<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) => Err(unstorable("a word")),
        Err(error) => {
            Err(StoreError::new(StoreErrorKind::Invalid, "a word has no stored form").because(error).into())
        }
    }
}

/// A small list or set as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| {
        StoreError::new(StoreErrorKind::Invalid, "a list has no stored form").because(error).into()
    })
}

/// A number that must fit into 63 bits.
pub(crate) fn number(value: u64) -> Outcome<i64> {
    i64::try_from(value).map_err(|_| unstorable("a number"))
}

/// A duration in milliseconds; what is longer than the calendar is as long as the calendar.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The bytes of an address.
pub(crate) fn address(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// The bytes of a secret and of its fingerprint.
pub(crate) fn sealed_parts(value: Option<&SealedValue>) -> (Option<&[u8]>, Option<&[u8; 16]>) {
    (value.map(|value| value.sealed.as_bytes()), value.map(|value| value.print.as_bytes()))
}

/// The first key of a page: the empty value sorts before every id.
pub(crate) fn after(key: Option<&[u8; 16]>) -> &[u8] {
    key.map_or(&[], |key| key.as_slice())
}

fn unstorable(what: &str) -> Fault {
    Fault::Told(StoreError::new(StoreErrorKind::Invalid, format!("{what} has no stored form")))
}

/// Something of the catalogue with its revision.
fn stored<T>(revision: RowRevision, value: T) -> Stored<Arc<T>> {
    Stored { revision, value: Arc::new(value) }
}
