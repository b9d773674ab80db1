//! Conditional and range requests.

use chrono::{DateTime, Datelike as _};
use ipp_http::phone::wire::range::{
    Outcome, Representation, RequestConditions, evaluate,
    http_date::{format_http_date, parse_http_date},
};

const ETAG: &str = "\"a,b\"";

/// Decides a request. The lines of the input are `If-None-Match`, `If-Modified-Since`, `If-Range`,
/// `Range` and the length of the file; a line `-` or none means that the header is not there.
///
/// Laws: a part lies within the file and asked for by its numbers is the same part; nothing but a
/// range leads to a part or a 416, and nothing but a condition to a 304; a date survives writing.
pub fn range(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut line = || lines.next().filter(|line| *line != b"-");
    let conditions = RequestConditions {
        if_none_match: line(),
        if_modified_since: line(),
        if_range: line(),
        range: line(),
    };
    let length = line().and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok()).unwrap_or(1000);
    let representation = Representation {
        etag: ETAG,
        last_modified: DateTime::from_timestamp(784_111_777, 5).unwrap_or_default(),
        length,
    };
    let ask = |conditions: RequestConditions<'_>| evaluate(&conditions, &representation);

    let outcome = ask(conditions);
    match outcome {
        Outcome::Partial { start, end_inclusive } => {
            assert!(start <= end_inclusive && end_inclusive < length, "{outcome:?} of {length}");
            let exact = format!("bytes={start}-{end_inclusive}");
            assert_eq!(ask(RequestConditions { range: Some(exact.as_bytes()), ..conditions }), outcome);
        }
        Outcome::Unsatisfiable => assert!(length > 0),
        Outcome::NotModified => {
            assert!(conditions.if_none_match.is_some() || conditions.if_modified_since.is_some());
        }
        Outcome::Full => {}
    }
    let whole = ask(RequestConditions { range: None, ..conditions });
    assert!(matches!(whole, Outcome::Full | Outcome::NotModified), "{whole:?}");
    assert_eq!(whole == Outcome::NotModified, outcome == Outcome::NotModified, "a range decides a condition");
    let bare = RequestConditions { if_none_match: None, if_modified_since: None, ..conditions };
    assert_ne!(ask(bare), Outcome::NotModified);
    for (tags, fresh) in [(&b"*"[..], true), (b"\"a,b\"", true), (b"W/\"a,b\"", true), (b"\"x\"", false)] {
        let given = RequestConditions { if_none_match: Some(tags), ..conditions };
        assert_eq!(ask(given) == Outcome::NotModified, fresh, "tags before dates");
    }
    let other = RequestConditions { if_range: Some(b"\"x\""), ..bare };
    assert_eq!(ask(other), Outcome::Full, "a part of another file");
    for value in [conditions.if_modified_since, conditions.if_range, Some(data)].into_iter().flatten() {
        date(value);
    }
}

fn date(value: &[u8]) {
    let Some(time) = parse_http_date(value) else { return };
    assert!((0..=9999).contains(&time.year()), "{time}");
    let written = format_http_date(time);
    assert_eq!(parse_http_date(written.as_bytes()), Some(time), "{written}");
}
