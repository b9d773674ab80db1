//! The addresses a phone is given and how it joins names to them.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::Serialize;

/// Transfer protocol named in an address. Only the HTTP pair can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// FTP, understood in option 160 and refused when fetched.
    Ftp,
    /// TFTP, understood in option 160 and refused when fetched.
    Tftp,
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Protocol {
    /// The scheme as written in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ftp => "ftp",
            Self::Tftp => "tftp",
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Ftp => 21,
            Self::Tftp => 69,
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not an address a phone can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// No `://` in the text.
    #[error("{0:?} has no scheme; write it as http://server/…")]
    NoScheme(String),
    /// A scheme no phone of this family knows.
    #[error("{0:?} is not one of ftp, tftp, http, https")]
    UnknownScheme(String),
    /// Nothing usable between `://` and the path.
    #[error("{0:?} names no server")]
    NoHost(String),
    /// The port is not a number from 1 to 65535.
    #[error("{0:?} is not a port")]
    BadPort(String),
    /// Control characters would split the request line.
    #[error("{0:?} contains a control character")]
    Control(String),
}

/// An absolute address, ready for a request line: the path is percent-encoded where it has to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Url {
    protocol: Protocol,
    authority: String,
    host: String,
    port: u16,
    path: String,
}

impl Url {
    /// Transfer protocol.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Host name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port, the protocol's own when none was written.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as written, for the `Host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query, always starting with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Resolves a name as found in an `include` line or in option 160: an absolute address stands
    /// for itself, a leading `/` replaces the path, anything else is relative to the directory.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        if reference.contains("://") {
            return reference.parse();
        }
        let directory = if reference.starts_with('/') { "" } else { self.directory() };
        self.with_path(&format!("{directory}{reference}"))
    }

    /// Appends a path to an address used as a base, whether the base ends in `/` or not.
    pub fn below(&self, path: &str, double_slash: bool) -> Result<Self, UrlError> {
        let base = self.path.trim_end_matches('/');
        let slashes = if double_slash { "//" } else { "/" };
        self.with_path(&format!("{base}{slashes}{}", path.trim_start_matches('/')))
    }

    /// The last part of the path, empty for a directory.
    pub fn file_name(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    /// The address itself when it names a file with one of the extensions, else `name` in the
    /// directory it names.
    pub fn file_or_default(&self, extensions: &[&str], name: &str) -> Result<Self, UrlError> {
        if has_extension(self.file_name(), extensions) {
            return Ok(self.clone());
        }
        self.below(name, false)
    }

    fn directory(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rfind('/').map_or("/", |at| &path[..=at])
    }

    fn with_path(&self, path: &str) -> Result<Self, UrlError> {
        Ok(Self { path: encode_path(path)?, ..self.clone() })
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| UrlError::NoScheme(text.to_owned()))?;
        let protocol = [Protocol::Ftp, Protocol::Tftp, Protocol::Http, Protocol::Https]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(scheme))
            .ok_or_else(|| UrlError::UnknownScheme(scheme.to_owned()))?;
        let end = rest.find(['/', '?', ';']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = split_authority(authority, protocol)?;
        let path = encode_path(path)?;
        Ok(Self { protocol, authority: authority.to_owned(), host, port, path })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.protocol, self.authority, self.path)
    }
}

/// Whether a file name ends in `.` and one of the extensions, in any case.
pub(super) fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, end)| extensions.iter().any(|known| known.eq_ignore_ascii_case(end)))
}

/// Reads `%20` and the like; a broken escape stays as it is.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped =
            escaped.filter(|pair| first == b'%' && pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = escaped.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn split_authority(authority: &str, protocol: Protocol) -> Result<(String, u16), UrlError> {
    let no_host = || UrlError::NoHost(authority.to_owned());
    // Credentials in an address are legal text, but this phone family sends none.
    if authority.contains('@') {
        return Err(no_host());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, tail) = rest.split_once(']').ok_or_else(no_host)?;
            (host, tail.strip_prefix(':').unwrap_or_default())
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    if host.is_empty() || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(no_host());
    }
    let port = match port {
        "" => protocol.default_port(),
        text => {
            text.parse().ok().filter(|port| *port != 0).ok_or_else(|| UrlError::BadPort(text.to_owned()))?
        }
    };
    Ok((host.to_owned(), port))
}

fn encode_path(path: &str) -> Result<String, UrlError> {
    if path.chars().any(char::is_control) {
        return Err(UrlError::Control(path.to_owned()));
    }
    let mut encoded = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        encoded.push('/');
    }
    for byte in path.bytes() {
        // An existing escape is kept, so encoding an encoded path changes nothing.
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#' | 0x80.. => {
                // Writing to a String cannot fail.
                write!(encoded, "%{byte:02X}").ok();
            }
            _ => encoded.push(char::from(byte)),
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn parts_and_default_ports() {
        let parsed = url("HTTP://server.example/a/b.cfg?x=1");
        assert_eq!((parsed.host(), parsed.port(), parsed.path()), ("server.example", 80, "/a/b.cfg?x=1"));
        assert_eq!(parsed.file_name(), "b.cfg");
        assert_eq!(url("https://[::1]:8443").to_string(), "https://[::1]:8443/");
        assert_eq!(url("https://[::1]:8443").host(), "::1");
    }

    #[test]
    fn joins_never_double_the_slash_unless_asked() {
        for base in ["http://s:8081", "http://s:8081/", "http://s:8081//"] {
            assert_eq!(url(base).below("/rest/v1", false).unwrap().to_string(), "http://s:8081/rest/v1");
        }
        assert_eq!(url("http://s/t/x/").below("rest", true).unwrap().path(), "/t/x//rest");
    }

    #[test]
    fn references_resolve_against_the_directory() {
        let base = url("http://s/t/abc/configfiles/00908f.cfg");
        assert_eq!(base.join("global.cfg").unwrap().path(), "/t/abc/configfiles/global.cfg");
        assert_eq!(base.join("/other.cfg").unwrap().path(), "/other.cfg");
        assert_eq!(base.join("https://b/ipp/x.cfg").unwrap().to_string(), "https://b/ipp/x.cfg");
    }

    #[test]
    fn odd_characters_are_encoded_once() {
        assert_eq!(url("http://s/ipp/region/New York").path(), "/ipp/region/New%20York");
        assert_eq!(url("http://s/ipp/region/New%20York").path(), "/ipp/region/New%20York");
        assert_eq!(url("http://s/Praha-východ").path(), "/Praha-v%C3%BDchod");
        assert_eq!(percent_decode("v%C3%BDchod%2"), "východ%2");
    }

    #[test]
    fn refuses_what_no_phone_could_use() {
        assert_eq!("server/x".parse::<Url>(), Err(UrlError::NoScheme("server/x".into())));
        assert_eq!("gopher://s".parse::<Url>(), Err(UrlError::UnknownScheme("gopher".into())));
        assert_eq!("http:///x".parse::<Url>(), Err(UrlError::NoHost(String::new())));
        assert_eq!("http://s:0/".parse::<Url>(), Err(UrlError::BadPort("0".into())));
        assert!(matches!("http://s/a\r\nb".parse::<Url>(), Err(UrlError::Control(_))));
    }
}
