//! A bounded, lenient JSON reader for the small bodies phones send.
//!
//! Phones and their test clients write JSON by hand, so these are read although RFC 8259 forbids them: a
//! comma before a closing bracket, one leading byte order mark, any Unicode white space between tokens,
//! unquoted names and words, numbers of any spelling, TAB inside a string, repeated names (the last counts)
//! and bytes that are not UTF-8 (then the whole body is ISO-8859-1). Everything else is refused at its place.

mod reader;

use std::{borrow::Cow, collections::BTreeSet};

use reader::Reader;

/// Largest body of a status or alarm report, in bytes.
pub const BODY_LIMIT: usize = 16 * 1024;

/// How deep arrays and objects may nest.
pub const MAX_DEPTH: usize = 32;

/// A JSON value. Scalars are texts, because phones use numbers and strings for the same member.
///
/// `Debug` shows everything, secrets included: turn a value into a report before it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Members in the order of the body; each name occurs once.
    Object(Vec<(String, Self)>),
    /// Elements in the order of the body.
    Array(Vec<Self>),
    /// A string without its quotes and escapes; a number, boolean or bare word exactly as written.
    Text(String),
    /// `null`.
    Null,
}

/// Why a body is not read. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The body is larger than the caller allows.
    #[error("the body has {length} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes of the body.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Something else was expected.
    #[error("line {line}, column {column}: expected {expected}")]
    Syntax {
        /// Line of the unexpected character.
        line: usize,
        /// Column of the unexpected character.
        column: usize,
        /// What could have stood there.
        expected: &'static str,
    },
    /// Nesting passes [`MAX_DEPTH`].
    #[error("line {line}, column {column}: nested deeper than {MAX_DEPTH}")]
    TooDeep {
        /// Line of the opening bracket.
        line: usize,
        /// Column of the opening bracket.
        column: usize,
    },
}

/// Reads one value that fills the whole body of at most `limit` bytes.
pub fn parse(body: &[u8], limit: usize) -> Result<Value, JsonError> {
    if body.len() > limit {
        return Err(JsonError::TooLarge { length: body.len(), limit });
    }
    let text = decode(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    Reader::new(&text).document()
}

fn decode(body: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        // ISO-8859-1: each byte is the code point of the same number.
        Err(_) => Cow::Owned(body.iter().copied().map(char::from).collect()),
    }
}

/// Drops every member whose name comes again later.
fn last_of_each(mut members: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut seen = BTreeSet::new();
    let keep: Vec<bool> = members.iter().rev().map(|(name, _)| seen.insert(name.as_str())).collect();
    drop(seen);
    let mut keep = keep.into_iter().rev();
    members.retain(|_| keep.next().unwrap_or(true));
    members
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> Result<Value, JsonError> {
        parse(body.as_bytes(), BODY_LIMIT)
    }

    fn object(members: &[(&str, &str)]) -> Value {
        Value::Object(members.iter().map(|(name, text)| ((*name).to_owned(), word(text))).collect())
    }

    fn word(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// API-16: what imprecise phones write and RFC 8259 forbids.
    #[test]
    fn lenient_forms_are_read() {
        let one = object(&[("a", "1"), ("b", "x")]);
        for body in [
            r#"{"a":1,"b":"x"}"#,
            r#"{ "a" : "1" , "b" : "x" , }"#,
            "\u{feff}{\n\t\"a\": 1,\r\n\t\"b\": \"x\",\n}\n",
            "{a:1,b:x}",
            "\u{a0}{\"a\"\u{2003}:1,\"b\":\"x\"}\u{c}",
            r#"{"a":0,"a":1,"b":"x"}"#,
            r#"{"\u0061":1,"b":"\u0078"}"#,
        ] {
            assert_eq!(read(body), Ok(one.clone()), "{body}");
        }
        assert_eq!(
            read(r#"{"a":[1.50e+3,-0,007,true,FALSE,null,NULL,[],{},],}"#),
            Ok(Value::Object(vec![(
                "a".to_owned(),
                Value::Array(vec![
                    word("1.50e+3"),
                    word("-0"),
                    word("007"),
                    word("true"),
                    word("FALSE"),
                    Value::Null,
                    Value::Null,
                    Value::Array(Vec::new()),
                    Value::Object(Vec::new()),
                ])
            )]))
        );
    }

    #[test]
    fn strings_are_exact() {
        for (body, text) in [
            (r#""""#, ""),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            ("\"a\tb\"", "a\tb"),
            (r#""\uD83D\uDE00 \u00e9 \u0000""#, "\u{1f600} \u{e9} \0"),
            (r#""\ud83dx \ude00 \ud83d\u0041""#, "\u{fffd}x \u{fffd} \u{fffd}A"),
            (r#""null""#, "null"),
            ("\"שלום\"", "שלום"),
        ] {
            assert_eq!(read(body), Ok(word(text)), "{body}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_latin_1() {
        assert_eq!(parse(b"\"Z\xfcrich\"", 9), Ok(word("Zürich")));
        assert_eq!(parse(b"\xef\xbb\xbf\"\xc3\xa9\xff\"", 9), Ok(word("\u{c3}\u{a9}\u{ff}")));
    }

    #[test]
    fn a_repeated_name_counts_once_at_its_last_place() {
        assert_eq!(read(r#"{"a":1,"b":2,"a":3}"#), Ok(object(&[("b", "2"), ("a", "3")])));
    }

    /// API-16: the place and what was expected.
    #[test]
    fn errors_name_the_place() {
        for (body, line, column, expected) in [
            ("", 1, 1, "a value"),
            ("  ", 1, 3, "a value"),
            ("{", 1, 2, "a member name or '}'"),
            ("{,}", 1, 2, "a member name or '}'"),
            ("{\n  \"a\" 1}", 2, 7, "':'"),
            ("{\"é\":}", 1, 6, "a value"),
            ("{\"a\":1 \"b\":2}", 1, 8, "',' or '}'"),
            ("{\"a\":1,,}", 1, 8, "a member name or '}'"),
            ("[1,,2]", 1, 4, "a value"),
            ("[1 2]", 1, 4, "',' or ']'"),
            ("[1}", 1, 3, "',' or ']'"),
            ("[", 1, 2, "a value"),
            ("{} x", 1, 4, "the end of the body"),
            ("\u{feff}\u{feff}{}", 1, 1, "a value"),
            ("\"a\nb\"", 1, 3, "an escape in place of a control character"),
            ("\"a", 1, 3, "'\"'"),
            (r#""\x""#, 1, 3, "one of \" \\ / b f n r t u"),
            (r#""\u12g4""#, 1, 6, "a hexadecimal digit"),
            ("'a'", 1, 1, "a value"),
        ] {
            assert_eq!(read(body), Err(JsonError::Syntax { line, column, expected }), "{body}");
        }
        let error = read("{\n:1}").unwrap_err();
        assert_eq!(error.to_string(), "line 2, column 1: expected a member name or '}'");
    }

    /// A24: size and depth are bounded.
    #[test]
    fn limits_are_kept() {
        assert_eq!(parse(b"[12]", 4), Ok(Value::Array(vec![word("12")])));
        assert_eq!(parse(b"[123]", 4), Err(JsonError::TooLarge { length: 5, limit: 4 }));
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep { line: 1, column: MAX_DEPTH + 1 }));
        assert!(matches!(read(&"{a:".repeat(5_000)), Err(JsonError::TooDeep { .. })));
    }

    /// What a correct writer means by a value, with scalars as texts.
    fn meaning(value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::String(text) => word(text),
            serde_json::Value::Bool(_) | serde_json::Value::Number(_) => word(&value.to_string()),
            serde_json::Value::Array(items) => Value::Array(items.iter().map(meaning).collect()),
            serde_json::Value::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), meaning(value))).collect())
            }
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Law: what a correct writer writes is read as it is meant, compact or spaced.
        #[test]
        fn correct_json_is_read_exactly(value in any_json()) {
            let expected = Ok(meaning(&value));
            prop_assert_eq!(&parse(value.to_string().as_bytes(), usize::MAX), &expected);
            prop_assert_eq!(&parse(&serde_json::to_vec_pretty(&value).unwrap(), usize::MAX), &expected);
        }

        #[test]
        fn any_bytes_never_panic(body: Vec<u8>) {
            let _ = parse(&body, BODY_LIMIT);
        }

        #[test]
        fn near_json_never_panics(body in "[\\[\\]{}:,\"\\\\u0aZ \t\n]{0,80}") {
            let _ = read(&body);
        }
    }
}
