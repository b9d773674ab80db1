//! The phone's own REST server, on which the server commands it; well-behaved, or not.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipp_core::outbound::{DigestFormula, KeyedDigest, SessionId};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::command::{Command, Order};
use crate::raw::{self, RawRequest};

/// How a phone behaves when it is commanded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Manner {
    /// It accepts, and carries the command out.
    #[default]
    Accept,
    /// It accepts after a while.
    Slow(Duration),
    /// It answers with another status, and does nothing.
    Refuse(u16),
    /// It carries the command out and never answers.
    Hang,
    /// It carries the command out, and goes away in the middle of its answer.
    Vanish,
    /// It sends the server elsewhere, and does nothing.
    Redirect(String),
    /// It answers with more than anybody wants to read.
    Flood,
}

/// How a command came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Over the phone's REST server.
    Rest,
    /// In the answer to a report.
    KeepAlive,
}

/// A command that arrived, carried out or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The command with its attempt.
    pub order: Order,
    /// How it came.
    pub came: Came,
    /// Method and target of the request; empty for one in an answer.
    pub line: String,
    /// The host that the request named.
    pub host: String,
}

/// Everything that a phone was told to do, so that a test can tell whether anything came twice.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Vec<Received>>);

impl Ledger {
    /// What arrived so far, oldest first.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.0).clone()
    }

    /// How often a command for which this is true arrived.
    pub fn count(&self, is: impl Fn(&Command) -> bool) -> usize {
        lock(&self.0).iter().filter(|received| is(&received.order.command)).count()
    }

    /// The session ids that came more than once.
    pub fn repeated(&self) -> Vec<String> {
        let mut sessions: Vec<String> =
            lock(&self.0).iter().map(|received| received.order.session.clone()).collect();
        sessions.sort();
        let mut repeated: Vec<String> =
            sessions.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0].clone()).collect();
        repeated.dedup();
        repeated
    }

    pub(super) fn note(&self, received: Received) {
        lock(&self.0).push(received);
    }
}

/// The REST server of one phone. Dropping it makes the phone unreachable.
#[derive(Debug)]
pub(super) struct RestServer {
    shared: Arc<Shared>,
    orders: mpsc::UnboundedReceiver<Command>,
    _accepting: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    manner: Mutex<Manner>,
    /// User and password; without them whoever comes is believed.
    account: Mutex<Option<(String, String)>>,
    ledger: Arc<Ledger>,
    orders: mpsc::UnboundedSender<Command>,
}

impl RestServer {
    pub(super) async fn open(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        manner: Manner,
        ledger: Arc<Ledger>,
    ) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        let (sender, orders) = mpsc::unbounded_channel();
        let (manner, account) = (Mutex::new(manner), Mutex::new(None));
        let shared = Arc::new(Shared { manner, account, ledger, orders: sender });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, tls.map(TlsAcceptor::from), Arc::clone(&shared)));
        Ok((Self { shared, orders, _accepting: accepting }, bound))
    }

    pub(super) fn set_manner(&self, manner: Manner) {
        *lock(&self.shared.manner) = manner;
    }

    /// From now on only this account is believed.
    pub(super) fn set_account(&self, account: Option<(String, String)>) {
        *lock(&self.shared.account) = account;
    }

    /// The next command that the phone has accepted; it is not lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Command> {
        self.orders.recv().await
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Those that are over leave nothing behind.
        while connections.try_join_next().is_some() {}
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        connections.spawn(async move {
            // What goes wrong with a connection is the caller's to notice.
            match tls {
                None => serve(stream, &shared).await.ok(),
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, &shared).await.ok(),
                    Err(_) => None,
                },
            }
        });
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) -> io::Result<()> {
    let Some(request) = raw::read(&mut stream).await? else { return Ok(()) };
    let Some(order) = shared.arrived(&request) else {
        return raw::answer(&mut stream, 400, &[], "").await;
    };
    if !shared.believes(&order) {
        return raw::answer(&mut stream, 401, &[], "").await;
    }
    let command = order.command;
    let manner = lock(&shared.manner).clone();
    match manner {
        Manner::Accept => {
            raw::answer(&mut stream, 200, &[], "{\"result\":\"OK\"}").await?;
            shared.obey(command);
        }
        Manner::Slow(pause) => {
            sleep(pause).await;
            raw::answer(&mut stream, 200, &[], "").await?;
            shared.obey(command);
        }
        Manner::Refuse(status) => raw::answer(&mut stream, status, &[], "").await?,
        Manner::Hang => {
            shared.obey(command);
            // Until the caller gives up.
            raw::read(&mut stream).await?;
        }
        Manner::Vanish => {
            shared.obey(command);
            stream.write_all(b"HTTP/1.1 200 O").await?;
            stream.shutdown().await?;
        }
        Manner::Redirect(to) => raw::answer(&mut stream, 307, &[("location", &to)], "").await?,
        Manner::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            shared.obey(command);
            // The caller closes when it has had enough.
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
    }
    Ok(())
}

impl Shared {
    fn arrived(&self, request: &RawRequest) -> Option<Order> {
        let order = Order::of_request(&request.target, &request.body)?;
        self.ledger.note(Received {
            order: order.clone(),
            came: Came::Rest,
            line: format!("{} {}", request.method, request.target),
            host: request.header("host").unwrap_or_default().to_owned(),
        });
        Some(order)
    }

    fn believes(&self, order: &Order) -> bool {
        let account = lock(&self.account);
        let Some((user, password)) = &*account else { return true };
        let digest = u32::from_str_radix(&order.session, 16)
            .map(|bits| KeyedDigest.digest(SessionId::new(bits.to_be_bytes()), user, password));
        order.user == *user && (order.password == *password || digest.as_ref() == Ok(&order.password))
    }

    fn obey(&self, command: Command) {
        // Without a receiver the phone is being switched off.
        self.orders.send(command).ok();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held; were it so, its value would still be whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
