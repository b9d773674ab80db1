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
mod fields;
pub(crate) mod file;
pub(crate) mod held;
pub(crate) mod job;
mod numbers;
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

use std::{collections::HashMap, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use futures_util::TryStreamExt as _;
use ipp_core::{
    catalog::{RowRevision, Stored},
    store::{StoreError, StoreErrorKind, StoredRow},
    vault::SealedValue,
};
use serde::Serialize;
use tokio_postgres::Row;

pub(crate) use self::fields::Fields;
use crate::{
    connection::Conn,
    dump::Out,
    error::{Fault, Outcome},
    value::Value,
};

/// The one row that a question is about, where there is one.
pub(crate) async fn one<T>(
    conn: &Conn,
    sql: &str,
    params: &[Value<'_>],
    read: impl FnOnce(&Row) -> Outcome<T>,
) -> Outcome<Option<T>> {
    conn.rows(sql, params).await?.first().map(read).transpose()
}

/// All rows that a question is about.
pub(crate) async fn all<T>(
    conn: &Conn,
    sql: &str,
    params: &[Value<'_>],
    read: impl FnMut(&Row) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    conn.rows(sql, params).await?.iter().map(read).collect()
}

/// Gives out all rows that a question is about, one after the other.
pub(crate) async fn visit(
    conn: &Conn,
    sql: &str,
    out: &mut Out,
    mut read: impl FnMut(&Row) -> Outcome<StoredRow>,
) -> Outcome<()> {
    let mut rows = pin!(conn.stream(sql).await?);
    while let Some(row) = rows.try_next().await? {
        out.give(read(&row)?).await?;
    }
    Ok(())
}

/// What was found of what was wanted, in that order.
fn in_order<K: Eq + std::hash::Hash, T>(wanted: &[K], found: Vec<(K, T)>) -> Vec<T> {
    let mut found: HashMap<K, T> = found.into_iter().collect();
    wanted.iter().filter_map(|key| found.remove(key)).collect()
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

/// A text that was put together, in which each parameter is a question mark, as PostgreSQL reads it.
pub(crate) fn numbered(sql: &str) -> String {
    let mut pieces = sql.split('?');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.zip(1_usize..).fold(first, |text, (piece, number)| format!("{text}${number}{piece}"))
}

fn unstorable(what: &str) -> Fault {
    Fault::Told(StoreError::new(StoreErrorKind::Invalid, format!("{what} has no stored form")))
}

/// Something of the catalogue with its revision.
fn stored<T>(revision: RowRevision, value: T) -> Stored<Arc<T>> {
    Stored { revision, value: Arc::new(value) }
}
