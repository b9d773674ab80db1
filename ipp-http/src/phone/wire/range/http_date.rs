//! HTTP dates (RFC 9110, section 5.6.7): three forms are read, one is written.

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};

/// Longest date read, in bytes; the longest legal one has 33.
const MAX_BYTES: usize = 64;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads the preferred form and both obsolete ones. The name of the day is not checked against the date, a
/// leap second is the second before it, and two digits of a year mean 1970 to 2069.
pub fn parse_http_date(value: &[u8]) -> Option<DateTime<Utc>> {
    if value.len() > MAX_BYTES || !value.is_ascii() {
        return None;
    }
    let text = str::from_utf8(value).ok()?;
    let words: Vec<&str> = text.split([' ', ',', '-', ':']).filter(|word| !word.is_empty()).collect();
    let ([_, day, month, year, hour, minute, second, "GMT" | "UTC"]
    | [_, month, day, hour, minute, second, year]) = *words.as_slice()
    else {
        return None;
    };
    let month = MONTHS.iter().zip(1..).find(|(name, _)| name.eq_ignore_ascii_case(month))?.1;
    NaiveDate::from_ymd_opt(full_year(year)?, month, number(day)?)?
        .and_hms_opt(number(hour)?, number(minute)?, if second == "60" { 59 } else { number(second)? })
        .map(|time| time.and_utc())
}

/// Writes the preferred form, `Sun, 06 Nov 1994 08:49:37 GMT`, in whole seconds. The form has room for four
/// digits of a year.
pub fn format_http_date(time: DateTime<Utc>) -> String {
    let day = DAYS.get(time.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
    let month = MONTHS.get(time.month0() as usize).copied().unwrap_or_default();
    let year = time.year().unsigned_abs();
    // Every answer has a date, and what reads a format while it writes takes twenty times as long.
    let mut text = String::with_capacity(29);
    text.push_str(day);
    text.push_str(", ");
    two_digits(time.day(), &mut text);
    text.push(' ');
    text.push_str(month);
    text.push(' ');
    two_digits(year / 100, &mut text);
    two_digits(year % 100, &mut text);
    for (before, number) in [(' ', time.hour()), (':', time.minute()), (':', time.second())] {
        text.push(before);
        two_digits(number, &mut text);
    }
    text.push_str(" GMT");
    text
}

fn two_digits(number: u32, out: &mut String) {
    for digit in [number / 10 % 10, number % 10] {
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

fn full_year(digits: &str) -> Option<i32> {
    let year = i32::try_from(number(digits)?).ok()?;
    match digits.len() {
        4 => Some(year),
        2 => Some(if year < 70 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

/// Digits only: a sign is no part of a date.
fn number(digits: &str) -> Option<u32> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(value: &str) -> Option<i64> {
        parse_http_date(value.as_bytes()).map(|time| time.timestamp())
    }

    #[test]
    fn dates_are_read() {
        for (value, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("sun, 6 nov 1994 08:49:37 GMT", 784_111_777),
            ("Mon, 06 Nov 1994 08:49:37 UTC", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 01-Jan-70 00:00:00 GMT", 0),
            ("Tue, 31-Dec-69 00:00:00 GMT", 3_155_673_600),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
        ] {
            assert_eq!(seconds(value), Some(expected), "{value}");
        }
    }

    #[test]
    fn no_dates() {
        for value in [
            "",
            "0",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Wed, 29 Feb 2023 00:00:00 GMT",
            "Sun, 06 Nov 19944 08:49:37 GMT",
            "Sun, 06 Nov +994 08:49:37 GMT",
            "Sun, 06 Now 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:99999999999 GMT",
            "Sün, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(seconds(value), None, "{value}");
        }
    }

    #[test]
    fn the_preferred_form_is_written() {
        let time = DateTime::from_timestamp(784_111_777, 999).unwrap();
        assert_eq!(format_http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    proptest! {
        /// Law: every second of four-digit years survives writing and reading.
        #[test]
        fn round_trip(second in 0_i64..253_402_300_800) {
            let time = DateTime::from_timestamp(second, 0).unwrap();
            let text = format_http_date(time);
            prop_assert_eq!(&text, &time.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
            prop_assert_eq!(seconds(&text), Some(second));
        }

        #[test]
        fn any_bytes_never_panic(value: Vec<u8>) {
            let _ = parse_http_date(&value);
        }
    }
}
