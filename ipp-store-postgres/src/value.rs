//! Parameters of statements: one row of them, or the columns of many rows.

use std::{borrow::Cow, error::Error};

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A parameter, which knows its type: statements need not ask the database for it.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Bytes(Option<Cow<'a, [u8]>>),
    Text(Option<Cow<'a, str>>),
    Int(Option<i64>),
    Bool(Option<bool>),
    ListOfBytes(Vec<Option<Cow<'a, [u8]>>>),
    ListOfTexts(Vec<Option<Cow<'a, str>>>),
    ListOfInts(Vec<Option<i64>>),
    ListOfBools(Vec<Option<bool>>),
}

/// Writes the parameters of a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::value::Value::from($value)),*] };
}

pub(crate) use params;

impl Value<'_> {
    pub(crate) const fn kind(&self) -> Type {
        match self {
            Self::Bytes(_) => Type::BYTEA,
            Self::Text(_) => Type::TEXT,
            Self::Int(_) => Type::INT8,
            Self::Bool(_) => Type::BOOL,
            Self::ListOfBytes(_) => Type::BYTEA_ARRAY,
            Self::ListOfTexts(_) => Type::TEXT_ARRAY,
            Self::ListOfInts(_) => Type::INT8_ARRAY,
            Self::ListOfBools(_) => Type::BOOL_ARRAY,
        }
    }
}

/// Makes columns of rows, for a statement that unnests them. There must be a row.
pub(crate) fn columns<'a, const N: usize>(
    rows: impl IntoIterator<Item = [Value<'a>; N]>,
) -> Option<[Value<'a>; N]> {
    let mut rows = rows.into_iter();
    let mut columns = rows.next()?.map(Value::into_list);
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    Some(columns)
}

/// Ids, as a statement takes all of them.
pub(crate) fn ids<'a>(ids: impl IntoIterator<Item = &'a [u8; 16]>) -> Value<'a> {
    Value::ListOfBytes(ids.into_iter().map(|id| Some(Cow::Borrowed(id.as_slice()))).collect())
}

impl Value<'_> {
    fn into_list(self) -> Self {
        match self {
            Self::Bytes(value) => Self::ListOfBytes(vec![value]),
            Self::Text(value) => Self::ListOfTexts(vec![value]),
            Self::Int(value) => Self::ListOfInts(vec![value]),
            Self::Bool(value) => Self::ListOfBools(vec![value]),
            list @ (Self::ListOfBytes(_)
            | Self::ListOfTexts(_)
            | Self::ListOfInts(_)
            | Self::ListOfBools(_)) => list,
        }
    }
}

impl Value<'_> {
    /// Adds a value to the list of its kind. The rows of a statement are written by one expression, so
    /// the kinds fit.
    fn push(&mut self, value: Self) {
        match (self, value) {
            (Self::ListOfBytes(list), Self::Bytes(value)) => list.push(value),
            (Self::ListOfTexts(list), Self::Text(value)) => list.push(value),
            (Self::ListOfInts(list), Self::Int(value)) => list.push(value),
            (Self::ListOfBools(list), Self::Bool(value)) => list.push(value),
            (list, value) => debug_assert!(false, "{value:?} in {list:?}"),
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Bytes(value) => value.as_deref().to_sql(ty, out),
            Self::Text(value) => value.as_deref().to_sql(ty, out),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Bool(value) => value.to_sql(ty, out),
            Self::ListOfBytes(values) => {
                values.iter().map(Option::as_deref).collect::<Vec<_>>().to_sql(ty, out)
            }
            Self::ListOfTexts(values) => {
                values.iter().map(Option::as_deref).collect::<Vec<_>>().to_sql(ty, out)
            }
            Self::ListOfInts(values) => values.to_sql(ty, out),
            Self::ListOfBools(values) => values.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(Cow::Borrowed(bytes)))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        Self::Bytes(bytes.map(Cow::Borrowed))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'a, const N: usize> From<Option<&'a [u8; N]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8; N]>) -> Self {
        Self::from(bytes.map(<[u8; N]>::as_slice))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(Cow::Owned(bytes)))
    }
}

impl From<Option<Vec<u8>>> for Value<'_> {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes.map(Cow::Owned))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(escaped(text)))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(escaped))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::from(text.as_deref())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(escaped(&text).into_owned())))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(|text| Cow::Owned(escaped(&text).into_owned())))
    }
}

impl From<Vec<String>> for Value<'_> {
    fn from(texts: Vec<String>) -> Self {
        Self::ListOfTexts(texts.iter().map(|text| Some(Cow::Owned(escaped(text).into_owned()))).collect())
    }
}

impl From<Vec<i64>> for Value<'_> {
    fn from(values: Vec<i64>) -> Self {
        Self::ListOfInts(values.into_iter().map(Some).collect())
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

macro_rules! small {
    ($($kind:ty)*) => {$(
        impl From<$kind> for Value<'_> {
            fn from(value: $kind) -> Self {
                Self::Int(Some(value.into()))
            }
        }

        impl From<Option<$kind>> for Value<'_> {
            fn from(value: Option<$kind>) -> Self {
                Self::Int(value.map(Into::into))
            }
        }
    )*};
}

small!(u8 u16 u32);

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(Some(value))
    }
}

/// PostgreSQL's texts have no NUL, which those of phones may have. It is written as two characters that
/// sort where it sorts, and so is the first of these.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte < 2) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\u{1}', "\u{1}\u{2}").replace('\0', "\u{1}\u{1}"))
}

/// The text that was escaped.
pub(crate) fn plain(text: String) -> String {
    if !text.contains('\u{1}') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        match (next, (next == '\u{1}').then(|| chars.next()).flatten()) {
            (_, Some('\u{1}')) => out.push('\0'),
            (_, Some('\u{2}')) => out.push('\u{1}'),
            (next, other) => out.extend([next].into_iter().chain(other)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_made_of_rows() {
        let rows = [params![1_u32, "a", None::<&str>], params![2_u32, "b", Some("c")]];
        let Some([Value::ListOfInts(ints), Value::ListOfTexts(texts), Value::ListOfTexts(some)]) =
            columns(rows)
        else {
            panic!("lists")
        };
        assert_eq!(ints, [Some(1), Some(2)]);
        assert_eq!(texts, [Some("a".into()), Some("b".into())]);
        assert_eq!(some, [None, Some("c".into())]);
        assert!(columns::<1>([]).is_none());
    }

    proptest! {
        /// Any text comes back, and texts sort as before.
        #[test]
        fn any_text_is_stored(a in "[\0\u{1}\u{2}a\u{e9}]{0,6}", b in "[\0\u{1}\u{2}a\u{e9}]{0,6}") {
            prop_assert!(!escaped(&a).contains('\0'));
            prop_assert_eq!(&plain(escaped(&a).into_owned()), &a);
            prop_assert_eq!(escaped(&a).cmp(&escaped(&b)), a.cmp(&b));
        }
    }
}
