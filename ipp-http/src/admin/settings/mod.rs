//! System settings.

pub(crate) mod commands;
pub(crate) mod get;
pub(crate) mod ldap;
mod logs;
pub(crate) mod update;

use ipp_core::{
    app::{
        AppError,
        admin::{Admin, settings::SettingsWarning},
    },
    settings::{AnnouncementLimits, Announcer, Language, SbcProxy, Scheme, Settings},
    store::AnyStore,
    vault::SecretText,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::logs::{LogsDocument, LogsEdit};
use super::{
    Warning,
    endpoint::{Member, parse, required},
    word,
};
use crate::problem::Problem;

/// The system settings, without the company directory and the option 160 files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsDocument {
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// The domain name that phones use; recommended, because the server can then move.
    server_fqdn: Option<String>,
    /// The address that phones use where there is no name; follows the server.
    server_address: Option<String>,
    /// The scheme of the URLs that phones are given: `http` or `https`.
    scheme: String,
    /// The port of files over HTTP; follows the server.
    http_port: u16,
    /// The port of files over HTTPS; follows the server.
    https_port: u16,
    /// The port that phones report to over HTTP; follows the server.
    rest_http_port: u16,
    /// The port that phones report to over HTTPS; follows the server.
    rest_https_port: u16,
    /// The SBC HTTP proxy; mandatory for phones behind a NAT.
    proxy: Option<ProxyDocument>,
    /// The language of the phones' screens.
    language: &'static str,
    /// The languages that there are.
    languages: Vec<&'static str>,
    /// The NTP server; not for Lync.
    ntp_server: Option<String>,
    /// The offset from UTC, such as `+02:00`.
    time_zone: String,
    /// The number of the voice mail system; not for Lync.
    voice_mail_number: String,
    /// Whether phones must use SRTP; not for Lync.
    require_srtp: bool,
    /// `none`, or `primary_backup` where there is a backup.
    redundant_mode: &'static str,
    /// The outbound proxy that phones register through.
    primary: Option<String>,
    /// The one that takes over.
    backup: Option<String>,
    /// How often a phone reports, in minutes.
    keep_alive_minutes: u16,
    /// After how many minutes of silence a phone counts as disconnected.
    disconnected_timeout_minutes: u32,
    /// After how many minutes without use a session ends.
    console_idle_minutes: u16,
    /// The account with which phones announce themselves.
    announcer: Option<AnnouncerDocument>,
    /// Bounds on unknown phones.
    announcements: LimitsDocument,
    /// Whether the option 160 files exist yet.
    provisioning_initialised: bool,
    /// What the logs record, and how long they keep it.
    logs: LogsDocument,
    /// What an administrator should know about these settings.
    warnings: Vec<Warning>,
}

/// The SBC HTTP proxy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProxyDocument {
    /// The host that phones use.
    host: String,
    /// The port that phones use.
    port: u16,
    /// The scheme that phones use: `http`, or `https`, which is recommended.
    #[schema(value_type = String)]
    scheme: Scheme,
    /// The port on which the proxy takes commands from this server, always over HTTPS.
    #[serde(default = "command_port")]
    command_port: u16,
}

const fn command_port() -> u16 {
    5001
}

/// The announcing account.
#[derive(Debug, Serialize, ToSchema)]
struct AnnouncerDocument {
    /// Its name.
    name: String,
    /// Always `set`: the password is never shown.
    password: &'static str,
}

/// Bounds on unknown phones.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitsDocument {
    /// New MAC addresses from one source address in an hour.
    per_source_and_hour: u32,
    /// The same for the addresses of a configured proxy.
    per_proxy_and_hour: u32,
    /// Pending phones in all.
    pending: u32,
}

impl SettingsDocument {
    fn of(admin: &Admin<'_, AnyStore>) -> Result<Self, AppError> {
        let row = admin.settings()?;
        let Settings {
            phones,
            disconnected_timeout_minutes,
            console_idle_minutes,
            announcer,
            announcements,
            provisioning_initialised,
            logs,
            option160: _,
            proxy_option160: _,
            commands: _,
        } = row.value;
        let AnnouncementLimits { per_source_and_hour, per_proxy_and_hour, pending } = announcements;
        let (server, redundancy) = (&phones.server, &phones.redundancy);
        let text = |host: &Option<ipp_core::text::Host>| host.as_ref().map(ToString::to_string);
        Ok(Self {
            revision: row.revision.0,
            server_fqdn: text(&server.fqdn),
            server_address: text(&server.address),
            scheme: word(server.scheme),
            http_port: server.http_port,
            https_port: server.https_port,
            rest_http_port: server.rest_http_port,
            rest_https_port: server.rest_https_port,
            proxy: phones.proxy.as_ref().map(|proxy| ProxyDocument {
                host: proxy.host.to_string(),
                port: proxy.port,
                scheme: proxy.scheme,
                command_port: proxy.command_port,
            }),
            language: phones.language.as_str(),
            languages: Language::ALL.iter().map(|language| language.as_str()).collect(),
            ntp_server: text(&phones.ntp_server),
            time_zone: phones.time_zone.to_string(),
            voice_mail_number: phones.voice_mail_number.to_string(),
            require_srtp: phones.require_srtp,
            redundant_mode: if redundancy.backup.is_some() { "primary_backup" } else { "none" },
            primary: text(&redundancy.primary),
            backup: text(&redundancy.backup),
            keep_alive_minutes: phones.keep_alive_minutes,
            disconnected_timeout_minutes,
            console_idle_minutes,
            announcer: announcer
                .map(|announcer| AnnouncerDocument { name: announcer.name.to_string(), password: "set" }),
            announcements: LimitsDocument { per_source_and_hour, per_proxy_and_hour, pending },
            provisioning_initialised,
            logs: LogsDocument::of(logs),
            warnings: warnings(admin)?,
        })
    }
}

/// What an administrator should know about the settings.
pub(super) fn warnings(admin: &Admin<'_, AnyStore>) -> Result<Vec<Warning>, AppError> {
    let warning = |SettingsWarning { code, detail }| Warning { code, detail };
    Ok(admin.settings_warnings()?.into_iter().map(warning).collect())
}

/// What is to be changed of the announcing account; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnnouncerEdit {
    /// Its name.
    pub(super) name: Option<String>,
    /// A new password.
    #[schema(value_type = Option<String>)]
    pub(super) password: Option<SecretText>,
}

impl AnnouncerEdit {
    /// The account as it is to be; the members of the request are below `pointer`.
    pub(super) fn applied(
        &self,
        admin: &Admin<'_, AnyStore>,
        former: Option<&Announcer>,
        [name, password]: [&str; 2],
    ) -> Result<Announcer, Problem> {
        let named = self.name.as_deref().map(|text| parse(text, name)).transpose()?;
        let sealed = match &self.password {
            Some(text) => Some(admin.seal_announcer_password(&parse(text.as_str(), password)?)?),
            None => None,
        };
        Ok(Announcer {
            name: required(named.or_else(|| former.map(|former| former.name.clone())), name)?,
            password: required(sealed.or_else(|| former.map(|former| former.password.clone())), password)?,
        })
    }
}

/// What is to be changed of the settings; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsEdit {
    /// The domain name that phones use; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    server_fqdn: Member<String>,
    /// The scheme of the URLs that phones are given: `http` or `https`.
    #[schema(value_type = Option<String>)]
    scheme: Option<Scheme>,
    /// The SBC HTTP proxy; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<ProxyDocument>)]
    proxy: Member<ProxyDocument>,
    /// The language of the phones' screens.
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
    /// The NTP server; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ntp_server: Member<String>,
    /// The offset from UTC, such as `+02:00`.
    time_zone: Option<String>,
    /// The number of the voice mail system.
    voice_mail_number: Option<String>,
    /// Whether phones must use SRTP.
    require_srtp: Option<bool>,
    /// The outbound proxy that phones register through; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    primary: Member<String>,
    /// The one that takes over; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    backup: Member<String>,
    /// How often a phone reports, in minutes: 1 to 300, and better not above 60.
    keep_alive_minutes: Option<u16>,
    /// After how many minutes of silence a phone counts as disconnected: 1 to 10,080.
    disconnected_timeout_minutes: Option<u32>,
    /// After how many minutes without use a session ends: 1 to 1,440.
    console_idle_minutes: Option<u16>,
    /// The account with which phones announce themselves; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<AnnouncerEdit>)]
    announcer: Member<AnnouncerEdit>,
    /// Bounds on unknown phones.
    announcements: Option<LimitsDocument>,
    /// What the logs record, and how long they keep it.
    logs: Option<LogsEdit>,
}

impl SettingsEdit {
    pub(in crate::admin) fn apply(
        &self,
        admin: &Admin<'_, AnyStore>,
        settings: &mut Settings,
    ) -> Result<(), Problem> {
        let phones = &mut settings.phones;
        for (edit, place, pointer) in [
            (&self.server_fqdn, &mut phones.server.fqdn, "/server_fqdn"),
            (&self.ntp_server, &mut phones.ntp_server, "/ntp_server"),
            (&self.primary, &mut phones.redundancy.primary, "/primary"),
            (&self.backup, &mut phones.redundancy.backup, "/backup"),
        ] {
            edit.edit(place, |text| parse(text, pointer))?;
        }
        self.proxy.edit(&mut phones.proxy, ProxyDocument::parsed)?;
        if let Some(zone) = &self.time_zone {
            phones.time_zone = parse(zone, "/time_zone")?;
        }
        if let Some(number) = &self.voice_mail_number {
            phones.voice_mail_number = parse(number, "/voice_mail_number")?;
        }
        phones.server.scheme = self.scheme.unwrap_or(phones.server.scheme);
        phones.language = self.language.unwrap_or(phones.language);
        phones.require_srtp = self.require_srtp.unwrap_or(phones.require_srtp);
        phones.keep_alive_minutes = self.keep_alive_minutes.unwrap_or(phones.keep_alive_minutes);
        let timeout = self.disconnected_timeout_minutes;
        settings.disconnected_timeout_minutes = timeout.unwrap_or(settings.disconnected_timeout_minutes);
        settings.console_idle_minutes = self.console_idle_minutes.unwrap_or(settings.console_idle_minutes);
        let former = settings.announcer.clone();
        let pointers = ["/announcer/name", "/announcer/password"];
        self.announcer
            .edit(&mut settings.announcer, |edit| edit.applied(admin, former.as_ref(), pointers))?;
        if let Some(limits) = &self.announcements {
            let LimitsDocument { per_source_and_hour, per_proxy_and_hour, pending } = *limits;
            settings.announcements = AnnouncementLimits { per_source_and_hour, per_proxy_and_hour, pending };
        }
        if let Some(logs) = &self.logs {
            settings.logs = logs.applied(settings.logs);
        }
        Ok(())
    }
}

impl ProxyDocument {
    fn parsed(&self) -> Result<SbcProxy, Problem> {
        let Self { host, port, scheme, command_port } = self;
        let host = parse(host, "/proxy/host")?;
        Ok(SbcProxy { host, port: *port, scheme: *scheme, command_port: *command_port })
    }
}
