//! MAC addresses in every spelling.

use ipp_core::mac::Mac;
use ipp_http::phone::wire;

use crate::is_phone_mac;

/// Reads a MAC address.
///
/// Laws: reading what is displayed gives the same address; every usual spelling of it does; only
/// addresses of single phones are read; what the reader of the wire takes, people may write too.
pub fn mac(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let read = text.parse::<Mac>();
    let wire = wire::parse_mac(text);
    if let Some(wire) = wire {
        assert_eq!(read.as_ref().map(|mac| mac.bytes()), Ok(wire), "{text:?}");
    }
    let Ok(mac) = read else { return };
    let bytes = mac.bytes();
    assert!(is_phone_mac(bytes));
    assert_eq!(Mac::new(bytes), Ok(mac));
    assert_eq!(String::from(mac).parse(), Ok(mac));
    assert_eq!(mac.file_name(), format!("{mac}.cfg"));
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    assert_eq!(digits.to_ascii_lowercase(), mac.to_string());
    for (group, separator) in [(12, ""), (2, ":"), (2, "-"), (2, "."), (4, "."), (6, "-")] {
        let spelt: Vec<String> =
            mac.to_string().as_bytes().chunks(group).map(|part| part.escape_ascii().to_string()).collect();
        for spelt in [spelt.join(separator), spelt.join(separator).to_ascii_uppercase()] {
            assert_eq!(spelt.parse(), Ok(mac), "{spelt}");
            assert_eq!(wire::parse_mac(&spelt), Some(bytes), "{spelt}");
        }
    }
}
