//! The provisioning value of a DHCP answer, as a phone reads it.

use ipp_examples::fleet::{DhcpAnswer, Option160, Url};
use ipp_http::phone::wire::path::{PhonePath, PhoneTarget};

const MODEL: &str = "430HD";
const MAC: &str = "00908f000001";

/// Reads a DHCP option: one value, or options 66, 67 and 43 on lines of their own.
///
/// Laws: padding changes nothing; the two addresses are absolute, printable and read back as
/// themselves; nothing is left of `<MODEL>` and `<MAC>`; and where the server takes the path for one
/// in a region, it is the region that the phone saw.
pub fn option160(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n').map(str::to_owned);
    let answer = DhcpAnswer {
        option160: None,
        option66: lines.next(),
        option67: lines.next(),
        option43: lines.next(),
    };
    for value in [Some(text.clone().into_owned()), answer.provisioning_value()].into_iter().flatten() {
        one(&value);
    }
}

fn one(value: &str) {
    let parsed = Option160::parse(value, MODEL, MAC);
    assert_eq!(Option160::parse(&format!("\0{value}\0\0 "), MODEL, MAC), parsed, "padding counts");
    let Ok(parsed) = parsed else { return };
    for url in [&parsed.firmware, &parsed.config] {
        address(url);
    }
    if parsed.is_http()
        && let Ok(path) = PhonePath::parse(parsed.config.path())
        && path.region.is_some()
        && path.target != PhoneTarget::RegionRoot
        && let Some(rest) = parsed.config.path().strip_prefix("/ipp/")
        && (rest.starts_with("region/") || rest.starts_with("tenant/"))
        && !rest.contains("//")
        && !rest.contains('?')
    {
        assert_eq!(parsed.region, path.region, "{}", parsed.config);
    }
}

fn address(url: &Url) {
    let text = url.to_string();
    assert!(!url.host().contains(|c: char| c.is_control() || c.is_whitespace()), "{text:?}");
    assert!(url.path().chars().all(|c| c.is_ascii_graphic()), "{text:?}");
    assert!(url.path().starts_with('/') && !url.host().is_empty() && url.port() > 0, "{text:?}");
    assert!(!text.contains("<MODEL>") && !text.contains("<MAC>"), "{text:?}");
    assert_eq!(text.parse::<Url>().as_ref(), Ok(url));
}
