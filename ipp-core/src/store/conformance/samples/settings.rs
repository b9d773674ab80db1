//! Settings.

use super::sealed;
use crate::{
    log::LogLevel,
    outbound::{Certificates, CommandTable, ProxyTarget},
    settings::{
        AnnouncementLimits, Announcer, CommandSettings, Language, Ldap, LogSettings, Option160,
        PhoneSettings, Redundancy, SbcProxy, Scheme, ServerAddress, Settings,
    },
};

/// Settings in which every field differs from its default.
pub fn full_settings() -> Settings {
    Settings {
        phones: PhoneSettings {
            server: ServerAddress {
                fqdn: Some("phones.example.com".parse().unwrap()),
                address: Some("2001:db8::2".parse().unwrap()),
                scheme: Scheme::Https,
                http_port: 1,
                https_port: 2,
                rest_http_port: 3,
                rest_https_port: 65_535,
            },
            proxy: Some(SbcProxy {
                host: "sbc.example.com".parse().unwrap(),
                port: 4,
                scheme: Scheme::Https,
                command_port: 5,
            }),
            language: Language::Ukraine,
            ntp_server: Some("ntp.example.com".parse().unwrap()),
            time_zone: "+02:00".parse().unwrap(),
            voice_mail_number: "".parse().unwrap(),
            require_srtp: true,
            redundancy: Redundancy {
                primary: Some("one.example.com".parse().unwrap()),
                backup: Some("two.example.com".parse().unwrap()),
            },
            ldap: full_ldap(),
            keep_alive_minutes: 300,
        },
        disconnected_timeout_minutes: 10_080,
        console_idle_minutes: 1_440,
        option160: full_option160("a"),
        proxy_option160: full_option160("b"),
        announcer: Some(Announcer { name: "system".parse().unwrap(), password: sealed(1) }),
        announcements: AnnouncementLimits {
            per_source_and_hour: 1,
            per_proxy_and_hour: 2,
            pending: u32::MAX,
        },
        provisioning_initialised: true,
        logs: LogSettings {
            level: LogLevel::Error,
            activity_lines: 1_000,
            activity_days: 1,
            device_event_days: 2,
            sample_days: 3,
            alarm_days: 4,
        },
        commands: full_commands(),
    }
}

fn full_commands() -> CommandSettings {
    let mut families = CommandTable::default().families().to_vec();
    let mut cloud = families[0].clone();
    cloud.models = "C4*".parse().unwrap();
    cloud.commands.pop_first();
    families.insert(0, cloud);
    CommandSettings {
        table: CommandTable::new(families).unwrap(),
        proxy_target: ProxyTarget::PathPrefix("/{ip}".to_owned().try_into().unwrap()),
        proxy_certificates: Some(Certificates::Any),
    }
}

fn full_ldap() -> Ldap {
    Ldap {
        active: true,
        server_address: "ldap.example.com".parse().unwrap(),
        port: 636,
        user_name: "cn=reader".parse().unwrap(),
        password: Some(sealed(2)),
        base: "dc=example".parse().unwrap(),
        name_filter: "(sn=%)".parse().unwrap(),
        name_attributes: "sn".parse().unwrap(),
        number_filter: "(telephoneNumber=%)".parse().unwrap(),
        number_attributes: "telephoneNumber".parse().unwrap(),
        display_name: "%sn, %givenName".parse().unwrap(),
        max_hits: 1_000,
        country_code: "49".parse().unwrap(),
        area_code: "89".parse().unwrap(),
        sort_result: false,
        search_timeout: 9,
        call_lookup: true,
    }
}

fn full_option160(name: &str) -> Option160 {
    Option160 {
        provisioning_url: Some(format!("http://{name}/").parse().unwrap()),
        method: Some("STATIC".parse().unwrap()),
        configuration_url: Some("".parse().unwrap()),
        firmware_url: Some("http://x/".parse().unwrap()),
        lines: vec![format!("{name}=1").parse().unwrap()],
    }
}
