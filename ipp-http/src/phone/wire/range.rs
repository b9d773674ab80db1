//! Conditional and range requests (RFC 9110, sections 13 and 14) for one representation, as a pure decision.
//!
//! Every representation has a strong entity tag, a modification time and a known length. Only single ranges
//! are served: a request for several gets the whole, as RFC 9110 allows.

pub mod http_date;

use chrono::{DateTime, Utc};
use http_date::parse_http_date;

/// The header values of one request, as received; several lines of one header are joined by commas.
///
/// The headers apply to GET, all but `range` to HEAD too. For other methods leave them out.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestConditions<'a> {
    /// `If-None-Match`.
    pub if_none_match: Option<&'a [u8]>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<&'a [u8]>,
    /// `If-Range`.
    pub if_range: Option<&'a [u8]>,
    /// `Range`.
    pub range: Option<&'a [u8]>,
}

/// What would be sent in full.
#[derive(Debug, Clone, Copy)]
pub struct Representation<'a> {
    /// The value of `ETag`, quotes included; always strong.
    pub etag: &'a str,
    /// The time of `Last-Modified`; fractions of a second are ignored.
    pub last_modified: DateTime<Utc>,
    /// Length in bytes.
    pub length: u64,
}

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 200 with the whole representation.
    Full,
    /// 304 without a body.
    NotModified,
    /// 206 with these bytes, counted from 0; `start <= end_inclusive < length`.
    Partial {
        /// First byte.
        start: u64,
        /// Last byte.
        end_inclusive: u64,
    },
    /// 416 with `Content-Range: bytes */<length>`.
    Unsatisfiable,
}

/// Decides how to answer. A header that is not understood is ignored, except that `If-Modified-Since` counts
/// only without any `If-None-Match`. A date in `If-Range` never matches: two images may be uploaded within
/// one second, so a date cannot promise that a resumed download continues the same bytes.
pub fn evaluate(conditions: &RequestConditions<'_>, representation: &Representation<'_>) -> Outcome {
    let not_modified = match (conditions.if_none_match, conditions.if_modified_since) {
        (Some(tags), _) => any_tag_matches(tags, representation.etag.as_bytes()),
        (None, Some(date)) => parse_http_date(date)
            .is_some_and(|date| representation.last_modified.timestamp() <= date.timestamp()),
        (None, None) => false,
    };
    if not_modified {
        return Outcome::NotModified;
    }
    let same = |tag: &[u8]| tag.trim_ascii() == representation.etag.as_bytes();
    match conditions.range.and_then(single_range) {
        Some(range) if conditions.if_range.is_none_or(same) => range.of(representation.length),
        Some(_) | None => Outcome::Full,
    }
}

/// The weak comparison of `If-None-Match` with a list of tags or `*`; reads up to a malformed element.
fn any_tag_matches(list: &[u8], etag: &[u8]) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    let separator = |byte: &u8| matches!(byte, b' ' | b'\t' | b',');
    loop {
        rest = rest.get(rest.iter().take_while(|byte| separator(byte)).count()..).unwrap_or_default();
        let tag = rest.strip_prefix(b"W/").unwrap_or(rest);
        let Some(opaque) = tag.strip_prefix(b"\"") else { return false };
        let Some(end) = memchr::memchr(b'"', opaque) else { return false };
        // The tag with its two quotes is two bytes longer than what stands between them.
        let Some((tag, after)) = tag.split_at_checked(end + 2) else { return false };
        if tag == etag {
            return true;
        }
        if !after.is_empty() && !after.first().is_some_and(separator) {
            return false;
        }
        rest = after;
    }
}

/// One range as asked for; numbers too large for `u64` are its maximum, which is past the end of any file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByteRange {
    From { first: u64, last: u64 },
    Suffix { length: u64 },
}

impl ByteRange {
    fn of(self, length: u64) -> Outcome {
        // No byte can be named in an empty file, so clients that ask for ranges of everything get it whole.
        let Some(last_byte) = length.checked_sub(1) else { return Outcome::Full };
        match self {
            Self::From { first, last } if first <= last_byte => {
                Outcome::Partial { start: first, end_inclusive: last.min(last_byte) }
            }
            Self::From { .. } | Self::Suffix { length: 0 } => Outcome::Unsatisfiable,
            Self::Suffix { length: wanted } => {
                Outcome::Partial { start: length.saturating_sub(wanted), end_inclusive: last_byte }
            }
        }
    }
}

/// The only range of a `Range` value; `None` for another unit, several ranges or a malformed value.
fn single_range(value: &[u8]) -> Option<ByteRange> {
    let (unit, specs) = value.trim_ascii().split_at_checked(6)?;
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return None;
    }
    let mut ranges =
        specs.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|range| !range.is_empty());
    let range = ranges.next().filter(|_| ranges.next().is_none())?;
    let dash = memchr::memchr(b'-', range)?;
    let (first, last) = (range.get(..dash)?, range.get(dash + 1..)?);
    match (first, last) {
        ([], _) => Some(ByteRange::Suffix { length: number(last)? }),
        (_, []) => Some(ByteRange::From { first: number(first)?, last: u64::MAX }),
        (_, _) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(ByteRange::From { first, last })
        }
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        Some(number.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ETAG: &str = "\"a,b\"";

    fn ask(conditions: RequestConditions<'_>, length: u64) -> Outcome {
        let last_modified = DateTime::from_timestamp(784_111_777, 999_999_999).unwrap();
        evaluate(&conditions, &Representation { etag: ETAG, last_modified, length })
    }

    fn range(value: &str, length: u64) -> Outcome {
        ask(RequestConditions { range: Some(value.as_bytes()), ..Default::default() }, length)
    }

    fn part(start: u64, end_inclusive: u64) -> Outcome {
        Outcome::Partial { start, end_inclusive }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, outcome) in [
            ("\"a,b\"", Outcome::NotModified),
            (" W/\"a,b\" ", Outcome::NotModified),
            ("*", Outcome::NotModified),
            ("\"x\", W/\"y\" ,,\t\"a,b\"", Outcome::NotModified),
            ("\"a,b\", junk", Outcome::NotModified),
            ("\"x\"", Outcome::Full),
            ("junk, \"a,b\"", Outcome::Full),
            ("\"x\"\"a,b\"", Outcome::Full),
            ("w/\"a,b\"", Outcome::Full),
            ("a,b", Outcome::Full),
            ("\"a", Outcome::Full),
            ("\"*\"", Outcome::Full),
            ("", Outcome::Full),
        ] {
            let conditions =
                RequestConditions { if_none_match: Some(value.as_bytes()), ..Default::default() };
            assert_eq!(ask(conditions, 10), outcome, "{value}");
        }
    }

    #[test]
    fn if_modified_since_counts_whole_seconds_and_only_alone() {
        for (value, outcome) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Outcome::NotModified),
            ("Sun, 06 Nov 1994 08:49:38 GMT", Outcome::NotModified),
            ("Sun, 06 Nov 1994 08:49:36 GMT", Outcome::Full),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Outcome::NotModified),
            ("Sun Nov  6 08:49:37 1994", Outcome::NotModified),
            ("0", Outcome::Full),
        ] {
            let alone = RequestConditions { if_modified_since: Some(value.as_bytes()), ..Default::default() };
            assert_eq!(ask(alone, 10), outcome, "{value}");
            for tags in ["\"x\"", ""] {
                let both = RequestConditions { if_none_match: Some(tags.as_bytes()), ..alone };
                assert_eq!(ask(both, 10), Outcome::Full, "{value}");
            }
        }
    }

    #[test]
    fn single_ranges() {
        for (value, outcome) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-9", part(0, 9)),
            ("bytes=2-", part(2, 9)),
            ("Bytes= 2-3 ", part(2, 3)),
            ("bytes=,2-3,", part(2, 3)),
            ("bytes=9-99999999999999999999999", part(9, 9)),
            ("bytes=-1", part(9, 9)),
            ("bytes=-10", part(0, 9)),
            ("bytes=-99999999999999999999999", part(0, 9)),
            ("bytes=10-", Outcome::Unsatisfiable),
            ("bytes=18446744073709551615-18446744073709551616", Outcome::Unsatisfiable),
            ("bytes=-0", Outcome::Unsatisfiable),
            ("bytes=0-1,3-4", Outcome::Full),
            ("bytes=3-2", Outcome::Full),
            ("bytes=-", Outcome::Full),
            ("bytes=", Outcome::Full),
            ("bytes=,", Outcome::Full),
            ("bytes=+1-2", Outcome::Full),
            ("bytes=1--2", Outcome::Full),
            ("bytes=1 - 2", Outcome::Full),
            ("bytes 1-2", Outcome::Full),
            ("items=1-2", Outcome::Full),
            ("", Outcome::Full),
        ] {
            assert_eq!(range(value, 10), outcome, "{value}");
            assert_eq!(range(value, 0), Outcome::Full, "{value}");
        }
        assert_eq!(range("bytes=5-", u64::MAX), part(5, u64::MAX - 1));
    }

    /// H2: a resumed download never mixes two images.
    #[test]
    fn range_needs_a_strong_if_range() {
        for (if_range, outcome) in [
            (ETAG, part(2, 9)),
            (" \"a,b\"", part(2, 9)),
            ("W/\"a,b\"", Outcome::Full),
            ("\"x\"", Outcome::Full),
            ("*", Outcome::Full),
            ("", Outcome::Full),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Outcome::Full),
        ] {
            let conditions = RequestConditions {
                if_range: Some(if_range.as_bytes()),
                range: Some(b"bytes=2-"),
                ..Default::default()
            };
            assert_eq!(ask(conditions, 10), outcome, "{if_range}");
            let also = RequestConditions { if_none_match: Some(ETAG.as_bytes()), ..conditions };
            assert_eq!(ask(also, 10), Outcome::NotModified, "{if_range}");
        }
        assert_eq!(
            ask(RequestConditions { if_range: Some(b"\"x\""), ..Default::default() }, 10),
            Outcome::Full
        );
    }

    proptest! {
        /// Law: a part lies within the file, whatever is asked.
        #[test]
        fn parts_lie_within(value in "bytes=[0-9]{0,21}-[0-9]{0,21}(,[0-9-]{0,3})?", length: u64) {
            if let Outcome::Partial { start, end_inclusive } = range(&value, length) {
                prop_assert!(start <= end_inclusive && end_inclusive < length);
            }
        }

        /// Law: two halves asked for by number and by suffix are the whole.
        #[test]
        fn halves_are_the_whole(length in 2_u64.., at: u64) {
            let at = 1 + at % (length - 1);
            prop_assert_eq!(range(&format!("bytes=0-{}", at - 1), length), part(0, at - 1));
            prop_assert_eq!(range(&format!("bytes=-{}", length - at), length), part(at, length - 1));
        }

        #[test]
        fn any_headers_never_panic(headers: [Option<Vec<u8>>; 4]) {
            let [a, b, c, d] = &headers;
            let _ = ask(
                RequestConditions {
                    if_none_match: a.as_deref(),
                    if_modified_since: b.as_deref(),
                    if_range: c.as_deref(),
                    range: d.as_deref(),
                },
                10,
            );
        }
    }
}
