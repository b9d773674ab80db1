//! The columns of a row, read by name.

use std::{cell::Cell, fmt::Display, net::IpAddr, str::FromStr, time::Duration};

use ipp_core::{
    digest::Fingerprint,
    mac::Mac,
    time::Timestamp,
    vault::{Sealed, SealedValue},
};
use rusqlite::{
    Row,
    types::{FromSql, Type, ValueRef},
};
use serde::{
    Deserialize,
    de::{
        DeserializeOwned, IntoDeserializer,
        value::{Error as WordError, StrDeserializer},
    },
};

use crate::error::{Fault, Outcome, corrupt};

thread_local! {
    /// Where the column was that was read last; a guess where the next one is.
    static LAST: Cell<usize> = const { Cell::new(0) };
}

/// A row with the name of its table. Its first column is its key.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'r> {
    table: &'static str,
    row: &'r Row<'r>,
}

impl<'r> Fields<'r> {
    pub(crate) const fn new(table: &'static str, row: &'r Row<'r>) -> Self {
        Self { table, row }
    }

    /// The same row, of which a joined table's columns are read now.
    pub(crate) const fn of(self, table: &'static str) -> Self {
        Self { table, row: self.row }
    }

    /// A column as it is.
    pub(crate) fn get<T: FromSql>(self, column: &str) -> Outcome<T> {
        use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
        self.row.get(self.place(column)?).map_err(|error| {
            let misfit = matches!(
                error,
                FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)
            );
            if misfit { self.wrong(column, error) } else { Fault::Sql(error) }
        })
    }

    /// Where a column is. Most are read in their order, so the search begins at the one that was found
    /// last; SQLite's own begins at the first of seventy each time.
    fn place(self, column: &str) -> rusqlite::Result<usize> {
        let statement = self.row.as_ref();
        let count = statement.column_count();
        let begin = LAST.get().min(count);
        let found = (begin..count).chain(0..begin).find(|at| statement.column_name(*at) == Ok(column));
        let found = found.ok_or_else(|| rusqlite::Error::InvalidColumnName(column.to_owned()))?;
        LAST.set(found);
        Ok(found)
    }

    /// A number that is never negative.
    pub(crate) fn unsigned(self, column: &str) -> Outcome<u64> {
        let value: i64 = self.get(column)?;
        u64::try_from(value).map_err(|error| self.wrong(column, error))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_unsigned(self, column: &str) -> Outcome<Option<u64>> {
        let value: Option<i64> = self.get(column)?;
        value.map(|value| u64::try_from(value).map_err(|error| self.wrong(column, error))).transpose()
    }

    /// A column whose bytes make an id, a hash or a fingerprint.
    pub(crate) fn bytes<const N: usize, T>(self, column: &str, make: fn([u8; N]) -> T) -> Outcome<T> {
        self.get(column).map(make)
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_bytes<const N: usize, T>(
        self,
        column: &str,
        make: fn([u8; N]) -> T,
    ) -> Outcome<Option<T>> {
        Ok(self.get::<Option<[u8; N]>>(column)?.map(make))
    }

    /// A checked text.
    pub(crate) fn parse<T: FromStr<Err: Display>>(self, column: &str) -> Outcome<T> {
        let text: String = self.get(column)?;
        text.parse().map_err(|error| self.wrong(column, error))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_parse<T: FromStr<Err: Display>>(self, column: &str) -> Outcome<Option<T>> {
        self.get::<Option<String>>(column)?
            .map(|text| text.parse().map_err(|error| self.wrong(column, error)))
            .transpose()
    }

    /// A word of an enumeration.
    pub(crate) fn word<T: DeserializeOwned>(self, column: &str) -> Outcome<T> {
        let text: String = self.get(column)?;
        read_word(&text).map_err(|error| self.wrong(column, error))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_word<T: DeserializeOwned>(self, column: &str) -> Outcome<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| read_word(&text).map_err(|error| self.wrong(column, error))).transpose()
    }

    /// A small list or set.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &str) -> Outcome<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|error| self.wrong(column, error))
    }

    /// A time.
    pub(crate) fn time(self, column: &str) -> Outcome<Timestamp> {
        self.get(column).map(Timestamp::from_millis)
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_time(self, column: &str) -> Outcome<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_millis))
    }

    /// A duration in milliseconds.
    pub(crate) fn millis(self, column: &str) -> Outcome<Duration> {
        self.unsigned(column).map(Duration::from_millis)
    }

    /// An address of four or sixteen bytes.
    pub(crate) fn address(self, column: &str) -> Outcome<IpAddr> {
        let bytes: Vec<u8> = self.get(column)?;
        let v4 = <[u8; 4]>::try_from(bytes.as_slice()).map(IpAddr::from);
        let v6 = || <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from);
        v4.or_else(|_| v6()).map_err(|_| self.wrong(column, "an address has four or sixteen bytes"))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_address(self, column: &str) -> Outcome<Option<IpAddr>> {
        let there: Option<Vec<u8>> = self.get(column)?;
        there.map(|_| self.address(column)).transpose()
    }

    /// A MAC address.
    pub(crate) fn mac(self, column: &str) -> Outcome<Mac> {
        Mac::new(self.get(column)?).map_err(|error| self.wrong(column, error))
    }

    /// A secret and its fingerprint in two columns.
    pub(crate) fn sealed_value(self, sealed: &str, print: &str) -> Outcome<Option<SealedValue>> {
        let value: Option<Vec<u8>> = self.get(sealed)?;
        let print = self.opt_bytes(print, Fingerprint::from_bytes)?;
        Ok(value.zip(print).map(|(value, print)| SealedValue { sealed: Sealed::from_bytes(value), print }))
    }

    /// Says that a column holds what it cannot hold.
    pub(crate) fn wrong(self, column: &str, why: impl Display) -> Fault {
        corrupt(self.table, column, self.key(), why)
    }

    fn key(self) -> String {
        match self.row.get_ref(0) {
            Ok(ValueRef::Blob(bytes)) => {
                bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
            }
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Real(_) | ValueRef::Null) | Err(_) => Type::Null.to_string(),
        }
    }
}

fn read_word<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, WordError> {
    let deserializer: StrDeserializer<'_, WordError> = text.into_deserializer();
    T::deserialize(deserializer)
}
