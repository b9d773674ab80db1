//! The paths of phones' requests.

use ipp_core::{text::url_segment, token::Token};
use ipp_http::phone::wire::path::{
    MAX_PATH_BYTES, MAX_REGION_CHARS, MAX_SEGMENT_BYTES, PathError, PhonePath, PhoneTarget, decode_segment,
};

use crate::{hex, is_phone_mac};

/// Classifies the path of a request target.
///
/// Laws: the canonical form of what was understood is understood as the same; a query, doubled
/// slashes and the spelling of the escapes change nothing; no name can leave its table or its line.
pub fn url_path(data: &[u8]) {
    let raw = &*String::from_utf8_lossy(data);
    let parsed = PhonePath::parse(raw);
    assert_eq!(PhonePath::parse(&format!("{raw}?next=1")), parsed, "a query counts");
    let path = raw.split('?').next().unwrap_or_default();
    let doubled = path.replace('/', "//");
    if doubled.len() <= MAX_PATH_BYTES {
        assert_eq!(PhonePath::parse(&doubled), parsed, "doubled slashes count");
    }
    let respelt = path.split('/').map(|part| decode_segment(part).map(|part| url_segment(&part)));
    if let Ok(respelt) = respelt.collect::<Result<Vec<_>, PathError>>() {
        let respelt = respelt.join("/");
        if respelt.len() <= MAX_PATH_BYTES {
            assert_eq!(PhonePath::parse(&respelt), parsed, "the spelling counts");
        }
    }
    let Ok(parsed) = parsed else { return };
    names(&parsed);
    let canonical = canonical(&parsed);
    assert_eq!(PhonePath::parse(&canonical).as_ref(), Ok(&parsed), "{canonical}");
}

fn names(path: &PhonePath) {
    if let Some(token) = &path.token {
        assert_eq!(token.parse::<Token>().map(|token| token.to_text()).as_ref(), Ok(token));
        assert!(!format!("{path:?}").contains(token.as_str()), "the token is shown");
    }
    if let Some(region) = &path.region {
        assert!(!region.is_empty() && region.len() <= MAX_SEGMENT_BYTES, "{region:?}");
        assert!(region.chars().count() <= MAX_REGION_CHARS, "{region:?}");
        assert!(
            !region.starts_with('.') && !region.chars().any(|c| matches!(c, '/' | '\\') || c.is_control())
        );
    }
    match &path.target {
        PhoneTarget::ConfigFile { mac } => assert!(is_phone_mac(*mac)),
        PhoneTarget::NamedConfig { name } | PhoneTarget::Firmware { name } => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'_' | b'-');
            assert!(
                !name.is_empty() && name.len() <= MAX_SEGMENT_BYTES && name.bytes().all(plain),
                "{name:?}"
            );
            assert!(!name.starts_with('.') && !name.contains(".."), "{name:?}");
        }
        PhoneTarget::Option160
        | PhoneTarget::HttpProxy
        | PhoneTarget::RegionRoot
        | PhoneTarget::StatusKeepAlive
        | PhoneTarget::StatusInit
        | PhoneTarget::Alert
        | PhoneTarget::LegacyStatus
        | PhoneTarget::LegacyAlert => {}
    }
}

fn canonical(path: &PhonePath) -> String {
    let mut out = String::new();
    if let Some(token) = &path.token {
        out.push_str("/t/");
        out.push_str(token);
    }
    if let Some(region) = &path.region {
        out.push_str("/r/");
        out.push_str(&url_segment(region));
    }
    let target = match &path.target {
        PhoneTarget::ConfigFile { mac } => format!("/configfiles/{}.cfg", hex(*mac)),
        PhoneTarget::NamedConfig { name } => format!("/configfiles/{}", url_segment(name)),
        PhoneTarget::Firmware { name } => format!("/firmwarefiles/{}", url_segment(name)),
        PhoneTarget::Option160 => "/ipp/dhcpoption160.cfg".to_owned(),
        PhoneTarget::HttpProxy => "/ipp/httpproxy/".to_owned(),
        PhoneTarget::RegionRoot => "/".to_owned(),
        PhoneTarget::StatusKeepAlive => "/rest/v1/ipphoneMgrStatus/keep-alive".to_owned(),
        PhoneTarget::StatusInit => "/rest/v1/ipphoneMgrStatus/init".to_owned(),
        PhoneTarget::Alert => "/rest/v1/ipphoneMgrAlert/alert".to_owned(),
        PhoneTarget::LegacyStatus => "/ipprest/lync_auto_prov.php".to_owned(),
        PhoneTarget::LegacyAlert => "/ipprest/lync_auto_prov.php/rest/v1/ipphoneMgrAlert/alert".to_owned(),
    };
    out + &target
}
