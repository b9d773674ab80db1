//! The templates that a fresh installation has (TPL-17).
//!
//! They are our own, in the vendor's format. The global part holds what is equal for all phones of
//! a template; the private part holds what names a device, a user or a secret, and every URL that
//! leads back to the server, because each phone gets its own token in those. Templates for Lync
//! have none of the settings that a Lync server brings itself: time servers, voice mail, SRTP and
//! LDAP (SYS-03, SYS-08, LDAP-01, AMB-85).

/// A template that cannot be deleted and can always be restored (TPL-36, TPL-45).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinTemplate {
    /// A stable name for storage and URLs, such as `430HD_LYNC`.
    pub key: &'static str,
    /// The name in lists, which is also the template's description, such as `AudioCodes 430HD Lync`.
    pub title: &'static str,
    /// The template file, in UTF-8; its bytes are the factory text.
    pub xml: &'static str,
}

/// The built-in templates in the order of lists. The 405 has none for Lync (TPL-18).
pub const BUILTIN: [BuiltinTemplate; 7] = [
    BuiltinTemplate { key: "405", title: "AudioCodes 405", xml: include_str!("builtin/405.xml") },
    BuiltinTemplate { key: "420HD", title: "AudioCodes 420HD", xml: include_str!("builtin/420HD.xml") },
    BuiltinTemplate { key: "430HD", title: "AudioCodes 430HD", xml: include_str!("builtin/430HD.xml") },
    BuiltinTemplate { key: "440HD", title: "AudioCodes 440HD", xml: include_str!("builtin/440HD.xml") },
    BuiltinTemplate {
        key: "420HD_LYNC",
        title: "AudioCodes 420HD Lync",
        xml: include_str!("builtin/420HD_LYNC.xml"),
    },
    BuiltinTemplate {
        key: "430HD_LYNC",
        title: "AudioCodes 430HD Lync",
        xml: include_str!("builtin/430HD_LYNC.xml"),
    },
    BuiltinTemplate {
        key: "440HD_LYNC",
        title: "AudioCodes 440HD Lync",
        xml: include_str!("builtin/440HD_LYNC.xml"),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::template::document::TemplateDocument;

    /// Placeholders of system, model or region scope, which the global part may use.
    const SHARED: &[&str] = &[
        "KeepAlivePeriod",
        "Outbound_proxy",
        "Outbound_proxy_enable",
        "Outbound_proxy_port",
        "Primary_NTP",
        "Proxy_address",
        "Proxy_gateway",
        "Proxy_port",
        "Redundant_outbound_proxy",
        "Redundant_outbound_proxy_enable",
        "SRTP",
        "SipDigitMap",
        "TimeZoneLocation",
        "MwiVmNumber",
    ];

    /// Placeholders that only the private part may use: of a device or a user, secret, or part of a URL that
    /// leads back to the server.
    const PRIVATE: &[&str] = &[
        "DisplayName",
        "FirmwareFile",
        "HTTP_OR_S",
        "HTTP_PROXY_IP",
        "HTTP_PROXY_PORT",
        "IPPhonePassword",
        "IPPhoneUsername",
        "LDAPActive",
        "LDAPAreaCode",
        "LDAPBase",
        "LDAPCallLookup",
        "LDAPCountryCode",
        "LDAPDisplayName",
        "LDAPMaxHits",
        "LDAPNameAttributes",
        "LDAPNameFilter",
        "LDAPNumberAttributes",
        "LDAPNumberFilter",
        "LDAPPassword",
        "LDAPPort",
        "LDAPSearchTimeout",
        "LDAPServerAddress",
        "LDAPSortResult",
        "LDAPUserName",
        "Language",
        "Line1AuthName",
        "Line1AuthPassword",
        "Line1Id",
        "RESTPassword",
        "RESTUserName",
        "ServerIP",
        "VLANID",
        "VLANMode",
        "VLANPriority",
    ];

    fn documents() -> impl Iterator<Item = (BuiltinTemplate, TemplateDocument)> {
        BUILTIN.into_iter().map(|builtin| {
            let document = TemplateDocument::parse(builtin.xml.as_bytes());
            (builtin, document.unwrap_or_else(|error| panic!("{}: {error}", builtin.key)))
        })
    }

    /// The parameters of both parts, without the `include` line.
    fn parameters(document: &TemplateDocument) -> Vec<(&str, &str)> {
        let lines = document.files().iter().flat_map(|file| file.data.lines());
        lines.filter(|line| !line.starts_with("include ")).map(|line| line.split_once('=').unwrap()).collect()
    }

    fn placeholders(data: &str) -> BTreeSet<&str> {
        data.split("%ITCS_").skip(1).map(|rest| rest.split_once('%').unwrap().0).collect()
    }

    fn is_lync(builtin: &BuiltinTemplate) -> bool {
        builtin.key.ends_with("_LYNC")
    }

    #[test]
    fn tpl_17_tpl_18_exactly_seven_templates_are_built_in() {
        let titles: Vec<_> = BUILTIN.iter().map(|builtin| builtin.title).collect();
        assert_eq!(
            titles,
            [
                "AudioCodes 405",
                "AudioCodes 420HD",
                "AudioCodes 430HD",
                "AudioCodes 440HD",
                "AudioCodes 420HD Lync",
                "AudioCodes 430HD Lync",
                "AudioCodes 440HD Lync",
            ]
        );
        for (builtin, document) in documents() {
            assert_eq!(document.description(), builtin.title);
            assert_eq!(document.model_type(), format!("audiocodes_{}", builtin.key));
        }
    }

    #[test]
    fn amb_16_they_are_in_the_vendors_form() {
        for (builtin, document) in documents() {
            assert_eq!(document.bytes(), builtin.xml.as_bytes());
            assert_eq!(TemplateDocument::from_parts(&document.parts()).unwrap(), document, "{}", builtin.key);
        }
    }

    #[test]
    fn tpl_34_the_private_part_includes_the_global_file() {
        for (builtin, document) in documents() {
            let (model, kind) = match builtin.key.strip_suffix("_LYNC") {
                Some(model) => (model, "LYNC"),
                None => (builtin.key, "GENERIC"),
            };
            let name = format!("Audiocodes_{model}_global_{kind}.cfg");
            assert_eq!(document.global().unwrap().name, name);
            assert_eq!(document.private().data.lines().next(), Some(&*format!("include {name}")));
            assert_eq!(document.private().name, "%ITCS_mac%.cfg");
        }
    }

    #[test]
    fn tpl_29_tpl_31_the_global_part_is_free_of_device_user_and_secret_values() {
        for (builtin, document) in documents() {
            let global = &document.global().unwrap().data;
            for name in placeholders(global) {
                assert!(SHARED.contains(&name), "{}: {name} in the global part", builtin.key);
            }
            for name in placeholders(&document.private().data) {
                assert!(PRIVATE.contains(&name), "{}: {name} in the private part", builtin.key);
            }
            assert!(!global.contains("://"), "{}: a URL in the global part", builtin.key);
        }
    }

    #[test]
    fn syu_06_each_phone_has_its_own_way_back_to_the_server() {
        for (_, document) in documents() {
            let private = &document.private().data;
            for line in [
                "ems_server/provisioning/url=%ITCS_HTTP_OR_S%://%ITCS_HTTP_PROXY_IP%:%ITCS_HTTP_PROXY_PORT%/",
                "provisioning/configuration/url=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/configfiles/",
                "provisioning/firmware/url=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/firmwarefiles/%ITCS_FirmwareFile%",
                "ems_server/user_name=%ITCS_RESTUserName%",
                "ems_server/user_password=%ITCS_RESTPassword%",
                "network/lan/vlan/mode=%ITCS_VLANMode%",
            ] {
                assert!(private.lines().any(|found| found == line), "{line}");
            }
            let end = "\nzzz0_daylight_cfg=ENABLE\nzzz1_tenant_cfg=ENABLE\nzzz2_site_cfg=ENABLE\nzzz3_user_cfg=ENABLE";
            assert!(private.ends_with(end));
        }
    }

    #[test]
    fn amb_85_ldap_01_sys_08_lync_templates_leave_out_what_the_server_brings() {
        for (builtin, document) in documents() {
            let keys: Vec<_> = parameters(&document).into_iter().map(|(key, _)| key).collect();
            for part in ["/ntp/", "/ldap/", "srtp", "voice_mail", "voicemail", "msg_waiting", "voip/line/"] {
                let found = keys.iter().any(|key| key.contains(part));
                // No template of ours has the Lync server's own voice mail keys.
                let expected = !is_lync(&builtin) && part != "voicemail";
                assert_eq!(found, expected, "{}: {part}", builtin.key);
            }
            assert_eq!(keys.iter().any(|key| key.starts_with("lync/")), is_lync(&builtin), "{}", builtin.key);
        }
    }

    #[test]
    fn each_generic_template_has_the_lines_of_its_model() {
        for (builtin, document) in documents().filter(|(builtin, _)| !is_lync(builtin)) {
            let lines: BTreeSet<_> = parameters(&document)
                .into_iter()
                .filter_map(|(key, value)| {
                    let line = key.strip_prefix("voip/line/")?.strip_suffix("/description")?;
                    assert_eq!(value, builtin.key);
                    Some(line)
                })
                .collect();
            let count = if ["405", "420HD"].contains(&builtin.key) { 2 } else { 6 };
            assert_eq!(lines, ["0", "1", "2", "3", "4", "5"].into_iter().take(count).collect());
        }
    }

    #[test]
    fn every_parameter_stands_once() {
        for (builtin, document) in documents() {
            let parameters = parameters(&document);
            let keys: BTreeSet<_> = parameters.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys.len(), parameters.len(), "{}", builtin.key);
            assert!(!keys.contains("system/type"));
            assert!((60..=124).contains(&keys.len()), "{}: {}", builtin.key, keys.len());
        }
    }
}
