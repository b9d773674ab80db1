//! The phone's configuration: the `key=value` file it reads and the settings it keeps.

use std::collections::BTreeMap;

/// What a phone knows, by parameter path. A key that a file does not mention keeps its value.
pub type Settings = BTreeMap<String, String>;

/// Largest file a phone accepts.
pub const MAX_FILE: usize = 1024 * 1024;

/// Parameters that drive a phone of this kind.
pub(super) mod key {
    pub(in crate::fleet) const KEEP_ALIVE_PERIOD: &str = "ems_server/keep_alive_period";
    pub(in crate::fleet) const EMS_URL: &str = "ems_server/provisioning/url";
    pub(in crate::fleet) const EMS_USER: &str = "ems_server/user_name";
    pub(in crate::fleet) const EMS_PASSWORD: &str = "ems_server/user_password";
    pub(in crate::fleet) const METHOD: &str = "provisioning/method";
    pub(in crate::fleet) const CONFIG_URL: &str = "provisioning/configuration/url";
    pub(in crate::fleet) const FIRMWARE_URL: &str = "provisioning/firmware/url";
    pub(in crate::fleet) const PERIOD_TYPE: &str = "provisioning/period/type";
    pub(in crate::fleet) const HOURS_INTERVAL: &str = "provisioning/period/hourly/hours_interval";
    pub(in crate::fleet) const RANDOM_TIME: &str = "provisioning/random_provisioning_time";
    pub(in crate::fleet) const LINE_ID: &str = "voip/line/0/id";
    pub(in crate::fleet) const LINE_DISPLAY: &str = "voip/line/0/extension_display";
    pub(in crate::fleet) const KEY_LABEL: &str = "personal_settings/functional_key/12/key_label";
    pub(in crate::fleet) const SIP_PROXY: &str = "voip/signalling/sip/proxy_address";
    pub(in crate::fleet) const VLAN_ID: &str = "network/lan/vlan/id";
    pub(in crate::fleet) const TYPE: &str = "system/type";
}

/// One meaningful line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// `key=value`.
    Set {
        /// Parameter path.
        key: &'a str,
        /// Rest of the line, possibly empty.
        value: &'a str,
    },
    /// `include <name or address>`.
    Include(&'a str),
}

/// The lines of a file in order; comments, blank lines and lines without meaning are skipped, as
/// the phone skips them.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.trim_start_matches('\u{feff}').lines().filter_map(line)
}

/// Whether a key belongs to the few that drive the phone itself.
pub(super) fn is_essential(name: &str) -> bool {
    name.starts_with("ems_server/")
        || name.starts_with("provisioning/")
        || [key::LINE_ID, key::LINE_DISPLAY, key::KEY_LABEL, key::SIP_PROXY, key::VLAN_ID, key::TYPE]
            .contains(&name)
}

fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    if text.is_empty() || text.starts_with([';', '#']) {
        return None;
    }
    if let Some(rest) = text.strip_prefix("include").filter(|rest| rest.starts_with([' ', '\t'])) {
        let reference = rest.trim();
        return (!reference.starts_with('=')).then_some(Line::Include(reference));
    }
    let (key, value) = text.split_once('=')?;
    let key = key.trim_end();
    (!key.is_empty()).then_some(Line::Set { key, value: value.trim_start() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_seen_in_the_field() {
        let text = "\u{feff}; comment\r\n# other\n\ninclude global.cfg\nincludes=1\na/b = 1 \nsystem/pin==x=\n\
                    empty=\n;a/b=2\nnonsense\n=lost\ninclude\thttps://h/x.cfg\n";
        let read: Vec<_> = lines(text).collect();
        assert_eq!(
            read,
            [
                Line::Include("global.cfg"),
                Line::Set { key: "includes", value: "1" },
                Line::Set { key: "a/b", value: "1" },
                Line::Set { key: "system/pin", value: "=x=" },
                Line::Set { key: "empty", value: "" },
                Line::Include("https://h/x.cfg"),
            ]
        );
    }

    #[test]
    fn essential_keys_are_the_ones_the_phone_acts_on() {
        assert!(is_essential("ems_server/provisioning/url"));
        assert!(is_essential(key::LINE_ID));
        assert!(!is_essential("system/ldap/name_filter"));
    }
}
