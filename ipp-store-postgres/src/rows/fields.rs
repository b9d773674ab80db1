//! The columns of a row, read by name.

use std::{cell::Cell, error::Error, fmt::Display, net::IpAddr, str::FromStr, time::Duration};

use ipp_core::{
    digest::Fingerprint,
    mac::Mac,
    time::Timestamp,
    vault::{Sealed, SealedValue},
};
use serde::{
    Deserialize,
    de::{
        DeserializeOwned, IntoDeserializer,
        value::{Error as WordError, StrDeserializer},
    },
};
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};

use crate::{
    error::{Fault, Outcome, corrupt},
    value::plain,
};

thread_local! {
    /// Where the column was that was read last; a guess where the next one is.
    static LAST: Cell<usize> = const { Cell::new(0) };
}

/// A row with the name of its table. Its first column is its key.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'r> {
    table: &'static str,
    row: &'r Row,
}

impl<'r> Fields<'r> {
    pub(crate) const fn new(table: &'static str, row: &'r Row) -> Self {
        Self { table, row }
    }

    /// The same row, of which a joined table's columns are read now.
    pub(crate) const fn of(self, table: &'static str) -> Self {
        Self { table, row: self.row }
    }

    /// A column as it is; texts are read by [`text`](Self::text).
    pub(crate) fn get<T: FromSql<'r>>(self, column: &str) -> Outcome<T> {
        let Some(place) = self.place(column) else {
            return Err(self.wrong(column, "there is no such column"));
        };
        self.row.try_get(place).map_err(|error| self.wrong(column, cause(&error)))
    }

    /// Where a column is. Most are read in their order, so the search begins at the one that was found
    /// last; the driver's own begins at the first of seventy each time.
    fn place(self, column: &str) -> Option<usize> {
        let columns = self.row.columns();
        let begin = LAST.get().min(columns.len());
        let named = |at: &usize| columns.get(*at).is_some_and(|one| one.name() == column);
        let found = (begin..columns.len()).chain(0..begin).find(named)?;
        LAST.set(found);
        Some(found)
    }

    /// A text.
    pub(crate) fn text(self, column: &str) -> Outcome<String> {
        self.get::<String>(column).map(plain)
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_text(self, column: &str) -> Outcome<Option<String>> {
        Ok(self.get::<Option<String>>(column)?.map(plain))
    }

    /// A number.
    pub(crate) fn number<T: TryFrom<i64, Error: Display>>(self, column: &str) -> Outcome<T> {
        let value: i64 = self.get(column)?;
        T::try_from(value).map_err(|error| self.wrong(column, error))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_number<T: TryFrom<i64, Error: Display>>(self, column: &str) -> Outcome<Option<T>> {
        let value: Option<i64> = self.get(column)?;
        value.map(|value| T::try_from(value).map_err(|error| self.wrong(column, error))).transpose()
    }

    /// A number that is never negative.
    pub(crate) fn unsigned(self, column: &str) -> Outcome<u64> {
        self.number(column)
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_unsigned(self, column: &str) -> Outcome<Option<u64>> {
        self.opt_number(column)
    }

    /// A column whose bytes make an id, a hash or a fingerprint.
    pub(crate) fn bytes<const N: usize, T>(self, column: &str, make: fn([u8; N]) -> T) -> Outcome<T> {
        let bytes: &[u8] = self.get(column)?;
        bytes.try_into().map(make).map_err(|_| self.wrong_length::<N>(column, bytes))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_bytes<const N: usize, T>(
        self,
        column: &str,
        make: fn([u8; N]) -> T,
    ) -> Outcome<Option<T>> {
        let there: Option<&[u8]> = self.get(column)?;
        there
            .map(|bytes| bytes.try_into().map(make).map_err(|_| self.wrong_length::<N>(column, bytes)))
            .transpose()
    }

    /// Several of them.
    pub(crate) fn list<const N: usize, T>(self, column: &str, make: fn([u8; N]) -> T) -> Outcome<Vec<T>> {
        let all: Vec<&[u8]> = self.get(column)?;
        all.into_iter()
            .map(|bytes| bytes.try_into().map(make).map_err(|_| self.wrong_length::<N>(column, bytes)))
            .collect()
    }

    /// A checked text.
    pub(crate) fn parse<T: FromStr<Err: Display>>(self, column: &str) -> Outcome<T> {
        self.text(column)?.parse().map_err(|error| self.wrong(column, error))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_parse<T: FromStr<Err: Display>>(self, column: &str) -> Outcome<Option<T>> {
        self.opt_text(column)?.map(|text| text.parse().map_err(|error| self.wrong(column, error))).transpose()
    }

    /// A word of an enumeration.
    pub(crate) fn word<T: DeserializeOwned>(self, column: &str) -> Outcome<T> {
        read_word(self.get(column)?).map_err(|error| self.wrong(column, error))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_word<T: DeserializeOwned>(self, column: &str) -> Outcome<Option<T>> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| read_word(text).map_err(|error| self.wrong(column, error))).transpose()
    }

    /// A small list or set.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &str) -> Outcome<T> {
        serde_json::from_str(self.get(column)?).map_err(|error| self.wrong(column, error))
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
        let bytes: &[u8] = self.get(column)?;
        let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        let v6 = || <[u8; 16]>::try_from(bytes).map(IpAddr::from);
        v4.or_else(|_| v6()).map_err(|_| self.wrong(column, "an address has four or sixteen bytes"))
    }

    /// The same where the column may be empty.
    pub(crate) fn opt_address(self, column: &str) -> Outcome<Option<IpAddr>> {
        let there: Option<&[u8]> = self.get(column)?;
        there.map(|_| self.address(column)).transpose()
    }

    /// A MAC address.
    pub(crate) fn mac(self, column: &str) -> Outcome<Mac> {
        let bytes = self.bytes(column, |bytes: [u8; 6]| bytes)?;
        Mac::new(bytes).map_err(|error| self.wrong(column, error))
    }

    /// Something sealed.
    pub(crate) fn sealed(self, column: &str) -> Outcome<Sealed> {
        self.get(column).map(Sealed::from_bytes)
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

    fn wrong_length<const N: usize>(self, column: &str, bytes: &[u8]) -> Fault {
        self.wrong(column, format_args!("{} bytes where there are {N}", bytes.len()))
    }

    fn key(self) -> String {
        let unknown = || "?".to_owned();
        match self.row.columns().first().map(tokio_postgres::Column::type_) {
            Some(kind) if *kind == Type::BYTEA => {
                let bytes: Option<&[u8]> = self.row.try_get(0).ok();
                bytes.map_or_else(unknown, |bytes| {
                    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
                })
            }
            Some(kind) if *kind == Type::TEXT => self.row.try_get(0).unwrap_or_else(|_| unknown()),
            Some(kind) if *kind == Type::INT8 => {
                self.row.try_get::<_, i64>(0).map_or_else(|_| unknown(), |number| number.to_string())
            }
            Some(_) | None => unknown(),
        }
    }
}

fn cause(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn read_word<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, WordError> {
    let deserializer: StrDeserializer<'_, WordError> = text.into_deserializer();
    T::deserialize(deserializer)
}
