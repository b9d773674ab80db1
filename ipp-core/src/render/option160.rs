//! The option 160 files, the values that lead phones to them, and the lines that a first-contact file
//! must have.
//!
//! They are derived from the settings at once and never published (DHCP-16, AMB-29, AMB-30).

use crate::{
    settings::{Option160, PhoneSettings, Scheme, Settings},
    text::{FileName, RegionName},
};

/// The value that phones read as the word `system`, as published with the vendor's own files. It is
/// an encoding, not a protection.
pub const SYSTEM_PASSWORD: &str = r#"{"VvlZOp5/5pM="}"#;

/// The provisioning method with which phones take their files from this server and nowhere else.
pub const STATIC: &str = "STATIC";

/// Which way phones reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Directly.
    Direct,
    /// Through the SBC HTTP proxy.
    Proxy,
}

/// Why there is no option 160 file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Option160Error {
    /// Neither a domain name nor an address of this server is set.
    #[error("the server's own address is not known; set *Server FQDN* in the system settings")]
    NoAddress,
    /// The file for phones behind a NAT was asked for and no proxy is set.
    #[error("no SBC HTTP proxy is set in the system settings")]
    NoProxy,
}

/// The option 160 value for the phones of a region (DHCP-05, DHCP-06). Phones split it at the semicolon:
/// images are below the one place, configuration is below the other (AMB-36).
pub fn region_url(
    settings: &PhoneSettings,
    route: Route,
    region: &RegionName,
) -> Result<String, Option160Error> {
    let root = Urls::new(settings, route, "")?.root();
    Ok(format!("{root}/firmwarefiles;ipp/region/{}", region.in_url()))
}

/// What is typed into a phone that has no DHCP server (DHCP-07, AMB-38).
pub fn direct_url(settings: &PhoneSettings, region: &RegionName) -> Result<String, Option160Error> {
    let root = Urls::new(settings, Route::Direct, "")?.root();
    Ok(format!("{root}/ipp/region/{}", region.in_url()))
}

/// The option 160 value that names no region (DHCP-40, AMB-37).
pub fn system_url(settings: &PhoneSettings, route: Route) -> Result<String, Option160Error> {
    let root = Urls::new(settings, route, "")?.root();
    Ok(match route {
        Route::Direct => format!("{root}/firmwarefiles;ipp/dhcpoption160.cfg"),
        Route::Proxy => format!("{root}/firmwarefiles;ipp/httpproxy/"),
    })
}

/// Where phones get an image; images need no token.
pub fn image_url(settings: &PhoneSettings, route: Route, name: &FileName) -> Result<String, Option160Error> {
    // A space is the only character of a file name that a URL cannot have.
    let name = name.as_str().replace(' ', "%20");
    Ok(format!("{}{name}", Urls::new(settings, route, "")?.files("firmwarefiles")))
}

/// A key of a phone's file with its value.
pub type KeyValue = (&'static str, String);

/// The lines of the option 160 file in the order of AMB-30: server, method, configuration,
/// firmware, then the announcing account, and the keep-alive period last. `mark` stands behind the
/// authority of each URL that leads back; `password` is the announcing account's.
pub fn lines(
    settings: &Settings,
    route: Route,
    mark: &str,
    password: Option<&str>,
) -> Result<Vec<KeyValue>, Option160Error> {
    let edited = match route {
        Route::Direct => &settings.option160,
        Route::Proxy => &settings.proxy_option160,
    };
    let urls = Urls::new(&settings.phones, route, mark)?;
    let own = |set: &Option<crate::text::CfgValue>, derived: String| match set {
        Some(value) => urls.marked(value.as_str()),
        None => derived,
    };
    let Option160 { provisioning_url, method, configuration_url, firmware_url, lines: _ } = edited;
    let method = method.as_ref().map_or(STATIC, |method| method.as_str()).to_owned();
    let mut lines = vec![
        ("ems_server/provisioning/url", own(provisioning_url, urls.rest())),
        ("provisioning/method", method),
        ("provisioning/configuration/url", own(configuration_url, urls.files("configfiles"))),
        ("provisioning/firmware/url", own(firmware_url, urls.files("firmwarefiles"))),
    ];
    if let (Some(announcer), Some(password)) = (&settings.announcer, password) {
        let password = if password == "system" { SYSTEM_PASSWORD } else { password };
        lines.push(("ems_server/user_name", announcer.name.as_str().to_owned()));
        lines.push(("ems_server/user_password", password.to_owned()));
    }
    lines.push(("ems_server/keep_alive_period", settings.phones.keep_alive_minutes.to_string()));
    Ok(lines)
}

/// The whole file: the derived lines, then the lines that an administrator added (OVR-02).
pub fn file(
    settings: &Settings,
    route: Route,
    mark: &str,
    password: Option<&str>,
) -> Result<String, Option160Error> {
    let edited = match route {
        Route::Direct => &settings.option160,
        Route::Proxy => &settings.proxy_option160,
    };
    let mut out = String::new();
    for (key, value) in lines(settings, route, mark, password)? {
        push(&mut out, key, &value);
    }
    for line in &edited.lines {
        out.push_str(line.as_str());
        out.push('\n');
    }
    Ok(out)
}

/// Completes a rendered first-contact file with the provisioning lines that the template lacks, so
/// that a phone that has read it always finds its way back.
pub fn complete(first_contact: &mut String, lines: &[KeyValue]) {
    let has = |file: &str, key: &str| {
        file.lines().any(|line| line.split_once('=').is_some_and(|(known, _)| known.trim() == key))
    };
    for (key, value) in lines {
        if !has(first_contact, key) {
            push(first_contact, key, value);
        }
    }
}

fn push(out: &mut String, key: &str, value: &str) {
    out.push_str(key);
    out.push('=');
    out.push_str(value);
    out.push('\n');
}

struct Urls<'a> {
    scheme: Scheme,
    files: String,
    rest: String,
    mark: &'a str,
}

impl<'a> Urls<'a> {
    fn new(settings: &PhoneSettings, route: Route, mark: &'a str) -> Result<Self, Option160Error> {
        let (scheme, files, rest) = match route {
            Route::Direct => {
                let server = &settings.server;
                let files = server.files_authority().ok_or(Option160Error::NoAddress)?;
                let host = server.host().ok_or(Option160Error::NoAddress)?.in_url();
                (server.scheme, files, format!("{host}:{}", server.rest_port()))
            }
            Route::Proxy => {
                let proxy = settings.proxy.as_ref().ok_or(Option160Error::NoProxy)?;
                let authority = format!("{}:{}", proxy.host.in_url(), proxy.port);
                (proxy.scheme, authority.clone(), authority)
            }
        };
        Ok(Self { scheme, files, rest, mark })
    }

    fn rest(&self) -> String {
        format!("{}://{}{}/", self.scheme.as_str(), self.rest, self.mark)
    }

    fn files(&self, folder: &str) -> String {
        format!("{}/{folder}/", self.root())
    }

    /// Scheme and authority of files, and the mark behind them.
    fn root(&self) -> String {
        format!("{}://{}{}", self.scheme.as_str(), self.files, self.mark)
    }

    /// An address that an administrator typed: the token goes in where it leads to this server.
    fn marked(&self, typed: &str) -> String {
        for own in [&self.rest, &self.files] {
            for scheme in [Scheme::Http, Scheme::Https] {
                let head = format!("{}://{own}", scheme.as_str());
                if let Some(tail) = typed.strip_prefix(&head)
                    && (tail.is_empty() || tail.starts_with('/'))
                {
                    return format!("{head}{}{tail}", self.mark);
                }
            }
        }
        typed.to_owned()
    }
}
