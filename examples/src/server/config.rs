//! The configuration file: TOML, every value with a default.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
};

use ipnet::IpNet;
use ipp_core::{app::AppOptions, job::LeaseSeconds, text::Host};
use serde::Deserialize;

/// What the server is started with. Everything else is a setting inside the product.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of the database, the keys, the certificate and the firmware images.
    pub data: PathBuf,
    /// The database: `postgres://…`, or `sqlite:` and the path of a file; a file in the folder where none is
    /// given.
    pub database: Option<String>,
    /// The schema of the tables in PostgreSQL; `ipp` where none is given.
    pub schema: Option<String>,
    /// The address that all listeners are opened on.
    pub listen: IpAddr,
    /// The address under which phones find this server, where it has no *Server FQDN*; found out
    /// where it is not given.
    pub public_address: Option<String>,
    /// The listeners.
    pub ports: Ports,
    /// The certificate; a self-made one where none is given.
    pub tls: Option<Tls>,
    /// Whether administrators may log in over plain HTTP, where anybody on the way reads along.
    pub plain_http_login: bool,
    /// Whether `/ipp/design` shows everything that pages are made of.
    pub design_page: bool,
    /// Whether phones may live on this machine: for trials with simulated phones only, because everything
    /// that runs here may then speak as a phone of every region.
    pub phones_on_this_machine: bool,
    /// How many seconds a job waits for another node once the one that works on it has died: 10 to 3,600; 60.
    pub job_lease: LeaseSeconds,
    /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, also by module.
    pub log: String,
}

/// The four ports of the manual (section 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ports {
    /// Files over HTTP; 80.
    pub web: Port,
    /// Files over HTTPS; 443.
    pub web_tls: Port,
    /// Reports over HTTP; 8080.
    pub reports: Port,
    /// Reports over HTTPS; 8081. Some fleets were set up with plain HTTP here: set `tls = false`.
    pub reports_tls: Port,
}

/// One listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// The TCP port; 0 lets the system choose.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it is opened.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the port of the same name")]
pub enum Role {
    Web,
    WebTls,
    Reports,
    ReportsTls,
}

impl Role {
    /// What the listener is for, as people read it.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Web => "files for phones: configuration and firmware",
            Self::WebTls => "console, REST API, and files for phones",
            Self::Reports | Self::ReportsTls => "reports from phones: status and alarms",
        }
    }
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {0} cannot be read: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// The file is not what is expected; the message names line and column.
    #[error("the configuration file {0} is wrong: {1}")]
    Parse(PathBuf, #[source] Box<toml::de::Error>),
    /// The database is of no known kind.
    #[error("`database` begins with neither `postgres://` nor `sqlite:`")]
    Database,
    /// The address for phones is not one.
    #[error("`public_address`: {0}")]
    PublicAddress(#[source] ipp_core::text::TextError),
    /// The address for phones could not be found out.
    #[error("the address under which phones find this server is not known; set `public_address`")]
    NoPublicAddress,
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Parse(path.to_owned(), Box::new(error)))
    }

    /// What the engine of a server that serves is composed with.
    pub fn options(&self) -> AppOptions {
        let options = AppOptions::default().job_lease(self.job_lease);
        if self.phones_on_this_machine { options.insecure_allow_loopback_phones() } else { options }
    }

    /// The listeners that are to be opened.
    pub fn listeners(&self) -> impl Iterator<Item = (Role, Port)> {
        let Ports { web, web_tls, reports, reports_tls } = self.ports;
        [(Role::Web, web), (Role::WebTls, web_tls), (Role::Reports, reports), (Role::ReportsTls, reports_tls)]
            .into_iter()
            .filter(|(_, port)| port.enabled)
    }

    /// The address for phones: the given one, else that of the listeners, else the one from which
    /// this machine would reach other networks.
    pub fn public_host(&self) -> Result<Host, ConfigError> {
        let address = match &self.public_address {
            Some(address) => address.clone(),
            None if !self.listen.is_unspecified() => self.listen.to_string(),
            None => own_address().ok_or(ConfigError::NoPublicAddress)?.to_string(),
        };
        address.parse().map_err(ConfigError::PublicAddress)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("ipp-data"),
            database: None,
            schema: None,
            listen: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            public_address: None,
            ports: Ports::default(),
            tls: None,
            plain_http_login: false,
            design_page: false,
            phones_on_this_machine: false,
            job_lease: LeaseSeconds::default(),
            trusted_proxies: Vec::new(),
            log: "info".to_owned(),
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        let open = |port, tls| Port { port, tls, enabled: true };
        Self {
            web: open(80, false),
            web_tls: open(443, true),
            reports: open(8080, false),
            reports_tls: open(8081, true),
        }
    }
}

/// The source address of a packet to another network. A UDP socket that is connected sends nothing.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).ok()?;
    socket.connect(SocketAddr::from(([192, 0, 2, 1], 9))).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_unspecified())
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prt_05_the_four_ports_of_the_manual_are_the_defaults() {
        let ports: Vec<(u16, bool)> =
            Config::default().listeners().map(|(_, port)| (port.port, port.tls)).collect();
        assert_eq!(ports, [(80, false), (443, true), (8080, false), (8081, true)]);
    }

    #[test]
    fn prt_05_every_port_and_path_can_be_set() {
        let text = r#"
            data = "/srv/ipp"
            public_address = "10.1.2.3"
            trusted_proxies = ["10.0.0.0/8"]
            [ports]
            web = { port = 8000, tls = false }
            reports_tls = { port = 8081, tls = false }
            web_tls = { port = 443, tls = true, enabled = false }
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.listeners().map(|(_, port)| port.port).collect::<Vec<_>>(), [8000, 8080, 8081]);
        assert!(!config.ports.reports_tls.tls, "some fleets speak plain HTTP on 8081");
        assert_eq!(config.public_host().unwrap().as_str(), "10.1.2.3");
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_place() {
        let error = toml::from_str::<Config>("job_lease = 5").unwrap_err().to_string();
        assert!(error.contains("10 to 3600 seconds, not 5"), "{error}");
        let error = toml::from_str::<Config>("listen = \"10.0.0.1\"\nportz = 1\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("portz"), "{error}");
    }
}
