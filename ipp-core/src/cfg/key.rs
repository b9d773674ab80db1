//! What the key of a line says about its value.

/// Whether the value is a secret: passwords, shared secrets and PINs.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let last = key.rsplit('/').next().unwrap_or_default();
    ["password", "passwd", "passphrase", "secret"].iter().any(|word| last.contains(word))
        || matches!(last, "pin" | "pin_code" | "psk" | "community")
}

/// Whether the value decides whom the phone trusts: where it gets its files and software, where it
/// registers, who may administer it, and which certificates it believes (A12).
pub fn redirects_trust(key: &str) -> bool {
    const ROOMS: [&str; 5] =
        ["provisioning/", "ems_server/", "security/", "management/", "system/action_url/"];
    const NAMES: [&str; 4] =
        ["system/user_name", "system/password", "system/web_user_name", "system/web_user_password"];
    const WORDS: [&str; 7] =
        ["proxy", "registrar", "certificate", "_url", "_uri", "802_1x", "server_address"];
    let key = key.to_ascii_lowercase();
    ROOMS.iter().any(|room| key.starts_with(room))
        || NAMES.contains(&key.as_str())
        || WORDS.iter().any(|word| key.contains(word))
        || key.ends_with("/url")
        || key.ends_with("/uri")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_keys() {
        for key in [
            "system/password",
            "voip/line/0/auth_password",
            "ems_server/user_password",
            "network/lan/_802_1x/private_key_password",
            "SYSTEM/LDAP/Password",
            "lync/sign_in/pin",
        ] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["system/user_name", "voip/line/0/id", "lync/sign_in/method", "security/pinning/enabled"] {
            assert!(!is_secret(key), "{key}");
        }
    }

    /// A12: what makes whoever sets it the owner of the phone.
    #[test]
    fn keys_that_redirect_trust_are_known() {
        for key in [
            "provisioning/configuration/url",
            "ems_server/provisioning/url",
            "voip/signalling/sip/proxy_address",
            "voip/signalling/sip/sip_outbound_proxy/addr",
            "security/ca_certificate/0/uri",
            "system/password",
            "System/LDAP/server_address",
            "network/lan/_802_1x/mode",
        ] {
            assert!(redirects_trust(key), "{key}");
        }
        for key in ["voip/line/0/id", "personal_settings/language", "system/ntp/date_display_format"] {
            assert!(!redirects_trust(key), "{key}");
        }
    }
}
