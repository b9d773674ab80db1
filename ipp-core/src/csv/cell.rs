//! Single cells: what spreadsheets do to them, and what is done against it.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use crate::mac::Mac;

/// With one of these in front a spreadsheet runs a cell as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What the vendor writes in front of a password that it has scrambled.
const SCRAMBLED: &str = "&sh&";

/// How often the vendor turns and encodes a password.
const ROUNDS: usize = 5;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A cell that no spreadsheet runs as a formula: it gets a quote in front where it would (A15).
pub fn guard(text: &str) -> Option<String> {
    // Quotes in front of a formula are guarded too, so that taking one away is always right.
    text.trim_start_matches('\'').starts_with(FORMULA).then(|| format!("'{text}"))
}

/// The cell as it was before [`guard`].
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        Some(_) | None => text,
    }
}

/// A password of a cell; the vendor's scrambling, which protects nothing, is undone.
pub fn decode_password(text: &str) -> Result<Zeroizing<String>, String> {
    let Some(scrambled) = text.strip_prefix(SCRAMBLED) else { return Ok(Zeroizing::new(text.to_owned())) };
    let mut bytes = Zeroizing::new(scrambled.as_bytes().to_vec());
    for _ in 0..ROUNDS {
        bytes.reverse();
        let decoded = BASE64.decode(&*bytes);
        bytes = Zeroizing::new(decoded.map_err(|_| format!("what follows {SCRAMBLED} does not decode"))?);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("what follows {SCRAMBLED} is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A password as a cell. It is clear text, but where that would be taken for a scrambled one.
pub(super) fn encode_password(password: &str) -> Zeroizing<String> {
    if !password.starts_with(SCRAMBLED) {
        return Zeroizing::new(password.to_owned());
    }
    let mut text = Zeroizing::new(password.to_owned());
    for _ in 0..ROUNDS {
        // Base64 is ASCII, so turning its characters turns its bytes.
        text = Zeroizing::new(BASE64.encode(text.as_bytes()).chars().rev().collect());
    }
    Zeroizing::new(format!("{SCRAMBLED}{}", &*text))
}

/// A MAC address. What a spreadsheet has made of one is told as such, because what is left of it may
/// look like another one.
pub(super) fn mac(text: &str) -> Result<Mac, String> {
    if is_scientific(text) {
        return Err(format!(
            "a spreadsheet has made the number `{text}` of a MAC address; write it with colons"
        ));
    }
    let digits = text.len();
    if (1..12).contains(&digits) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!(
            "`{text}` has {digits} of 12 digits; has a spreadsheet taken zeros away? Write the MAC address with colons"
        ));
    }
    text.parse().map_err(|error: crate::mac::MacError| error.to_string())
}

/// Whether this is how a spreadsheet writes a long number, such as `9.72398E+10`.
pub(super) fn is_scientific(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    exponent.strip_prefix('+').is_some_and(digits) && digits(whole) && digits(fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// CSV-23, A15: what would run is quoted, and exactly that is undone.
    #[test]
    fn csv_23_formulas_do_not_run() {
        for (plain, cell) in [("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-x", "'-x"), ("@x", "'@x")] {
            assert_eq!(guard(plain).as_deref(), Some(cell));
            assert_eq!(unguard(cell), plain);
        }
        for plain in ["a=1", "'t Hooft", "", "'", "O'Neil", " =1"] {
            assert_eq!((guard(plain), unguard(plain)), (None, plain));
        }
        assert_eq!(unguard("=1+1"), "=1+1", "written by hand");
    }

    /// Published samples of the vendor's own exports.
    #[test]
    fn the_vendors_scrambling_is_undone() {
        assert_eq!(*decode_password("&sh&VZlSXRVVONlVtlEejpnQXJ1MShVVB1TP").unwrap(), "arg4");
        assert_eq!(*decode_password("12345678").unwrap(), "12345678");
        for bad in ["&sh&", "&sh&!", "&sh&abc"] {
            assert_ne!(decode_password(bad).as_deref().map(String::as_str), Ok(bad));
        }
        assert_eq!(*encode_password("plain"), "plain");
    }

    #[test]
    fn what_a_spreadsheet_did_is_told() {
        for damaged in ["9.08123E+11", "9,08123E+11", "9e+11"] {
            assert!(mac(damaged).unwrap_err().contains("spreadsheet"), "{damaged}");
        }
        assert!(mac("908f6c22b0").unwrap_err().contains("10 of 12 digits"));
        assert!(mac("00:90:8f:6c:22:b0").is_ok());
        assert!(mac("00908e+11").is_err());
        assert!(!is_scientific("E+1") && !is_scientific("x1E+1") && !is_scientific("1E1"));
    }

    proptest! {
        #[test]
        fn unguard_undoes_guard(text in "'{0,3}[-=+@\t\r]?\\PC{0,5}") {
            let cell = guard(&text).unwrap_or_else(|| text.clone());
            prop_assert_eq!(unguard(&cell), &text);
            prop_assert!(!cell.starts_with(FORMULA));
        }

        #[test]
        fn passwords_read_back(text in "(&sh&)?\\PC{0,20}") {
            let cell = encode_password(&text);
            prop_assert_eq!(decode_password(&cell), Ok(Zeroizing::new(text)));
        }
    }
}
