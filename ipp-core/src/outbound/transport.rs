//! How a phone, or the proxy in front of it, is reached.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::EncodedRequest;
use crate::{mac::Mac, settings::Scheme};

/// Which certificates are taken from whoever is connected to over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificates {
    /// Any: phones sign their own. Whoever can stand in between reads the command; it holds no password
    /// unless the family says so.
    #[default]
    Any,
    /// Only chains that end in one of these, for the name or address that is connected to.
    Trusted(TrustedRoots),
}

/// Certificates in PEM form, at most 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustedRoots(String);

/// The text holds no certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one or more certificates in PEM form (`-----BEGIN CERTIFICATE-----`), 64 KiB at most")]
pub struct CertificatesError;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

impl TrustedRoots {
    /// The text.
    pub fn as_pem(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TrustedRoots {
    type Error = CertificatesError;

    fn try_from(text: String) -> Result<Self, CertificatesError> {
        let begins = text.matches(BEGIN).count();
        let whole = begins > 0 && begins == text.matches(END).count() && text.len() <= 64 * 1024;
        // A key in its place would be kept and shown as what is no secret.
        if whole && !text.contains("PRIVATE KEY") { Ok(Self(text)) } else { Err(CertificatesError) }
    }
}

impl From<TrustedRoots> for String {
    fn from(roots: TrustedRoots) -> Self {
        roots.0
    }
}

/// How the SBC HTTP proxy is told which phone a command is for. The vendor's way is not public.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyTarget {
    /// By the whole address in the request line, as RFC 9112 has it for proxies:
    /// `PUT http://10.0.0.7/rest/v1/… HTTP/1.1`.
    #[default]
    AbsoluteForm,
    /// By what stands before the path, such as `/{ip}` or `/phones/{mac}`.
    PathPrefix(TargetText),
    /// By a header of its own.
    Header {
        /// Its name.
        name: HeaderName,
        /// Its value, such as `{ip}`.
        value: TargetText,
    },
}

/// Why a way to name the phone cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyTargetError {
    /// The text names no phone, or cannot stand where it is to stand.
    #[error(
        "`{0}` must hold {{ip}} or {{mac}}, and else only letters, digits and `/-._~:=`; 64 characters at most"
    )]
    Text(String),
    /// The header cannot be set.
    #[error(
        "`{0}` cannot be the header of the phone's address; use letters, digits and `-`, and no header that HTTP itself needs"
    )]
    Header(String),
}

/// A text with `{ip}` or `{mac}` in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetText(String);

impl TargetText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text for a phone. An IPv6 address stands in brackets.
    pub fn filled(&self, phone: IpAddr, mac: Mac) -> String {
        self.0.replace("{ip}", &in_url(phone)).replace("{mac}", &mac.to_string())
    }
}

impl TryFrom<String> for TargetText {
    type Error = ProxyTargetError;

    fn try_from(text: String) -> Result<Self, ProxyTargetError> {
        let rest = text.replace("{ip}", "").replace("{mac}", "");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~:=".contains(&byte);
        let named = rest.len() < text.len() && text.len() <= 64;
        if named && rest.bytes().all(plain) && !text.contains("//") && !text.contains("..") {
            return Ok(Self(text));
        }
        Err(ProxyTargetError::Text(text.chars().take(64).collect()))
    }
}

impl From<TargetText> for String {
    fn from(text: TargetText) -> Self {
        text.0
    }
}

/// The name of a header that HTTP itself has no use for, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderName(String);

impl HeaderName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HeaderName {
    type Error = ProxyTargetError;

    fn try_from(text: String) -> Result<Self, ProxyTargetError> {
        const OF_HTTP: [&str; 10] = [
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "proxy-connection",
        ];
        let name = text.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=64).contains(&name.len()) && name.bytes().all(plain) && !OF_HTTP.contains(&&*name) {
            return Ok(Self(name));
        }
        Err(ProxyTargetError::Header(text.chars().take(64).collect()))
    }
}

impl From<HeaderName> for String {
    fn from(name: HeaderName) -> Self {
        name.0
    }
}

impl ProxyTarget {
    /// What stands in the request line for a request to this phone.
    pub fn request_target(&self, request: &EncodedRequest, phone: IpAddr, mac: Mac) -> String {
        let path = &request.path;
        match self {
            Self::AbsoluteForm => {
                format!("{}://{}{path}", request.scheme.as_str(), request.authority(phone))
            }
            Self::PathPrefix(prefix) => format!("{}{path}", prefix.filled(phone, mac)),
            Self::Header { .. } => path.to_string(),
        }
    }

    /// The header that names the phone, where it is named so.
    pub fn header(&self, phone: IpAddr, mac: Mac) -> Option<(&str, String)> {
        match self {
            Self::Header { name, value } => Some((name.as_str(), value.filled(phone, mac))),
            Self::AbsoluteForm | Self::PathPrefix(_) => None,
        }
    }
}

impl EncodedRequest {
    /// Address and port of a phone, as they stand in its own requests; the port is left out where the scheme
    /// implies it.
    pub fn authority(&self, phone: IpAddr) -> String {
        let implied = match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        let host = in_url(phone);
        if self.port == implied { host } else { format!("{host}:{}", self.port) }
    }
}

fn in_url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

impl fmt::Display for ProxyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AbsoluteForm => f.write_str("absolute form"),
            Self::PathPrefix(prefix) => write!(f, "path prefix {}", prefix.as_str()),
            Self::Header { name, value } => write!(f, "header {}: {}", name.as_str(), value.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_the_phone_and_nothing_else() {
        let text = |text: &str| TargetText::try_from(text.to_owned());
        for good in ["/{ip}", "/phones/{mac}", "{ip}", "ip={ip}"] {
            assert!(text(good).is_ok(), "{good}");
        }
        for bad in ["", "/phones", "/{ip} HTTP/1.1\r\nx: y", "/{ip}?x", "//{ip}", "/../{ip}", "{user}{ip}"] {
            assert!(text(bad).is_err(), "{bad}");
        }
        let filled =
            text("/{ip}/{mac}").unwrap().filled("fd00::1".parse().unwrap(), "00908f000001".parse().unwrap());
        assert_eq!(filled, "/[fd00::1]/00908f000001");
    }

    #[test]
    fn headers_that_http_needs_are_not_taken() {
        let name = |name: &str| HeaderName::try_from(name.to_owned());
        assert_eq!(name("X-Phone-Address").unwrap().as_str(), "x-phone-address");
        for bad in ["", "Host", "content-length", "a b", "x:", "é", "Transfer-Encoding"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn roots_are_whole_certificates_and_no_keys() {
        let roots = |text: String| TrustedRoots::try_from(text);
        assert!(roots(format!("{BEGIN}\nAA==\n{END}\n")).is_ok());
        assert!(roots(format!("{BEGIN}\nAA==\n")).is_err());
        assert!(roots(String::new()).is_err());
        assert!(roots(format!("{BEGIN}\n{END}\n-----BEGIN PRIVATE KEY-----")).is_err());
    }
}
