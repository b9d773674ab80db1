//! The User-Agent of a phone: model, firmware version and kind, by which a template is chosen.
//!
//! Two forms are known. Lync builds write `…-IPPhone-<MODEL>_UC_<version>/…`; generic builds write
//! `<any text>/<version> (<MODEL and build>; <MAC>)`, where the text in front is free because OEM builds
//! replace it.

use crate::phone_model::PhoneKind;

/// Longest User-Agent read, in bytes.
pub const MAX_USER_AGENT_BYTES: usize = 512;

/// What a phone says about itself with every request. It is a claim, not proof of identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent {
    /// The family of firmware.
    pub kind: PhoneKind,
    /// Model name in upper case, without marks of hardware revision: `420HD`, `405`.
    pub model: String,
    /// Firmware version as sent, `UC_` included on Lync builds; empty when a generic build names none.
    pub version: String,
    /// The MAC address in brackets; Lync builds usually send none.
    pub mac: Option<[u8; 6]>,
}

impl UserAgent {
    /// Reads a User-Agent; `None` when it is not that of a phone.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_USER_AGENT_BYTES {
            return None;
        }
        let brackets = brackets(text);
        if let Some((model, version)) = lync(text) {
            let mac = brackets.map(|brackets| brackets.mac);
            return Some(Self { kind: PhoneKind::Lync, model, version, mac });
        }
        let Brackets { before, model, mac } = brackets?;
        Some(Self { kind: PhoneKind::Generic, model, version: generic_version(before), mac: Some(mac) })
    }
}

/// Model and version of `-IPPhone-<MODEL>_UC_<version>`.
fn lync(text: &str) -> Option<(String, String)> {
    const MARK: &str = "-ipphone-";
    let at = text.to_ascii_lowercase().find(MARK)?;
    let product = text.get(at + MARK.len()..)?.split(|c: char| c == '/' || c.is_whitespace()).next()?;
    let (name, version) = product.split_once("_UC_")?;
    if !is_version(version) {
        return None;
    }
    Some((model(name)?, format!("UC_{version}")))
}

struct Brackets<'a> {
    before: &'a str,
    model: String,
    mac: [u8; 6],
}

/// The last `(<MODEL and build>; <MAC>)` and what stands before it.
fn brackets(text: &str) -> Option<Brackets<'_>> {
    text.rmatch_indices('(').find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let (inside, _) = rest.strip_prefix('(')?.split_once(')')?;
        let (name, mac) = inside.split_once(';')?;
        Some(Brackets { before, model: model(name.trim())?, mac: parse_mac(mac.trim())? })
    })
}

/// The model is the leading run of letters and digits, which leaves out `-Rev0` and `-AC494`. A final `G` after
/// it marks gigabit hardware of the same model.
fn model(name: &str) -> Option<String> {
    let model = name.split(|c: char| !c.is_ascii_alphanumeric()).next()?.to_ascii_uppercase();
    let base =
        model.strip_suffix('G').filter(|base| base.ends_with(|c: char| c == 'D' || c.is_ascii_digit()));
    let model = base.unwrap_or(&model);
    model.contains(|c: char| c.is_ascii_digit()).then(|| model.to_owned())
}

/// What follows the last `/`, up to a space.
fn generic_version(before: &str) -> String {
    let version = before.rsplit_once('/').and_then(|(_, tail)| tail.split_whitespace().next());
    version.filter(|version| is_version(version)).unwrap_or_default().to_owned()
}

fn is_version(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Twelve hexadecimal digits, with or without `:`, `-` or `.`, of an address that a phone can have.
fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let mut digits = text.chars().filter(|c| !matches!(c, ':' | '-' | '.'));
    let mut mac = [0; 6];
    for byte in &mut mac {
        let high = digits.next()?.to_digit(16)?;
        let low = digits.next()?.to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    let [first, ..] = mac;
    (digits.next().is_none() && first & 1 == 0 && mac != [0; 6]).then_some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAC: [u8; 6] = [0x00, 0x90, 0x8f, 0x48, 0x67, 0xaf];

    fn agent(kind: PhoneKind, model: &str, version: &str, mac: Option<[u8; 6]>) -> UserAgent {
        UserAgent { kind, model: model.to_owned(), version: version.to_owned(), mac }
    }

    /// DEV-16: version, model and MAC are in it.
    #[test]
    fn generic_phones() {
        for (text, model, version) in [
            ("AUDC-IPPhone/2.0.4.30 (430HD; 00908F4867AF)", "430HD", "2.0.4.30"),
            ("AUDC-IPPhone/2.2.8.61 (440HDG-Rev0; 00908F4867AF)", "440HD", "2.2.8.61"),
            ("AUDC-IPPhone/2.0.0_build_15 (420HD; 00908F4867AF)", "420HD", "2.0.0_build_15"),
            ("Genesys /2.2.16.142.46 (420HDG-Rev2-AC494; 00908F4867AF)", "420HD", "2.2.16.142.46"),
            ("AUDC-IPPhone/2.2.8.61 (405; 00908F4867AF)", "405", "2.2.8.61"),
            ("AUDC-IPPhone/2.2.8.61 (405G-Rev1; 00908F4867AF)", "405", "2.2.8.61"),
            ("AUDC-IPPhone/2.2.8.61 (405HDG;00:90:8f:48:67:af)", "405HD", "2.2.8.61"),
            ("A (x) B/C/1.0 extra ( 420hd Rev1 ; 0090.8f48.67af ) tail", "420HD", "1.0"),
            ("Own Name (420HDG; 00908F4867AF)", "420HD", ""),
            ("Zürich/1.0 (420HD; 00908F4867AF) (x; y)", "420HD", "1.0"),
            ("(420HD; 00908F4867AF)", "420HD", ""),
        ] {
            assert_eq!(
                UserAgent::parse(text),
                Some(agent(PhoneKind::Generic, model, version, Some(MAC))),
                "{text}"
            );
        }
    }

    /// DEV-17: model and version are in it, a MAC is not.
    #[test]
    fn lync_phones() {
        for (text, model, version, mac) in [
            ("AUDC-IPPhone-430HD_UC_2.0.7.70/1.0.0000.0", "430HD", "UC_2.0.7.70", None),
            ("AUDC-IPPhone-430HD_UC_2.0.13.121/1.0.0000.0", "430HD", "UC_2.0.13.121", None),
            ("AUDC-IPPhone-450HD_UC_0.0.0.0/0", "450HD", "UC_0.0.0.0", None),
            ("AUDC/3.4.6.604 AUDC-IPPhone-C450HD_UC_3.4.6.604/1", "C450HD", "UC_3.4.6.604", None),
            ("audc-ipphone-440HDG-Rev0_UC_3.2.1.616", "440HD", "UC_3.2.1.616", None),
            ("AUDC-IPPhone-430HD_UC_2.0.7.70/1.0 (430HD; 00908F4867AF)", "430HD", "UC_2.0.7.70", Some(MAC)),
        ] {
            assert_eq!(UserAgent::parse(text), Some(agent(PhoneKind::Lync, model, version, mac)), "{text}");
        }
    }

    #[test]
    fn no_phones() {
        for text in [
            "",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)",
            "curl/8.0",
            "AUDC-IPPhone/2.0.4.30",
            "AUDC-IPPhone/2.0.4.30 (430HD; 00908F4867A)",
            "AUDC-IPPhone/2.0.4.30 (430HD; FFFFFFFFFFFF)",
            "AUDC-IPPhone/2.0.4.30 (430HD; 00908F4867AF",
            "AUDC-IPPhone/2.0.4.30 (430HD, 00908F4867AF)",
            "AUDC-IPPhone/2.0.4.30 (; 00908F4867AF)",
            "AUDC-IPPhone/2.0.4.30 (phone; 00908F4867AF)",
            "AUDC-IPPhone-430HD_UC_/1.0",
            "AUDC-IPPhone-_UC_2.0.7.70/1.0",
            "AUDC-IPPhone-430HD/UC_2.0.7.70",
            "-IPPhone-",
        ] {
            assert_eq!(UserAgent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn length_is_capped() {
        let tail = "/1.0 (420HD; 00908F4867AF)";
        let longest = "x".repeat(MAX_USER_AGENT_BYTES - tail.len()) + tail;
        assert_eq!(UserAgent::parse(&longest), Some(agent(PhoneKind::Generic, "420HD", "1.0", Some(MAC))));
        assert_eq!(UserAgent::parse(&format!("x{longest}")), None);
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text: String) {
            let _ = UserAgent::parse(&text);
        }

        /// Law: what is read of a phone is plain, whatever stands around it.
        #[test]
        fn parts_are_plain(
            product in "\\PC{0,9}(-IPPhone-)?\\PC{0,6}(_UC_)?[0-9.é/]{0,9} ?",
            brackets in "(\\([0-9HDG-]{0,8}; ?(00908F4867AF)?\\)?)?\\PC{0,3}",
        ) {
            let text = product + &brackets;
            if let Some(agent) = UserAgent::parse(&text) {
                prop_assert!(!agent.model.is_empty());
                prop_assert!(agent.model.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
                prop_assert!(agent.version.is_empty() || is_version(&agent.version));
            }
        }
    }
}
