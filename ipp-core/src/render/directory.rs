//! The company directory as a file of its own: the LDAP lines that phones have in their private files
//! too, but for the password, for phones whose template lacks them (AMB-81, LDAP-28).

use crate::{
    placeholder::{Builtin, PlaceholderName, Value, resolve::system_value},
    settings::PhoneSettings,
    template::BUILTIN,
};

/// Its name.
pub const NAME: &str = "ldap_directory.cfg";

/// Its text; none where the directory is off.
pub fn text(settings: &PhoneSettings) -> Option<String> {
    if !settings.ldap.active {
        return None;
    }
    let template = BUILTIN.iter().find(|template| template.xml.contains(KEYS))?;
    let lines = template.xml.lines().filter(|line| line.starts_with(KEYS)).filter_map(|line| {
        let (key, token) = line.split_once('=')?;
        let name: PlaceholderName = token.trim().parse().ok()?;
        match system_value(Builtin::of(&name)?.system?, settings)? {
            Value::Plain(value) => Some(format!("{key}={value}\n")),
            // Phones that share a file share what is in it.
            Value::Secret(_) => None,
        }
    });
    Some(lines.collect())
}

/// Where the lines stand.
const KEYS: &str = "system/ldap/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Ldap;

    /// AMB-81, LDAP-28: the settings, without the password.
    #[test]
    fn amb_81_the_directory_is_a_file_of_its_own() {
        let off = PhoneSettings::default();
        assert_eq!(text(&off), None);
        let ldap =
            Ldap { active: true, server_address: "ldap.example.com".parse().unwrap(), ..Ldap::default() };
        let text = text(&PhoneSettings { ldap, ..off }).unwrap();
        assert!(
            text.starts_with("system/ldap/enabled=1\nsystem/ldap/server_address=ldap.example.com\n"),
            "{text}"
        );
        assert!(!text.contains("password") && !text.contains('%'), "{text}");
    }
}
