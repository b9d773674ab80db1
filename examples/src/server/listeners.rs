//! The listeners.

use std::{net::SocketAddr, sync::Arc};

use ipp_core::clock::Clock as _;
use ipp_http::{
    Ipp,
    clock::SystemClock,
    listener::{self, ConnectionLimits, Exempt},
    tls::{self, SelfMade, TlsError},
};
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    config::{Config, ConfigError, Role},
    data::{DataError, DataFolder},
};

/// A listener that is open and served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// What it is for.
    pub role: Role,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// A listener that is open and not served yet.
#[derive(Debug)]
pub struct Listening {
    bound: Bound,
    socket: TcpListener,
    tls: Option<Arc<ServerConfig>>,
}

/// A listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The port is taken, or needs a privilege; the text names it and the fix.
    #[error("{0}")]
    Bind(#[source] std::io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data folder cannot hold the self-made certificate.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The address for phones is not known.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Bound {
    /// The protocol, as people read it.
    pub const fn protocol(&self) -> &'static str {
        if self.tls { "HTTPS" } else { "HTTP" }
    }
}

impl Listening {
    /// Where the listener is and what it is for.
    pub const fn bound(&self) -> Bound {
        self.bound
    }
}

/// Opens the listeners of a configuration: all or none.
pub fn bind(config: &Config, folder: &DataFolder) -> Result<Vec<Listening>, ListenError> {
    let wants_tls = config.listeners().any(|(_, port)| port.tls);
    let tls = wants_tls.then(|| certificate(config, folder)).transpose()?;
    config
        .listeners()
        .map(|(role, port)| {
            let socket =
                listener::bind(SocketAddr::new(config.listen, port.port)).map_err(ListenError::Bind)?;
            let address = socket.local_addr().map_err(ListenError::Bind)?;
            let bound = Bound { role, address, tls: port.tls };
            Ok(Listening { bound, socket, tls: tls.clone().filter(|_| port.tls) })
        })
        .collect()
}

/// Serves the listeners until `stopping` turns true.
pub fn serve(
    listening: Vec<Listening>,
    ipp: &Ipp,
    config: &Config,
    stopping: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Vec<Bound> {
    let proxies = config.trusted_proxies.clone();
    // Behind a proxy many phones share one address.
    let exempt = Exempt::when(move |peer| proxies.iter().any(|net| net.contains(&peer)));
    let limits = ConnectionLimits { exempt, ..ConnectionLimits::default() };
    let mut served = Vec::with_capacity(listening.len());
    for Listening { bound, socket, tls } in listening {
        let (limits, stopping) = (limits.clone(), stopping.clone());
        match bound.role {
            Role::Web | Role::WebTls => {
                let service = ipp.web_service(bound.tls);
                tasks.spawn(listener::serve(socket, tls, service, limits, stopping));
            }
            Role::Reports | Role::ReportsTls => {
                tasks.spawn(listener::serve(socket, tls, ipp.phone_service(), limits, stopping));
            }
        }
        served.push(bound);
    }
    served
}

/// The given certificate, else a self-made one that is kept in the data folder.
fn certificate(config: &Config, folder: &DataFolder) -> Result<Arc<ServerConfig>, ListenError> {
    if let Some(given) = &config.tls {
        return Ok(tls::from_files(&given.certificate, &given.key)?);
    }
    let host = config.public_host()?;
    let made = SelfMade::for_names([host.as_str(), "localhost"], SystemClock::new().now().wall)?;
    let fresh = format!("{}{}", made.certificate, made.key.as_str());
    let kept = folder.private_file("certificate.pem", || fresh)?;
    Ok(tls::from_pem(kept.as_bytes(), kept.as_bytes())?)
}
