//! The placeholders that the product itself gives a value: one table.

use super::PlaceholderName;

/// A placeholder that every installation knows.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its bare name.
    pub name: &'static str,
    /// What it stands for.
    pub meaning: &'static str,
    /// The system setting that gives it a value.
    pub system: Option<SystemFact>,
    /// The fact of the phone or its user that gives it a value.
    pub phone: Option<PhoneFact>,
    /// The value where nothing gives it one.
    pub default: Option<&'static str>,
    /// Which kind of phone it is for.
    pub applies: Applies,
    /// Who may give it another value.
    pub settable: Settable,
    /// Whether its value is a secret.
    pub secret: bool,
}

/// Which kind of phone a placeholder is for (SYS-03, AMB-85).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// All phones.
    All,
    /// Phones of third-party SIP servers only.
    GenericOnly,
}

/// Who may set a placeholder at model, region or device scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settable {
    /// Operators, for their regions, and administrators.
    Operators,
    /// Administrators only: the value redirects trust.
    Administrators,
    /// Nobody: it follows from facts.
    Nobody,
}

/// A value that follows from the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is named after the setting it reads")]
pub enum SystemFact {
    Scheme,
    FilesAuthority,
    RestHost,
    RestPort,
    KeepAlive,
    Language,
    NtpServer,
    TimeZone,
    VoiceMail,
    Srtp,
    OutboundProxy,
    OutboundProxyEnable,
    BackupProxy,
    BackupProxyEnable,
    LdapActive,
    LdapServer,
    LdapPort,
    LdapUser,
    LdapPassword,
    LdapBase,
    LdapNameFilter,
    LdapNameAttributes,
    LdapNumberFilter,
    LdapNumberAttributes,
    LdapDisplayName,
    LdapMaxHits,
    LdapCountryCode,
    LdapAreaCode,
    LdapSortResult,
    LdapSearchTimeout,
    LdapCallLookup,
}

/// A value that follows from the phone or its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is named after the fact it reads")]
pub enum PhoneFact {
    Mac,
    DisplayName,
    VlanMode,
    VlanId,
    VlanPriority,
    Language,
    Firmware,
    RestUserName,
    RestPassword,
    UserName,
    UserPassword,
}

impl Builtin {
    /// The built-in placeholder of that name.
    pub fn of(name: &PlaceholderName) -> Option<&'static Self> {
        BUILTIN.iter().find(|builtin| builtin.name == name.as_str())
    }
}

const fn plain(name: &'static str, default: &'static str, meaning: &'static str) -> Builtin {
    Builtin {
        name,
        meaning,
        system: None,
        phone: None,
        default: Some(default),
        applies: Applies::All,
        settable: Settable::Operators,
        secret: false,
    }
}

const fn setting(name: &'static str, fact: SystemFact, meaning: &'static str) -> Builtin {
    Builtin { system: Some(fact), default: None, ..plain(name, "", meaning) }
}

const fn generic(builtin: Builtin) -> Builtin {
    Builtin { applies: Applies::GenericOnly, ..builtin }
}

const fn server(name: &'static str, fact: SystemFact, meaning: &'static str) -> Builtin {
    Builtin { settable: Settable::Nobody, ..setting(name, fact, meaning) }
}

const fn phone(name: &'static str, fact: PhoneFact, meaning: &'static str) -> Builtin {
    Builtin { phone: Some(fact), default: None, settable: Settable::Nobody, ..plain(name, "", meaning) }
}

const fn open(builtin: Builtin) -> Builtin {
    Builtin { default: Some(""), settable: Settable::Operators, ..builtin }
}

const fn secret(builtin: Builtin) -> Builtin {
    Builtin { secret: true, ..builtin }
}

const fn admin(builtin: Builtin) -> Builtin {
    Builtin { settable: Settable::Administrators, ..builtin }
}

/// All built-in placeholders, by subject. Names are those of the vendor's templates, so that these
/// import unchanged; `RESTUserName`, `RESTPassword` and `KeepAlivePeriod` are for our own.
pub const BUILTIN: &[Builtin] = &[
    phone("mac", PhoneFact::Mac, "MAC address of the phone, twelve lower-case digits"),
    plain("destination", "", "Folder of the file on the vendor's server; has no meaning here"),
    admin(open(phone(
        "FirmwareFile",
        PhoneFact::Firmware,
        "Firmware file: the device's, else the region's, else the model's default",
    ))),
    // The way back to this server.
    server("HTTP_OR_S", SystemFact::Scheme, "Scheme of the URLs that lead back to this server"),
    server(
        "ServerIP",
        SystemFact::FilesAuthority,
        "Host of this server, with the port where the scheme does not imply it",
    ),
    server(
        "HTTP_PROXY_IP",
        SystemFact::RestHost,
        "Host that phones report to: this server, or the SBC HTTP proxy of the region",
    ),
    server("HTTP_PROXY_PORT", SystemFact::RestPort, "Port that phones report to"),
    setting("KeepAlivePeriod", SystemFact::KeepAlive, "Minutes between two reports of a phone, 1 to 300"),
    // The phone's own credentials for its reports.
    phone("RESTUserName", PhoneFact::RestUserName, "The phone's own name in its reports"),
    secret(phone("RESTPassword", PhoneFact::RestPassword, "The phone's own password in its reports")),
    // User and line.
    phone("Line1Id", PhoneFact::UserName, "Number or name of line 1: the user name"),
    phone("Line1AuthName", PhoneFact::UserName, "Name with which line 1 registers: the user name"),
    secret(phone("Line1AuthPassword", PhoneFact::UserPassword, "Password with which line 1 registers")),
    phone("DisplayName", PhoneFact::DisplayName, "Name shown on the phone: the device's, else the user's"),
    // Device.
    open(phone(
        "VLANMode",
        PhoneFact::VlanMode,
        "VLAN discovery: Disable, Manual, CDP, LLDP, CDP_LLDP; empty leaves it to the phone",
    )),
    Builtin { default: Some("0"), ..open(phone("VLANID", PhoneFact::VlanId, "VLAN id, 0 to 4095")) },
    Builtin {
        default: Some("0"),
        ..open(phone("VLANPriority", PhoneFact::VlanPriority, "VLAN priority, 0 to 7"))
    },
    Builtin {
        phone: Some(PhoneFact::Language),
        ..setting("Language", SystemFact::Language, "Language of the phone's screen")
    },
    admin(plain("IPPhoneUsername", "admin", "User name of the phone's own web page")),
    // No default: a phone whose file does not mention the password keeps the one it has.
    Builtin {
        default: None,
        ..secret(admin(plain("IPPhonePassword", "", "Password of the phone's own web page")))
    },
    // Time.
    setting("TimeZoneLocation", SystemFact::TimeZone, "Offset from UTC of the phone's clock, such as +02:00"),
    plain("TimeZoneName", "", "Name of the time zone"),
    generic(setting("Primary_NTP", SystemFact::NtpServer, "NTP server")),
    plain("DayLightSwitch", "FIXED", "How daylight saving days are given: FIXED or DayOfWeek"),
    plain("DayLightActivate", "Disable", "Daylight saving: Enable or Disable"),
    plain("DayLightStartDay", "1", "Day of the month on which daylight saving begins"),
    plain("DayLightStartMonth", "1", "Month in which daylight saving begins"),
    plain("DayLightEndDay", "1", "Day of the month on which daylight saving ends"),
    plain("DayLightEndMonth", "1", "Month in which daylight saving ends"),
    // SIP.
    admin(plain("Proxy_address", "0.0.0.0", "SIP proxy")),
    admin(plain("Proxy_gateway", "", "Gateway name of the SIP proxy")),
    admin(plain("Proxy_port", "5060", "Port of the SIP proxy")),
    admin(setting("Outbound_proxy", SystemFact::OutboundProxy, "Outbound proxy: the primary server")),
    admin(plain("Outbound_proxy_port", "5060", "Port of the outbound proxy")),
    admin(setting(
        "Outbound_proxy_enable",
        SystemFact::OutboundProxyEnable,
        "1 where there is an outbound proxy",
    )),
    admin(setting(
        "Redundant_outbound_proxy",
        SystemFact::BackupProxy,
        "Outbound proxy that takes over: the backup server",
    )),
    admin(setting(
        "Redundant_outbound_proxy_enable",
        SystemFact::BackupProxyEnable,
        "1 where there is a backup server",
    )),
    plain("SipDigitMap", "", "Digit map"),
    generic(setting("SRTP", SystemFact::Srtp, "1 where phones must use SRTP")),
    generic(setting("MwiVmNumber", SystemFact::VoiceMail, "Number of the voice mail system")),
    // Company directory.
    generic(setting("LDAPActive", SystemFact::LdapActive, "1 where the company directory is on")),
    generic(setting("LDAPServerAddress", SystemFact::LdapServer, "LDAP server")),
    generic(setting("LDAPPort", SystemFact::LdapPort, "Port of the LDAP server")),
    generic(setting("LDAPUserName", SystemFact::LdapUser, "Account of LDAP searches")),
    secret(generic(setting("LDAPPassword", SystemFact::LdapPassword, "Password of LDAP searches"))),
    generic(setting("LDAPBase", SystemFact::LdapBase, "Access point in the LDAP tree")),
    generic(setting(
        "LDAPNameFilter",
        SystemFact::LdapNameFilter,
        "Filter of name searches; % stands for what was typed",
    )),
    generic(setting("LDAPNameAttributes", SystemFact::LdapNameAttributes, "Name attributes of a result")),
    generic(setting("LDAPNumberFilter", SystemFact::LdapNumberFilter, "Filter of number searches")),
    generic(setting(
        "LDAPNumberAttributes",
        SystemFact::LdapNumberAttributes,
        "Number attributes of a result",
    )),
    generic(setting(
        "LDAPDisplayName",
        SystemFact::LdapDisplayName,
        "How a result's name is shown, such as %sn, %givenName",
    )),
    generic(setting("LDAPMaxHits", SystemFact::LdapMaxHits, "Largest number of results, 1 to 1000")),
    generic(setting("LDAPCountryCode", SystemFact::LdapCountryCode, "Country code put before numbers")),
    generic(setting("LDAPAreaCode", SystemFact::LdapAreaCode, "Area code put before numbers")),
    generic(setting("LDAPSortResult", SystemFact::LdapSortResult, "1 where results are sorted")),
    generic(setting("LDAPSearchTimeout", SystemFact::LdapSearchTimeout, "Seconds a search may take")),
    generic(setting("LDAPCallLookup", SystemFact::LdapCallLookup, "1 where the caller's name is looked up")),
    plain("Version", "", "Version of the configuration, for people to read"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_well_formed_and_unique() {
        let names: BTreeSet<PlaceholderName> = BUILTIN.iter().map(|row| row.name.parse().unwrap()).collect();
        assert_eq!(names.len(), BUILTIN.len());
        for name in names {
            assert_eq!(Builtin::of(&name).map(|row| row.name), Some(name.as_str()));
        }
    }

    #[test]
    fn every_placeholder_has_a_meaning_and_a_source() {
        for row in BUILTIN {
            assert!(!row.meaning.is_empty(), "{}", row.name);
            let sourced = row.default.is_some() || row.system.is_some() || row.phone.is_some();
            assert!(sourced || row.secret, "{}", row.name);
        }
    }
}
