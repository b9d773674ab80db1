//! Checked texts: each has one door, and a value of the type is known to be well-formed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {reason}")]
pub struct TextError {
    what: &'static str,
    reason: String,
}

impl TextError {
    fn new(what: &'static str, reason: impl Into<String>) -> Self {
        Self { what, reason: reason.into() }
    }
}

/// Whether a character may not stand in a value of a configuration line: control characters and the
/// Unicode line separators, any of which a phone or a person could read as the end of the line.
pub fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A text as one segment of a URL path: everything but RFC 3986's unreserved characters is
/// percent-encoded.
pub fn url_segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| {
                char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase())
            }));
        }
        out
    })
}

fn check(what: &'static str, text: &str, min: usize, max: usize) -> Result<(), TextError> {
    let length = text.chars().count();
    if length < min {
        return Err(TextError::new(what, "must not be empty"));
    }
    if length > max {
        return Err(TextError::new(what, format!("has {length} characters; at most {max} are allowed")));
    }
    if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| breaks_line(*c)) {
        let code = u32::from(c);
        return Err(TextError::new(
            what,
            format!("contains the control character U+{code:04X} at position {}; remove it", at + 1),
        ));
    }
    Ok(())
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($what:literal, $min:literal..=$max:literal $(, $extra:expr)?);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                check($what, text, $min, $max)?;
                $( let extra: fn(&str) -> Result<(), String> = $extra;
                   extra(text).map_err(|reason| TextError::new($what, reason))?; )?
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

texts! {
    /// The name of a region: printable characters except `/` and `\`, percent-encoded in URLs
    /// (REG-11). Names compare without ASCII case.
    RegionName("a region name", 1..=64, |text| {
        if text.contains(['/', '\\']) {
            return Err("must not contain `/` or `\\`".to_owned());
        }
        // One segment of a URL path that phones send back holds at most 128 bytes.
        if text.len() > 128 {
            return Err(format!("has {} bytes; at most 128 are allowed", text.len()));
        }
        if text.trim() != text || text.starts_with('.') {
            return Err("must not begin with a dot, nor begin or end with a space".to_owned());
        }
        Ok(())
    });
    /// The name of a phone user, which is also the SIP user name (USR-31). Compares without ASCII
    /// case and is shown as first given.
    UserName("a user name", 1..=128, |text| {
        if text.trim() == text { Ok(()) } else { Err("must not begin or end with a space".to_owned()) }
    });
    /// A short text that people read: a display name or a description; may be empty.
    Label("the text", 0..=256);
    /// The value of a placeholder or of a setting that ends up behind `key=` in a phone's file.
    CfgValue("a value", 0..=2048);
    /// A whole line of a phone's file that is added as it stands, such as `key=value` (DHCP-36).
    CfgLine("a line", 1..=2048, |text| {
        let key = text.split_once('=').map_or("", |(key, _)| key.trim());
        if key.is_empty() || key.contains(' ') {
            return Err("must have the form key=value".to_owned());
        }
        Ok(())
    });
    /// An address that phones are given; they keep at most 128 characters of it.
    PhoneUrl("a URL for phones", 1..=128, |text| {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("must begin with http:// or https://".to_owned());
        };
        if !matches!(scheme, "http" | "https") {
            return Err("must begin with http:// or https://".to_owned());
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("may hold ASCII characters only, and no space".to_owned());
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (authority, "80"),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        host.parse::<Host>().map_err(|error| error.to_string())?;
        port.parse::<std::num::NonZeroU16>().map_err(|_| format!("`{port}` is not a port"))?;
        Ok(())
    });
    /// The name of a template.
    TemplateName("a template name", 1..=128, |text| {
        if text.trim() == text { Ok(()) } else { Err("must not begin or end with a space".to_owned()) }
    });
    /// A plain file name: letters, digits, space, dot, underscore and hyphen.
    FileName("a file name", 1..=128, |text| {
        if text.starts_with('.') || text.contains("..") {
            return Err("must not begin with a dot or contain `..`".to_owned());
        }
        match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-'))) {
            Some(c) => Err(format!("contains `{c}`; use letters, digits, space, dot, underscore and hyphen")),
            None => Ok(()),
        }
    });
    /// The name of a configuration file: a plain file name that ends in `.cfg` (CFG-06, CFG-17).
    CfgName("a configuration file name", 5..=128, |text| {
        text.parse::<FileName>().map_err(|error| error.reason)?;
        if text.len() > 4 && text.to_ascii_lowercase().ends_with(".cfg") {
            Ok(())
        } else {
            Err("must end in `.cfg`".to_owned())
        }
    });
    /// The address of a host: a domain name, an IPv4 address, or an IPv6 address without brackets.
    Host("a host", 1..=100, |text| {
        let domain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && !text.starts_with(['.', '-']) && !text.ends_with('-') && !text.contains("..");
        if domain || text.parse::<std::net::Ipv6Addr>().is_ok() {
            Ok(())
        } else {
            Err(format!("`{text}` is neither a domain name nor an IP address"))
        }
    });
}

impl Label {
    /// No text.
    pub const EMPTY: Self = Self(String::new());
}

impl Default for Label {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl CfgValue {
    /// The value that is set to nothing, which is not the same as one that is not set.
    pub const EMPTY: Self = Self(String::new());
}

impl CfgName {
    /// The name that a file which phones share is sealed for.
    pub fn sealed_for(&self) -> String {
        format!("file/{}", self.folded())
    }

    /// The form under which names compare: two names that fold alike are the same name.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl RegionName {
    /// The form under which names compare: two names that fold alike are the same name.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl RegionName {
    /// The name as one segment of a URL path: everything but RFC 3986's unreserved characters is
    /// percent-encoded (REG-11).
    pub fn in_url(&self) -> String {
        url_segment(&self.0)
    }
}

impl UserName {
    /// The form under which names compare.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Host {
    /// The host as it stands in a URL: an IPv6 address gets its brackets.
    pub fn in_url(&self) -> String {
        if self.0.contains(':') { format!("[{}]", self.0) } else { self.0.clone() }
    }
}

impl CfgLine {
    /// The key of the line, without surrounding blanks.
    pub fn key(&self) -> &str {
        self.0.split_once('=').map_or("", |(key, _)| key.trim())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn region_names_may_hold_anything_printable_but_slashes() {
        for good in ["ACL-Hong Kong", "Zürich", "東京", "a;b%c", "x"] {
            assert!(good.parse::<RegionName>().is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a\\b", " a", "a\n", ".hidden", &"x".repeat(65)] {
            assert!(bad.parse::<RegionName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn usr_32_user_names_may_be_numeric_and_have_no_case() {
        let name: UserName = "97239764713".parse().unwrap();
        assert_eq!(name.as_str(), "97239764713");
        assert_eq!("System".parse::<UserName>().unwrap().folded(), "system");
    }

    #[test]
    fn a_refusal_names_the_thing_and_the_place() {
        let error = "one\ntwo".parse::<CfgValue>().unwrap_err().to_string();
        assert_eq!(error, "a value contains the control character U+000A at position 4; remove it");
        assert!("novalue".parse::<CfgLine>().is_err());
        assert_eq!("lync/x =1".parse::<CfgLine>().unwrap().key(), "lync/x");
    }

    #[test]
    fn dhcp_28_urls_for_phones_are_http_urls_of_bounded_length() {
        for good in [
            "http://10.0.0.1",
            "https://phones.example.com:8081/ipp/",
            "http://[fd00::1]:80/",
            "http://[fd00::1]/x",
        ] {
            assert!(good.parse::<PhoneUrl>().is_ok(), "{good}");
        }
        let long = format!("http://a/{}", "x".repeat(120));
        for bad in [
            "10.0.0.1",
            "ftp://a/",
            "http://",
            "http:///x",
            "http://a:0/",
            "http://a:x/",
            "http://a b/",
            &long,
        ] {
            assert!(bad.parse::<PhoneUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for good in ["phones.example.com", "10.0.0.1", "2001:db8::1"] {
            assert!(good.parse::<Host>().is_ok(), "{good}");
        }
        assert_eq!("::1".parse::<Host>().unwrap().in_url(), "[::1]");
        for bad in ["", "a b", "http://x", "x/y", "-x", "a..b", "10.0.0.1:80"] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn plh_34_no_value_can_break_a_line(text in any::<String>()) {
            if let Ok(value) = text.parse::<CfgValue>() {
                prop_assert!(!value.as_str().contains(['\r', '\n', '\0']));
            }
        }
    }
}
