//! Where in a host's own URLs the surface of administrators is.

use std::{fmt, str::FromStr};

/// The path below which the surface of administrators is served: nothing, or such as `/phones`. Two
/// engines of one host differ in it, and so do the cookies of their sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MountPath(String);

/// How many characters a path may have.
const LONGEST: usize = 100;

impl MountPath {
    /// The path, without a slash at its end; empty where it is the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the root.
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The same path below this one.
    pub(crate) fn below(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether a path belongs to the surface. Below `/ipp/` phones have paths too.
    pub(crate) fn owns(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.as_str()) else { return false };
        rest.starts_with("/api/") || crate::console::owns(rest)
    }

    /// What the cookie of a session is called. Over TLS its name binds it to TLS, and at the root to this
    /// host as well.
    pub(crate) const fn cookie_name(&self, secure: bool) -> &'static str {
        match (secure, self.is_root()) {
            (true, true) => "__Host-ipp_session",
            (true, false) => "__Secure-ipp_session",
            (false, _) => "ipp_session",
        }
    }

    /// The value of `Set-Cookie` that begins a session, or with an empty id ends it.
    pub(crate) fn cookie(&self, id: &str, secure: bool) -> String {
        let (name, path) = (self.cookie_name(secure), if self.is_root() { "/" } else { self.as_str() });
        let ends = if id.is_empty() { "; Max-Age=0" } else { "" };
        let secure = if secure { "; Secure" } else { "" };
        format!("{name}={id}; Path={path}; HttpOnly; SameSite=Strict{secure}{ends}")
    }
}

/// A text that is no path to serve below.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no path to serve below; expected such as /phones: letters, digits, - and _ in segments that begin with a slash, at most {LONGEST} characters"
)]
pub struct MountPathError(String);

impl FromStr for MountPath {
    type Err = MountPathError;

    fn from_str(text: &str) -> Result<Self, MountPathError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let of_segment = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let is_segment = |segment: &str| !segment.is_empty() && segment.chars().all(of_segment);
        let good = path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment));
        if text.len() <= LONGEST && (path.is_empty() || good) {
            return Ok(Self(path.to_owned()));
        }
        Err(MountPathError(text.to_owned()))
    }
}

impl fmt::Display for MountPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "/" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_checked() {
        for (text, path) in [("", ""), ("/", ""), ("/phones", "/phones"), ("/a-1/b_2/", "/a-1/b_2")] {
            assert_eq!(text.parse::<MountPath>().unwrap().as_str(), path);
        }
        for text in ["phones", "//", "/a//b", "/a b", "/{x}", "/a;Path=", "/ä", "/..", &"/a".repeat(60)] {
            assert!(text.parse::<MountPath>().is_err(), "{text:?}");
        }
        let mount: MountPath = "/phones".parse().unwrap();
        assert!(mount.owns("/phones/api/v1/users") && !mount.owns("/api/v1/users"));
        assert!(!mount.owns("/phonesx/api/") && MountPath::default().owns("/api/v1"));
    }

    /// A18, SEC-24: the cookie is out of reach of scripts, other sites, plain HTTP, and what else the host
    /// serves beside the engine.
    #[test]
    fn sec_24_the_cookie_is_closed() {
        let root = MountPath::default();
        let expected = "__Host-ipp_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(root.cookie("abc", true), expected);
        assert!(root.cookie("", true).ends_with("; Max-Age=0"));
        let mount: MountPath = "/phones".parse().unwrap();
        let expected = "__Secure-ipp_session=abc; Path=/phones; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(mount.cookie("abc", true), expected);
    }
}
