//! The laws of the lenient JSON reader that both kinds of report share.

use ipp_http::phone::wire::{
    BodyError,
    json::{self, BODY_LIMIT, JsonError, MAX_DEPTH, Value},
};

use crate::is_printable;

/// Correct JSON is read as it is meant; a byte order mark and white space around a body change
/// nothing; a limit is kept; what is read is bounded by what was sent.
pub(crate) fn hold(body: &[u8]) {
    let read = json::parse(body, BODY_LIMIT);
    if body.len() > BODY_LIMIT {
        assert_eq!(read, Err(JsonError::TooLarge { length: body.len(), limit: BODY_LIMIT }));
        return;
    }
    if !body.starts_with(b"\xef\xbb\xbf") {
        let marked = [b"\xef\xbb\xbf", body].concat();
        assert_eq!(json::parse(&marked, usize::MAX), read, "a byte order mark counts");
        if let Ok(value) = &read {
            let spaced = [b" \t\r\n", body, b"\n\n "].concat();
            assert_eq!(json::parse(&spaced, usize::MAX).as_ref(), Ok(value), "white space counts");
        }
    }
    if let Ok(value) = &read {
        // ISO-8859-1 doubles a byte, and half of a surrogate pair takes six.
        assert!(weight(value) <= 2 * body.len() + 1);
        assert!(depth(value) <= MAX_DEPTH);
    }
    if let Ok(strict) = serde_json::from_slice::<serde_json::Value>(body)
        && strict_depth(&strict) <= MAX_DEPTH
    {
        assert!(read.as_ref().is_ok_and(|value| same(&strict, value)), "{strict} is read as {read:?}");
    }
}

/// A refusal can be logged as it is: short, printable and on one line.
pub(crate) fn refusal(error: &BodyError) {
    let text = error.to_string();
    assert!(is_printable(&text) && text.len() <= 512, "{text:?}");
}

fn same(strict: &serde_json::Value, read: &Value) -> bool {
    match (strict, read) {
        (serde_json::Value::Null, Value::Null) => true,
        (serde_json::Value::String(text), Value::Text(read)) => text == read,
        (serde_json::Value::Bool(bool), Value::Text(read)) => bool.to_string() == *read,
        (serde_json::Value::Number(_), Value::Text(read)) => read.parse::<f64>().is_ok(),
        (serde_json::Value::Array(items), Value::Array(read)) => {
            items.len() == read.len() && items.iter().zip(read).all(|(item, read)| same(item, read))
        }
        (serde_json::Value::Object(members), Value::Object(read)) => {
            members.len() == read.len()
                && read.iter().all(|(name, read)| members.get(name).is_some_and(|member| same(member, read)))
        }
        (_, Value::Null | Value::Text(_) | Value::Array(_) | Value::Object(_)) => false,
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Text(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value)).sum(),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Null | Value::Text(_) => 0,
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
    }
}

fn strict_depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(strict_depth).max().unwrap_or(0),
        serde_json::Value::Object(members) => 1 + members.values().map(strict_depth).max().unwrap_or(0),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => 0,
    }
}
