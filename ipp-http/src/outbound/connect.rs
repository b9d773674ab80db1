//! The way to a phone or to the proxy: the address is checked, and then that very address is connected to.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use ipp_core::{
    outbound::{
        Certificates, Delivery, SendError, SendErrorKind, Way,
        address::{self, AddressRefused, AddressRules, RefusedBecause},
    },
    region::LoopbackPhones,
    settings::Scheme,
    text::Host,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{HttpPhoneClient, PhoneClientOptions, trust};

/// A connection, whatever it is made of.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection and whom it leads to.
pub(super) struct Link {
    pub(super) wire: Box<dyn Wire>,
    pub(super) whom: Whom,
}

/// Whom the server connects to, for people.
#[derive(Debug, Clone)]
pub(super) enum Whom {
    Phone(SocketAddr),
    Proxy(String),
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(address) => write!(f, "the phone at {address}"),
            Self::Proxy(authority) => write!(f, "the SBC HTTP proxy {authority}"),
        }
    }
}

/// Whether the phone may be called where it is, without asking the machine.
pub(super) fn check_phone(delivery: &Delivery, options: &PhoneClientOptions) -> Result<IpAddr, SendError> {
    // Behind a NAT a phone may well have the same address as this server in front of it.
    let never = match delivery.way {
        Way::Direct => never(delivery, options),
        Way::Proxy { .. } => Vec::new(),
    };
    let rules = AddressRules { networks: &delivery.networks, never: &never, loopback: options.loopback };
    address::check_phone(delivery.to.peer, rules).map_err(refused)
}

impl HttpPhoneClient {
    pub(super) async fn connect(&self, delivery: &Delivery) -> Result<Link, SendError> {
        let limit = self.options.connect;
        let whom = match &delivery.way {
            Way::Direct => Whom::Phone((delivery.to.peer.to_canonical(), delivery.request.port).into()),
            Way::Proxy { host, port, .. } => Whom::Proxy(format!("{}:{port}", host.in_url())),
        };
        let connecting = timeout(limit, self.connect_to(delivery, whom.clone())).await;
        connecting.unwrap_or_else(|_| {
            Err(not_sent(&whom, format!("no connection within {} seconds", limit.as_secs_f32())))
        })
    }

    async fn connect_to(&self, delivery: &Delivery, whom: Whom) -> Result<Link, SendError> {
        let phone = check_phone(delivery, &self.options)?;
        let (to, tls) = match &delivery.way {
            Way::Direct => {
                let tls = match delivery.request.scheme {
                    Scheme::Http => None,
                    Scheme::Https => Some((ServerName::from(phone), &delivery.request.certificates)),
                };
                (self.not_this_machine(phone)?, tls)
            }
            Way::Proxy { host, port, certificates, .. } => {
                let name = server_name(host).map_err(|error| not_sent(&whom, error))?;
                (self.proxy_address(delivery, &whom, host, *port).await?, Some((name, certificates)))
            }
        };
        let port = match &delivery.way {
            Way::Direct => delivery.request.port,
            Way::Proxy { port, .. } => *port,
        };
        // Before the connection, so that a certificate that cannot be read is not a broken connection.
        let tls = match tls {
            None => None,
            Some((name, certificates)) => {
                Some((name, self.config(certificates).map_err(|error| not_sent(&whom, error))?))
            }
        };
        self.connections.fetch_add(1, Relaxed);
        let stream = TcpStream::connect((to, port)).await.map_err(|error| not_sent(&whom, error))?;
        stream.set_nodelay(true).map_err(|error| not_sent(&whom, error))?;
        let wire: Box<dyn Wire> = match tls {
            None => Box::new(stream),
            Some((name, config)) => Box::new(
                TlsConnector::from(config)
                    .connect(name, stream)
                    .await
                    .map_err(|error| not_sent(&whom, format!("no TLS session: {error}")))?,
            ),
        };
        Ok(Link { wire, whom })
    }

    /// The address of the proxy; of several, the first that may be called.
    async fn proxy_address(
        &self,
        delivery: &Delivery,
        whom: &Whom,
        host: &Host,
        port: u16,
    ) -> Result<IpAddr, SendError> {
        let never = never(delivery, &self.options);
        let found = lookup_host((host.as_str(), port)).await.map_err(|error| not_sent(whom, error))?;
        let mut outcome = Err(not_sent(whom, "the name has no address"));
        for address in found {
            outcome = address::check_proxy(address.ip(), &never, self.options.loopback)
                .map_err(refused)
                .and_then(|address| self.not_this_machine(address));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Refuses what would come back to this machine.
    fn not_this_machine(&self, address: IpAddr) -> Result<IpAddr, SendError> {
        let allowed = self.options.loopback == LoopbackPhones::Allowed && address.is_loopback();
        if !allowed && is_own(address) {
            return Err(refused(AddressRefused { address, reason: RefusedBecause::OwnServer }));
        }
        Ok(address)
    }

    fn config(&self, certificates: &Certificates) -> Result<Arc<ClientConfig>, rustls::Error> {
        match certificates {
            Certificates::Any => Ok(Arc::clone(&self.any)),
            Certificates::Trusted(roots) => trust::only(roots),
        }
    }
}

/// Whether an address is one of this machine: the way to those begins at the very same address. Nothing is
/// sent. That one can be bound would prove less: a node of a cluster may bind addresses that it does not have.
fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let from = UdpSocket::bind((any, 0)).and_then(|socket| {
        // The port is that of nobody's protocol; only the route is asked for.
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    from.is_ok_and(|from| from.ip() == address)
}

fn never(delivery: &Delivery, options: &PhoneClientOptions) -> Vec<IpAddr> {
    let allowed = |address: &IpAddr| options.loopback == LoopbackPhones::Allowed && address.is_loopback();
    // With phones on this machine its own loopback address is not what is to be kept from them.
    delivery.never.iter().chain(&options.never).copied().filter(|address| !allowed(address)).collect()
}

fn server_name(host: &Host) -> io::Result<ServerName<'static>> {
    ServerName::try_from(host.as_str().to_owned()).map_err(io::Error::other)
}

fn refused(error: AddressRefused) -> SendError {
    SendError::new(SendErrorKind::AddressRefused, error)
}

fn not_sent(whom: &Whom, why: impl fmt::Display) -> SendError {
    SendError::new(SendErrorKind::NotSent, format!("{whom} cannot be reached: {why}"))
}
