//! Listeners: connections accepted, limited, served and drained.
//!
//! `axum::serve` and hyper's defaults suit friendly clients. Phones are old, their networks are not
//! trusted, and ten thousand of them start at once after a power cut. So this module sets every
//! limit itself (A24): see [`ConnectionLimits`] for the list and the reasons.

mod connection;
mod limits;
mod pace;

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower::Service;

pub use self::limits::{ConnectionLimits, Exempt};
use self::{connection::Connection, limits::Admission};

/// Who sent a request: an extension of every request that [`serve`] hands to its service. An IPv4
/// address is never in its IPv6 form, so that it can be compared with the networks of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// The address that the nearest proxy forwarded: the last one in the list, because a phone may have
/// written the others.
pub(crate) fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let list = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    list.rsplit(',').next()?.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A listener on this address for [`serve`]; must be called within a tokio runtime.
///
/// Up to 8,192 connections may wait to be accepted; Linux caps that at `net.core.somaxconn`, 4,096
/// unless it was changed. An error names the address and what to do.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // Else a restart has to wait until the last connections of the former run are forgotten. On
        // Windows the option would let two programs share a port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|error| {
        let advice = if error.kind() == io::ErrorKind::AddrInUse {
            "another program listens there; stop it or choose another port"
        } else if error.kind() == io::ErrorKind::AddrNotAvailable {
            "no network interface has this address"
        } else if error.kind() == io::ErrorKind::PermissionDenied && address.port() < 1024 {
            "ports below 1024 need a privilege (on Linux CAP_NET_BIND_SERVICE); grant it or choose another port"
        } else {
            "choose another address or port"
        };
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}; {advice}"))
    })
}

/// Serves HTTP/1.0 and 1.1 on this listener, over TLS where a configuration is given, until
/// `shutdown` becomes true or its sender is dropped. Returns when all connections are closed, at the
/// latest [`ConnectionLimits::drain`] after that.
///
/// - Each connection is a task of its own: neither a slow handshake nor a panic touches another.
///   A handler that panics answers 500 and closes its connection.
/// - A flood cannot lock out everybody: connections are always accepted, and those above a cap are
///   closed at once (over plain HTTP with a 503), so the queue of the kernel never fills up behind
///   them. One source may hold few of the places; when three quarters of all are taken, answers
///   close their connection, so that nobody idles in a place that others wait for.
/// - Running out of file descriptors pauses accepting for a moment instead of spinning.
/// - On shutdown nothing new is accepted, idle connections close, running requests finish.
///
/// The caps count for this listener alone: a flood on the port of the phones leaves the console
/// within reach. Progress of request bodies is up to the handlers, which know what they expect.
pub async fn serve<S>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    service: S,
    limits: ConnectionLimits,
    mut shutdown: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let admission = Admission::new(&limits);
    let connection = Connection { service, limits: Arc::new(limits), shutdown: shutdown.clone() };
    let tls = tls.map(TlsAcceptor::from);
    let mut connections = JoinSet::new();
    let mut refused = 0_u64;
    loop {
        tokio::select! {
            () = stopped(&mut shutdown) => break,
            Some(ended) = connections.join_next() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let peer = PeerAddr(SocketAddr::new(peer.ip().to_canonical(), peer.port()));
                    if let Some(place) = admission.admit(peer.0.ip()) {
                        connections.spawn(connection.clone().run(stream, peer, tls.clone(), place));
                    } else {
                        refuse(stream, tls.is_none());
                        refused += 1;
                        // A flood must not flood the log as well.
                        if refused.is_power_of_two() {
                            tracing::warn!(peer = %peer.0, refused, "too many connections; some were refused");
                        }
                    }
                }
                Err(error) => if let Some(pause) = pause_after(&error) {
                    tracing::warn!(%error, "cannot accept connections; where files ran out, raise the limit of open files");
                    sleep(pause).await;
                },
            },
        }
    }
    drop(listener);
    drain(connections, connection.limits.drain).await;
}

const BACKLOG: u32 = 8_192;

const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Resolves when the server shall stop. That nobody is left to say so counts as well.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// How long to wait after an error of `accept`. Errors of the one connection that was to be accepted
/// cost nothing; all others (out of descriptors or memory) would come back at once.
fn pause_after(error: &io::Error) -> Option<Duration> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    let passing = [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted];
    (!passing.contains(&error.kind())).then_some(Duration::from_millis(100))
}

/// Closes a connection for which there is no place. The few bytes fit into the empty buffer of the
/// socket, so nothing waits; whether they arrive is the client's luck.
fn refuse(stream: TcpStream, plain: bool) {
    if plain && let Ok(mut stream) = stream.into_std() {
        let _ = io::Write::write(&mut stream, BUSY);
    }
}

async fn drain(mut connections: JoinSet<()>, limit: Duration) {
    let finished = timeout(limit, async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    });
    if finished.await.is_err() {
        tracing::warn!(connections = connections.len(), "connections still busy at shutdown were cut off");
        connections.shutdown().await;
    }
}

/// Handlers are guarded, so what panics here is a body while it is sent.
fn report(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a connection was closed because its answer panicked while it was sent");
    }
}

#[cfg(test)]
mod tests;
