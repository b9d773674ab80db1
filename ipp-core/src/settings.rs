//! System settings (Table C-1 of the manual, appendix D, and section 6.1).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    log::LogLevel,
    outbound::{Certificates, CommandTable, ProxyTarget},
    text::{CfgLine, CfgValue, Host, UserName},
    vault::SealedValue,
};

/// Everything that is set once for the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What stands in the files of phones.
    pub phones: PhoneSettings,
    /// After how many minutes without a report a phone counts as disconnected (SYS-10); 1 to 10,080.
    pub disconnected_timeout_minutes: u32,
    /// After how many minutes without use a session in the console ends; 1 to 1,440.
    pub console_idle_minutes: u16,
    /// The option 160 file of phones that reach the server directly.
    pub option160: Option160,
    /// The option 160 file of phones behind the SBC HTTP proxy.
    pub proxy_option160: Option160,
    /// The account with which phones announce themselves; absent until an administrator makes it.
    pub announcer: Option<Announcer>,
    /// Bounds on unknown phones.
    pub announcements: AnnouncementLimits,
    /// Whether the option 160 files exist: from the first login, or an explicit call, on (DHCP-15).
    pub provisioning_initialised: bool,
    /// What the logs record, and how long they keep it.
    pub logs: LogSettings,
    /// How phones take commands.
    pub commands: CommandSettings,
}

/// The settings that stand in the files of phones. They are pinned with every publish, so that a
/// file never changes because the process was started with other options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneSettings {
    /// How phones reach this server.
    pub server: ServerAddress,
    /// The SBC HTTP proxy of regions whose phones are behind a NAT.
    pub proxy: Option<SbcProxy>,
    /// The language of the phones' screens.
    pub language: Language,
    /// The NTP server of non-Lync phones.
    pub ntp_server: Option<Host>,
    /// The offset from UTC that phones show time in, such as `+02:00`.
    pub time_zone: CfgValue,
    /// The number of the voice mail system; not for Lync (SYS-08).
    pub voice_mail_number: CfgValue,
    /// Whether non-Lync phones must use SRTP.
    pub require_srtp: bool,
    /// The outbound proxies that phones register through.
    pub redundancy: Redundancy,
    /// The company directory; not for Lync.
    pub ldap: Ldap,
    /// How often a phone reports, in minutes; 1 to 300 (AMB-33).
    pub keep_alive_minutes: u16,
}

impl Settings {
    /// The disconnected timeout as a duration.
    pub fn disconnected_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.disconnected_timeout_minutes) * 60)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            phones: PhoneSettings::default(),
            disconnected_timeout_minutes: 120,
            console_idle_minutes: 30,
            option160: Option160::default(),
            proxy_option160: Option160::default(),
            announcer: None,
            announcements: AnnouncementLimits::default(),
            provisioning_initialised: false,
            logs: LogSettings::default(),
            commands: CommandSettings::default(),
        }
    }
}

/// How phones, and the SBC HTTP proxy in front of some, take commands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommandSettings {
    /// How each family of phones takes each command. One that is as delivered is not written down, so that it
    /// follows what later versions know of phones.
    #[serde(skip_serializing_if = "CommandTable::is_builtin")]
    pub table: CommandTable,
    /// How the proxy is told which phone a command is for.
    pub proxy_target: ProxyTarget,
    /// Which certificates of the proxy are taken; until it is said, nothing is sent to it.
    pub proxy_certificates: Option<Certificates>,
}

/// What the logs record, and how long they keep it (LOG-17). The audit log is kept whole: it proves itself
/// from its first entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The activity log records lines of this level and of the more severe ones (AMB-82).
    pub level: LogLevel,
    /// How many lines of the activity log are kept; 1,000 to 1,000,000.
    pub activity_lines: u32,
    /// For how many days they are kept; 1 to 365.
    pub activity_days: u16,
    /// For how many days the events of phones are kept, of which there are 200 each; 1 to 365.
    pub device_event_days: u16,
    /// For how many days the hourly figures are kept; 1 to 365.
    pub sample_days: u16,
    /// For how many days it is kept what became of alarms; 1 to 365.
    pub alarm_days: u16,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: LogLevel::Verbose,
            activity_lines: 100_000,
            activity_days: 30,
            device_event_days: 90,
            sample_days: 35,
            alarm_days: 90,
        }
    }
}

impl Default for PhoneSettings {
    fn default() -> Self {
        Self {
            server: ServerAddress::default(),
            proxy: None,
            language: Language::English,
            ntp_server: None,
            time_zone: value("+00:00"),
            voice_mail_number: value("1000"),
            require_srtp: false,
            redundancy: Redundancy::default(),
            ldap: Ldap::default(),
            keep_alive_minutes: 60,
        }
    }
}

/// Where phones find this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerAddress {
    /// The domain name that phones use (SYS-04); recommended, because the server can then move.
    pub fqdn: Option<Host>,
    /// The address phones use when there is no name. Taken from the listener at first start.
    pub address: Option<Host>,
    /// The scheme of files: configuration and firmware.
    pub scheme: Scheme,
    /// The port of files over HTTP.
    pub http_port: u16,
    /// The port of files over HTTPS.
    pub https_port: u16,
    /// The port that phones report to over HTTP.
    pub rest_http_port: u16,
    /// The port that phones report to over HTTPS.
    pub rest_https_port: u16,
}

impl ServerAddress {
    /// The host that stands in URLs for phones; `None` until the server knows its own address.
    pub fn host(&self) -> Option<&Host> {
        self.fqdn.as_ref().or(self.address.as_ref())
    }

    /// Host and port of files; the port is left out where the scheme implies it.
    pub fn files_authority(&self) -> Option<String> {
        let (port, implied) = match self.scheme {
            Scheme::Http => (self.http_port, 80),
            Scheme::Https => (self.https_port, 443),
        };
        let host = self.host()?.in_url();
        Some(if port == implied { host } else { format!("{host}:{port}") })
    }

    /// The port that phones report to.
    pub const fn rest_port(&self) -> u16 {
        match self.scheme {
            Scheme::Http => self.rest_http_port,
            Scheme::Https => self.rest_https_port,
        }
    }
}

impl Default for ServerAddress {
    fn default() -> Self {
        Self {
            fqdn: None,
            address: None,
            scheme: Scheme::Http,
            http_port: 80,
            https_port: 443,
            rest_http_port: 8080,
            rest_https_port: 8081,
        }
    }
}

/// The scheme of the URLs that phones are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The SBC HTTP proxy in front of phones behind a NAT (section 1.4, AMB-40).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SbcProxy {
    /// The host that phones use.
    pub host: Host,
    /// The port that phones use.
    pub port: u16,
    /// The scheme that phones use.
    pub scheme: Scheme,
    /// The port on which the proxy takes commands from the server, always over HTTPS (PRT-08).
    pub command_port: u16,
}

/// The languages of the phones' screens, in the order of the manual (SYS-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is the language it names")]
pub enum Language {
    English,
    French,
    German,
    Hebrew,
    Italian,
    Polish,
    Portuguese,
    Russian,
    Spanish,
    Ukraine,
}

impl Language {
    /// All languages, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::English,
        Self::French,
        Self::German,
        Self::Hebrew,
        Self::Italian,
        Self::Polish,
        Self::Portuguese,
        Self::Russian,
        Self::Spanish,
        Self::Ukraine,
    ];

    /// The name as phones know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "French",
            Self::German => "German",
            Self::Hebrew => "Hebrew",
            Self::Italian => "Italian",
            Self::Polish => "Polish",
            Self::Portuguese => "Portuguese",
            Self::Russian => "Russian",
            Self::Spanish => "Spanish",
            Self::Ukraine => "Ukraine",
        }
    }
}

/// The outbound proxies (SYS-13 to SYS-16).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redundancy {
    /// The primary PBX or Lync server; without a backup the only outbound proxy (AMB-86).
    pub primary: Option<Host>,
    /// The server that takes over; set only in mode *Primary/Backup*.
    pub backup: Option<Host>,
}

/// The company directory (Table D-1). Defaults are those of AMB-90.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the parameter of the same name in Table D-1")]
pub struct Ldap {
    pub active: bool,
    pub server_address: CfgValue,
    pub port: u16,
    pub user_name: CfgValue,
    pub password: Option<SealedValue>,
    pub base: CfgValue,
    pub name_filter: CfgValue,
    pub name_attributes: CfgValue,
    pub number_filter: CfgValue,
    pub number_attributes: CfgValue,
    pub display_name: CfgValue,
    /// 1 to 1000.
    pub max_hits: u16,
    pub country_code: CfgValue,
    pub area_code: CfgValue,
    pub sort_result: bool,
    /// Seconds.
    pub search_timeout: u16,
    /// Whether the caller's name is looked up (AMB-89).
    pub call_lookup: bool,
}

impl Default for Ldap {
    fn default() -> Self {
        Self {
            active: false,
            server_address: CfgValue::EMPTY,
            port: 389,
            user_name: CfgValue::EMPTY,
            password: None,
            base: CfgValue::EMPTY,
            name_filter: CfgValue::EMPTY,
            name_attributes: CfgValue::EMPTY,
            number_filter: CfgValue::EMPTY,
            number_attributes: CfgValue::EMPTY,
            display_name: CfgValue::EMPTY,
            max_hits: 50,
            country_code: CfgValue::EMPTY,
            area_code: CfgValue::EMPTY,
            sort_result: true,
            search_timeout: 5,
            call_lookup: false,
        }
    }
}

/// What an administrator changed in an option 160 file (Table A-1 of section 6.1.1). A field that
/// is not set keeps following the server's own address and settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Option160 {
    /// *Provisioning URL*: where phones report to.
    pub provisioning_url: Option<CfgValue>,
    /// *Provisioning Method*; anything but `STATIC` makes phones restart again and again (DHCP-29).
    pub method: Option<CfgValue>,
    /// *Provisioning Configuration URL*.
    pub configuration_url: Option<CfgValue>,
    /// *Provisioning Firmware URL*.
    pub firmware_url: Option<CfgValue>,
    /// Further lines, added as they stand (DHCP-36, appendix E).
    pub lines: Vec<CfgLine>,
}

/// The account `system` (chapter 3): all it can do is announce a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcer {
    /// The account's name.
    pub name: UserName,
    /// Its password.
    pub password: SealedValue,
}

/// Bounds on phones that nobody has approved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnnouncementLimits {
    /// New MAC addresses from one source address in an hour.
    pub per_source_and_hour: u32,
    /// The same for the addresses of a configured proxy.
    pub per_proxy_and_hour: u32,
    /// Pending phones in all; beyond it the longest silent are forgotten.
    pub pending: u32,
}

impl Default for AnnouncementLimits {
    fn default() -> Self {
        Self { per_source_and_hour: 32, per_proxy_and_hour: 2_000, pending: 10_000 }
    }
}

fn value(text: &str) -> CfgValue {
    text.parse().unwrap_or(CfgValue::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_manual() {
        let settings = Settings::default();
        assert_eq!(settings.disconnected_timeout(), Duration::from_hours(2), "SYS-10");
        let phones = &settings.phones;
        assert_eq!(phones.voice_mail_number.as_str(), "1000", "SYS-08");
        assert_eq!(phones.language, Language::ALL[0], "SYS-05");
        assert_eq!(phones.keep_alive_minutes, 60, "DHCP-27");
        let server = &phones.server;
        let ports = (server.http_port, server.https_port, server.rest_http_port, server.rest_https_port);
        assert_eq!(ports, (80, 443, 8080, 8081), "PRT-05");
    }

    #[test]
    fn sys_04_the_name_wins_over_the_address() {
        let mut server =
            ServerAddress { address: Some("10.0.0.1".parse().unwrap()), ..ServerAddress::default() };
        assert_eq!(server.files_authority().unwrap(), "10.0.0.1");
        server.fqdn = Some("phones.example.com".parse().unwrap());
        server.http_port = 8800;
        assert_eq!(server.files_authority().unwrap(), "phones.example.com:8800");
        server.scheme = Scheme::Https;
        assert_eq!(
            (server.files_authority().unwrap().as_str(), server.rest_port()),
            ("phones.example.com", 8081)
        );
    }

    #[test]
    fn settings_survive_storage() {
        let text = serde_json::to_string(&Settings::default()).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), Settings::default());
    }
}
