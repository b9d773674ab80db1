//! Every route form with its exact outcome, every refusal with its kind, and the laws.

use proptest::prelude::*;

use ipp_core::text::url_segment;

use super::*;

const MAC: [u8; 6] = [0x00, 0x90, 0x8f, 0x1a, 0x2b, 0x3c];
const TOKEN: &str = "AbCdEfGhIjKlMnOpQrS-_w";

fn named(name: &str) -> PhoneTarget {
    PhoneTarget::NamedConfig { name: name.to_owned() }
}

fn firmware(name: &str) -> PhoneTarget {
    PhoneTarget::Firmware { name: name.to_owned() }
}

fn path(region: Option<&str>, target: PhoneTarget) -> PhonePath {
    PhonePath { token: None, region: region.map(str::to_owned), target }
}

/// API-14: one request of each form; each also under a token.
#[test]
fn forms_without_region() {
    for (raw, target) in [
        ("/configfiles/00908f1a2b3c.cfg", PhoneTarget::ConfigFile { mac: MAC }),
        (
            "/configfiles/Audiocodes_420HD_global_LYNC_empty.cfg",
            named("Audiocodes_420HD_global_LYNC_empty.cfg"),
        ),
        ("/configfiles/Floor%202.CFG", named("Floor 2.CFG")),
        ("/configfiles/00908f1a2b3c.bak.cfg", named("00908f1a2b3c.bak.cfg")),
        ("/firmwarefiles/420HD.img", firmware("420HD.img")),
        ("/firmwarefiles/UC_2.0.13.121.img", firmware("UC_2.0.13.121.img")),
        ("/firmwarefiles/a.b.", firmware("a.b.")),
        ("/firmwarefiles/00908f1a2b3c.cfg", firmware("00908f1a2b3c.cfg")),
        ("/ipp/dhcpoption160.cfg", PhoneTarget::Option160),
        ("/ipp/dhcpoption160.CFG", PhoneTarget::Option160),
        ("/firmwarefiles;ipp/dhcpoption160.cfg", PhoneTarget::Option160),
        ("/firmwarefiles%3Bipp/dhcpoption160.cfg", PhoneTarget::Option160),
        ("/firmwarefiles%3bipp/httpproxy/", PhoneTarget::HttpProxy),
        ("/ipp/httpproxy/", PhoneTarget::HttpProxy),
        ("/ipp/httpproxy", PhoneTarget::HttpProxy),
        ("/ipp/httpproxy/00908F1A2B3C.cfg", PhoneTarget::HttpProxy),
        ("/rest/v1/ipphoneMgrStatus/keep-alive", PhoneTarget::StatusKeepAlive),
        ("/rest/v1/ipphoneMgrStatus/keep%2Dalive?x=/../1", PhoneTarget::StatusKeepAlive),
        ("//rest//v1/ipphoneMgrStatus/init", PhoneTarget::StatusInit),
        ("/rest/v1/ipphoneMgrAlert/alert", PhoneTarget::Alert),
        ("/ipprest/lync_auto_prov.php", PhoneTarget::LegacyStatus),
        ("/ipprest/lync_auto_prov.php/", PhoneTarget::LegacyStatus),
        ("/ipprest/lync_auto_prov.php/rest/v1/ipphoneMgrAlert/alert", PhoneTarget::LegacyAlert),
        ("/ipprest/lync_auto_prov.php//rest/v1/ipphoneMgrStatus/keep-alive", PhoneTarget::StatusKeepAlive),
        ("/ipprest/lync_auto_prov.php/rest/v1/ipphoneMgrStatus/init", PhoneTarget::StatusInit),
    ] {
        let expected = path(None, target);
        assert_eq!(PhonePath::parse(raw), Ok(expected.clone()), "{raw}");
        let expected = PhonePath { token: Some(TOKEN.to_owned()), ..expected };
        assert_eq!(PhonePath::parse(&format!("/t/{TOKEN}{raw}")), Ok(expected), "{raw}");
    }
}

/// AMB-36, REG-11: the three scope prefixes, the literal option 160 forms, and what may follow.
#[test]
fn forms_under_a_region() {
    let mac = PhoneTarget::ConfigFile { mac: MAC };
    for prefix in [
        "/r/ACL%2DHong%20Kong",
        "/ipp/region/ACL-Hong%20Kong",
        "/ipp/tenant/ACL-Hong Kong",
        "//ipp//region/ACL-Hong%20Kong",
        "/firmwarefiles;ipp/region/ACL-Hong%20Kong",
        "/firmwarefiles%3Bipp/tenant/ACL-Hong%20Kong",
        "/firmwarefiles%3bipp/region/ACL-Hong%20Kong",
    ] {
        for (rest, target) in [
            ("", PhoneTarget::RegionRoot),
            ("/", PhoneTarget::RegionRoot),
            ("/00908f1a2b3c.cfg", mac.clone()),
            ("/configfiles/00908f1a2b3c.cfg", mac.clone()),
            ("/configfiles/x.cfg", named("x.cfg")),
            ("/firmwarefiles/420HD.img", firmware("420HD.img")),
            ("/ipp/dhcpoption160.cfg", PhoneTarget::Option160),
            ("/rest/v1/ipphoneMgrStatus/keep-alive", PhoneTarget::StatusKeepAlive),
            ("/ipprest/lync_auto_prov.php", PhoneTarget::LegacyStatus),
        ] {
            let raw = format!("{prefix}{rest}");
            let expected = path(Some("ACL-Hong Kong"), target);
            assert_eq!(PhonePath::parse(&raw), Ok(expected.clone()), "{raw}");
            let expected = PhonePath { token: Some(TOKEN.to_owned()), ..expected };
            assert_eq!(PhonePath::parse(&format!("/t/{TOKEN}{raw}")), Ok(expected), "{raw}");
        }
    }
}

/// AMB-106: every spelling and case fetches one file.
#[test]
fn mac_file_names() {
    for file in [
        "00908f1a2b3c.cfg",
        "00908F1A2B3C.CFG",
        "00-90-8F-1A-2B-3C.cfg",
        "00:90:8f:1a:2b:3c.cfg",
        "00%3A90%3a8f:1a:2b:3c.Cfg",
        "0090.8f1a.2b3c.cfg",
        "%30%30908f1a2b3c%2ecfg",
    ] {
        for prefix in ["/configfiles/", "/ipp/region/R/", "/r/R/"] {
            let read = PhonePath::parse(&format!("{prefix}{file}")).map(|path| path.target);
            assert_eq!(read, Ok(PhoneTarget::ConfigFile { mac: MAC }), "{prefix}{file}");
        }
    }
}

/// A10, and REG-11 for what a region name may not be.
#[test]
fn refused_paths() {
    let long = |unit: &str, times: usize| unit.repeat(times);
    for (raw, error) in [
        ("", PathError::NotAbsolute),
        ("configfiles/x.cfg", PathError::NotAbsolute),
        ("http://h/configfiles/x.cfg", PathError::NotAbsolute),
        (&format!("/{}", long("a/", 512)), PathError::TooLong),
        ("/configfiles/%", PathError::BadEscape),
        ("/configfiles/%4", PathError::BadEscape),
        ("/configfiles/%g0.cfg", PathError::BadEscape),
        ("/configfiles/%+1.cfg", PathError::BadEscape),
        ("/configfiles/%c3.cfg", PathError::NotUtf8),
        ("/ipp/region/%ed%a0%80", PathError::NotUtf8),
        ("/ipp/region/%c0%af", PathError::NotUtf8),
        ("/ipp/region/a%2fb", PathError::ForbiddenCharacter),
        ("/ipp/region/a%5Cb", PathError::ForbiddenCharacter),
        ("/ipp/region/a\\b", PathError::ForbiddenCharacter),
        ("/ipp/region/a%00", PathError::ForbiddenCharacter),
        ("/ipp/region/a%0d%0aX:y", PathError::ForbiddenCharacter),
        ("/ipp/region/a%7f", PathError::ForbiddenCharacter),
        ("/ipp/region/a%c2%85", PathError::ForbiddenCharacter),
        ("/configfiles%2f..%2fx.cfg", PathError::ForbiddenCharacter),
        ("/configfiles/../x.cfg", PathError::LeadingDot),
        ("/configfiles/./x.cfg", PathError::LeadingDot),
        ("/configfiles/%2e%2e/x.cfg", PathError::LeadingDot),
        ("/configfiles/.cfg", PathError::LeadingDot),
        ("/ipp/region/..", PathError::LeadingDot),
        (&format!("/configfiles/{}.cfg", long("a", 125)), PathError::SegmentTooLong),
        (&format!("/t/{}/ipp/httpproxy/", long("A", 21)), PathError::BadToken),
        (&format!("/t/{}/ipp/httpproxy/", long("A", 23)), PathError::BadToken),
        (&format!("/t/{}=/ipp/httpproxy/", long("A", 21)), PathError::BadToken),
        (&format!("/t/{}/ipp/httpproxy/", long("é", 11)), PathError::BadToken),
        (&format!("/t/{}/ipp/httpproxy/", long("B", 22)), PathError::BadToken),
        ("/t/configfiles/00908f1a2b3c.cfg", PathError::BadToken),
        (&format!("/r/{}", long("a", 65)), PathError::BadRegion),
        ("/configfiles/a%252fb.cfg", PathError::BadFileName),
        ("/configfiles/a;b.cfg", PathError::BadFileName),
        ("/configfiles/a..cfg", PathError::BadFileName),
        ("/configfiles/é.cfg", PathError::BadFileName),
        ("/firmwarefiles/a%27.img", PathError::BadFileName),
        ("/configfiles/ffffffffffff.cfg", PathError::BadMac),
        ("/configfiles/000000000000.cfg", PathError::BadMac),
        ("/ipp/region/R/01908f1a2b3c.cfg", PathError::BadMac),
        ("/ipp/httpproxy/x.cfg", PathError::BadMac),
        ("/", PathError::Unknown),
        ("/t", PathError::Unknown),
        (&format!("/t/{TOKEN}"), PathError::Unknown),
        (&format!("/t/{TOKEN}/t/{TOKEN}/ipp/httpproxy/"), PathError::Unknown),
        ("/r/", PathError::Unknown),
        ("/ipp/region/", PathError::Unknown),
        ("/r/A/r/B", PathError::Unknown),
        ("/r/A/firmwarefiles;ipp/dhcpoption160.cfg", PathError::Unknown),
        ("/ipp/region/R/index.html", PathError::Unknown),
        ("/IPP/dhcpoption160.cfg", PathError::Unknown),
        ("/ipp/Region/R", PathError::Unknown),
        ("/00908f1a2b3c.cfg", PathError::Unknown),
        ("/configfiles/x.cfg/", PathError::Unknown),
        ("/configfiles/x", PathError::Unknown),
        ("/configfiles/a/b.cfg", PathError::Unknown),
        ("/configfiles", PathError::Unknown),
        ("/firmwarefiles/", PathError::Unknown),
        ("/firmwarefiles%253Bipp/httpproxy/", PathError::Unknown),
        ("/firmwarefiles;x/httpproxy/", PathError::Unknown),
        ("/rest/v1/ipphoneMgrStatus/multi-keep-alive", PathError::Unknown),
        ("/rest/v1/ipphoneMgrStatus/keep-alive/", PathError::Unknown),
        ("/rest/v1/ipphonemgrstatus/keep-alive", PathError::Unknown),
        ("/ipprest/lync_auto_prov.php/x", PathError::Unknown),
    ] {
        assert_eq!(PhonePath::parse(raw), Err(error), "{raw}");
    }
}

#[test]
fn longest_names_pass() {
    let name = format!("{}.cfg", "a".repeat(124));
    let read = PhonePath::parse(&format!("/configfiles/{name}")).map(|path| path.target);
    assert_eq!(read, Ok(named(&name)));
    let region = "é".repeat(64);
    let read = PhonePath::parse(&format!("/r/{}", url_segment(&region))).map(|path| path.region);
    assert_eq!(read, Ok(Some(region)));
}

#[test]
fn token_is_not_in_debug_output() {
    let read = PhonePath::parse(&format!("/t/{TOKEN}/ipp/httpproxy/")).unwrap();
    assert_eq!(format!("{read:?}"), "PhonePath { token: Some(\"…\"), region: None, target: HttpProxy }");
}

#[test]
fn encoding_is_exact() {
    assert_eq!(url_segment("ACL-Hong Kong"), "ACL-Hong%20Kong");
    assert_eq!(url_segment("a/b;c%é~._-"), "a%2Fb%3Bc%25%C3%A9~._-");
    assert_eq!(decode_segment("%252F+%41"), Ok("%2F+A".to_owned()));
}

proptest! {
    #[test]
    fn any_text_never_panics(raw: String) {
        let _ = PhonePath::parse(&raw);
    }

    /// A10: whatever is accepted carries no name with structure in it.
    #[test]
    fn accepted_names_are_plain(
        prefix in "//?((t|r|ipp|region|configfiles|firmwarefiles)/){0,4}",
        name in "[a-z%0-9;.~ \\\\]{0,9}(/|%2f|%2e|\\.cfg|\\.img){0,3}",
    ) {
        let raw = prefix + &name;
        if let Ok(path) = PhonePath::parse(&raw) {
            let mut file = None;
            if let PhoneTarget::NamedConfig { name } | PhoneTarget::Firmware { name } = path.target {
                file = Some(name);
            }
            for name in path.region.into_iter().chain(file) {
                prop_assert!(!name.is_empty() && !name.starts_with('.'));
                prop_assert!(!name.contains(|c: char| c == '/' || c == '\\' || c.is_control()));
            }
        }
    }

    /// Law: decode(encode(x)) = x, and the encoded form is plain ASCII.
    #[test]
    fn encoding_round_trip(text: String) {
        let encoded = url_segment(&text);
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        prop_assert_eq!(decode_segment(&encoded), Ok(text));
    }

    /// REG-11: a printable region name survives its URL.
    #[test]
    fn region_round_trip(name in "[^\\pC/\\\\.][^\\pC/\\\\]{0,30}", prefix in "/r/|/ipp/region/|/ipp/tenant/") {
        let read = PhonePath::parse(&format!("{prefix}{}/00908f1a2b3c.cfg", url_segment(&name)));
        prop_assert_eq!(read, Ok(path(Some(&name), PhoneTarget::ConfigFile { mac: MAC })));
    }
}
