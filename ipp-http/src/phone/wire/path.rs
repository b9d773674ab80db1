//! The one normaliser of phone URLs: a raw request path in, what is asked for out.
//!
//! A path is cut at `/` while still encoded, then exactly one percent layer of each segment is decoded and
//! the result checked, so an encoded slash, a dot segment or a second layer never becomes structure (A10).
//! No name that leaves here can point outside a table: names are looked up, never joined to a directory.

use super::{is_phone_mac, mac_spelling};

/// Longest path, in bytes as received. URLs given to phones have at most 128.
pub const MAX_PATH_BYTES: usize = 1_024;

/// Longest decoded segment, in bytes of UTF-8.
pub const MAX_SEGMENT_BYTES: usize = 128;

/// Longest region name, in characters.
pub const MAX_REGION_CHARS: usize = 64;

/// Length of the token of a phone: 128 bits in URL-safe base64 without padding.
pub const TOKEN_CHARS: usize = 22;

/// A phone URL, classified. The names are well-formed; nothing says that they exist.
#[derive(Clone, PartialEq, Eq)]
pub struct PhonePath {
    /// The token of `/t/<token>`. `Debug` hides it.
    pub token: Option<String>,
    /// The decoded region name of the scope prefix.
    pub region: Option<String>,
    /// What is asked for.
    pub target: PhoneTarget,
}

/// What a phone URL asks for, after token and region scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneTarget {
    /// `configfiles/<mac>.cfg`, or `<mac>.cfg` right under a region scope; the MAC in any spelling.
    ConfigFile {
        /// The phone.
        mac: [u8; 6],
    },
    /// `configfiles/<name>.cfg`, or `<name>.cfg` right under a region scope: a global file, which phones
    /// ask for beside the file that includes it.
    NamedConfig {
        /// The whole file name as sent.
        name: String,
    },
    /// `firmwarefiles/<name>`.
    Firmware {
        /// The whole file name as sent.
        name: String,
    },
    /// `ipp/dhcpoption160.cfg`.
    Option160,
    /// `ipp/httpproxy/`, with or without a `<mac>.cfg`, which changes nothing in the answer.
    HttpProxy,
    /// The region scope itself.
    RegionRoot,
    /// `rest/v1/ipphoneMgrStatus/keep-alive`.
    StatusKeepAlive,
    /// `rest/v1/ipphoneMgrStatus/init`.
    StatusInit,
    /// `rest/v1/ipphoneMgrAlert/alert`.
    Alert,
    /// `ipprest/lync_auto_prov.php`: a status report of older firmware.
    LegacyStatus,
    /// `ipprest/lync_auto_prov.php/rest/v1/ipphoneMgrAlert/alert`.
    LegacyAlert,
}

/// Why a path is no phone URL. All kinds get the same answer; they differ for tests and counters only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PathError {
    /// The path does not begin with `/`.
    #[error("path does not begin with a slash")]
    NotAbsolute,
    /// Longer than [`MAX_PATH_BYTES`].
    #[error("path is longer than {MAX_PATH_BYTES} bytes")]
    TooLong,
    /// A `%` without two hexadecimal digits.
    #[error("path has a malformed percent escape")]
    BadEscape,
    /// The decoded bytes are not UTF-8.
    #[error("path is not UTF-8")]
    NotUtf8,
    /// A decoded segment contains `/`, `\` or a control character.
    #[error("path segment has a forbidden character")]
    ForbiddenCharacter,
    /// A segment begins with a dot; `.` and `..` are among these.
    #[error("path segment begins with a dot")]
    LeadingDot,
    /// A decoded segment is longer than [`MAX_SEGMENT_BYTES`].
    #[error("path segment is longer than {MAX_SEGMENT_BYTES} bytes")]
    SegmentTooLong,
    /// The token is not 128 bits in 22 characters.
    #[error("token is malformed")]
    BadToken,
    /// The region name is longer than [`MAX_REGION_CHARS`].
    #[error("region name is longer than {MAX_REGION_CHARS} characters")]
    BadRegion,
    /// A file name has a character outside `[A-Za-z0-9 ._-]`, or two dots in a row.
    #[error("file name has a forbidden character or two dots in a row")]
    BadFileName,
    /// A file name must be a MAC and is not, or is one that no phone can have.
    #[error("file name is not the MAC address of a phone")]
    BadMac,
    /// No phone route has this form.
    #[error("no phone route has this form")]
    Unknown,
}

impl PhonePath {
    /// Classifies the path of a request target as received; a query is ignored.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        let path = raw.split('?').next().unwrap_or_default();
        if path.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        let path = path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
        // Phones join a base that ends in a slash with a path that begins with one.
        let raw = path.split('/').filter(|segment| !segment.is_empty());
        // Few URLs have an escape, and without one nothing needs to be copied.
        let mut decoded = Vec::new();
        let mut words: Vec<&str> = Vec::with_capacity(8);
        if path.contains('%') {
            for segment in raw {
                decoded.push(decode_segment(segment)?);
            }
            words.extend(decoded.iter().map(String::as_str));
        } else {
            words.extend(raw);
        }
        words.iter().try_for_each(|segment| check_segment(segment))?;
        let (token, words) = match words.as_mut_slice() {
            ["t", token, rest @ ..] => (Some(checked_token(token)?), rest),
            rest => (None, rest),
        };
        // The literal form of option 160, from phones that do not cut its value at the semicolon (AMB-36).
        if let Some(first @ &mut "firmwarefiles;ipp") = words.first_mut() {
            *first = "ipp";
        }
        let (region, words) = match &*words {
            ["r", name, rest @ ..] | ["ipp", "region" | "tenant", name, rest @ ..] => {
                (Some(checked_region(name)?), rest)
            }
            rest => (None, rest),
        };
        let target = target(words, region.is_some(), path.ends_with('/'))?;
        Ok(Self { token, region, target })
    }
}

impl std::fmt::Debug for PhonePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhonePath")
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("region", &self.region)
            .field("target", &self.target)
            .finish()
    }
}

/// Decodes one percent layer, without judging the result. The inverse of
/// [`ipp_core::text::url_segment`].
pub fn decode_segment(raw: &str) -> Result<String, PathError> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = digit(bytes.next()).ok_or(PathError::BadEscape)?;
            let low = digit(bytes.next()).ok_or(PathError::BadEscape)?;
            decoded.push(u8::try_from(high << 4 | low).map_err(|_| PathError::BadEscape)?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).map_err(|_| PathError::NotUtf8)
}

fn check_segment(segment: &str) -> Result<(), PathError> {
    if segment.contains(|c: char| matches!(c, '/' | '\\') || c.is_control()) {
        Err(PathError::ForbiddenCharacter)
    } else if segment.starts_with('.') {
        Err(PathError::LeadingDot)
    } else if segment.len() > MAX_SEGMENT_BYTES {
        Err(PathError::SegmentTooLong)
    } else {
        Ok(())
    }
}

fn checked_token(token: &str) -> Result<String, PathError> {
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    // The last character carries two bits only: with other bits set it would be a second spelling of a token.
    if token.len() == TOKEN_CHARS && token.bytes().all(url_safe) && token.ends_with(['A', 'Q', 'g', 'w']) {
        Ok(token.to_owned())
    } else {
        Err(PathError::BadToken)
    }
}

fn checked_region(name: &str) -> Result<String, PathError> {
    if name.chars().nth(MAX_REGION_CHARS).is_some() { Err(PathError::BadRegion) } else { Ok(name.to_owned()) }
}

fn target(words: &[&str], scoped: bool, trailing_slash: bool) -> Result<PhoneTarget, PathError> {
    const LEGACY: &str = "lync_auto_prov.php";
    if trailing_slash && !matches!(words, [] | ["ipp", "httpproxy"] | ["ipprest", LEGACY]) {
        return Err(PathError::Unknown);
    }
    match words {
        [] if scoped => Ok(PhoneTarget::RegionRoot),
        [file] if scoped => config_file(file),
        ["configfiles", file] => config_file(file),
        ["firmwarefiles", name] => Ok(PhoneTarget::Firmware { name: file_name(name)? }),
        ["ipp", file] if cfg_stem(file) == Some("dhcpoption160") => Ok(PhoneTarget::Option160),
        ["ipp", "httpproxy"] => Ok(PhoneTarget::HttpProxy),
        ["ipp", "httpproxy", file] => mac_file(file).map(|_| PhoneTarget::HttpProxy),
        ["ipprest", LEGACY] => Ok(PhoneTarget::LegacyStatus),
        ["ipprest", LEGACY, "rest", "v1", "ipphoneMgrAlert", "alert"] => Ok(PhoneTarget::LegacyAlert),
        ["rest", "v1", "ipphoneMgrAlert", "alert"] => Ok(PhoneTarget::Alert),
        ["ipprest", LEGACY, "rest", "v1", "ipphoneMgrStatus", verb]
        | ["rest", "v1", "ipphoneMgrStatus", verb] => match *verb {
            "keep-alive" => Ok(PhoneTarget::StatusKeepAlive),
            "init" => Ok(PhoneTarget::StatusInit),
            _ => Err(PathError::Unknown),
        },
        _ => Err(PathError::Unknown),
    }
}

fn config_file(file: &str) -> Result<PhoneTarget, PathError> {
    match mac_spelling(cfg_stem(file).ok_or(PathError::Unknown)?) {
        Some(mac) if is_phone_mac(mac) => Ok(PhoneTarget::ConfigFile { mac }),
        Some(_) => Err(PathError::BadMac),
        None => Ok(PhoneTarget::NamedConfig { name: file_name(file)? }),
    }
}

fn mac_file(file: &str) -> Result<[u8; 6], PathError> {
    let stem = cfg_stem(file).ok_or(PathError::Unknown)?;
    mac_spelling(stem).filter(|mac| is_phone_mac(*mac)).ok_or(PathError::BadMac)
}

/// The name before `.cfg`, whose case phones do not agree on.
fn cfg_stem(file: &str) -> Option<&str> {
    let (stem, extension) = file.rsplit_once('.')?;
    extension.eq_ignore_ascii_case("cfg").then_some(stem)
}

fn file_name(name: &str) -> Result<String, PathError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'_' | b'-');
    if name.bytes().all(allowed) && !name.contains("..") {
        Ok(name.to_owned())
    } else {
        Err(PathError::BadFileName)
    }
}

#[cfg(test)]
mod tests;
