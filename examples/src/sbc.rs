//! A stub of the SBC HTTP proxy in front of phones behind a NAT: what phones send is handed on to the server
//! with the phone's address in `X-Forwarded-For`, and what the server sends over HTTPS is handed on to the
//! phone that it names.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use ipp_core::time::Timestamp;
use ipp_http::tls::SelfMade;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::raw::{self, RawRequest};

/// How the stub is told which phone a command is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Naming {
    /// By the whole address in the request line.
    #[default]
    AbsoluteForm,
    /// By the first segment of the path.
    PathPrefix,
    /// By this header.
    Header(String),
}

/// How a stub is set up.
#[derive(Debug, Clone)]
pub struct SbcOptions {
    /// The server that phones are handed on to.
    pub server: SocketAddr,
    /// From where the stub speaks to the server, which must take it for a proxy.
    pub source: Ipv4Addr,
    /// How it is told which phone a command is for.
    pub naming: Naming,
    /// The port on which phones take commands, where the naming has none.
    pub phone_port: u16,
}

/// A command that came to the stub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOn {
    /// Method and target as the server wrote them.
    pub line: String,
    /// The phone that was meant; `None` where nobody is named.
    pub phone: Option<SocketAddr>,
}

/// A stub that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Sbc {
    /// Where phones find it, over HTTP.
    pub phone_side: SocketAddr,
    /// Where the server finds it, over HTTPS.
    pub command_side: SocketAddr,
    /// Its certificate, as PEM text.
    pub certificate: String,
    handed_on: Arc<Mutex<Vec<HandedOn>>>,
    _tasks: JoinSet<()>,
}

impl Sbc {
    /// Opens both sides on free ports of 127.0.0.1.
    pub async fn start(options: SbcOptions) -> io::Result<Self> {
        let phones = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let commands = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        // Fixed, so that no clock is needed: it is valid in 2026 and 2027.
        let made =
            SelfMade::for_names(["sbc.example.com", "127.0.0.1"], Timestamp::from_millis(1_790_000_000_000))
                .map_err(io::Error::other)?;
        let tls = made.configure().map_err(io::Error::other)?;
        let (phone_side, command_side) = (phones.local_addr()?, commands.local_addr()?);
        let handed_on = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(phone_side_of(phones, options.server, options.source));
        tasks.spawn(command_side_of(commands, tls, options, Arc::clone(&handed_on)));
        Ok(Self { phone_side, command_side, certificate: made.certificate, handed_on, _tasks: tasks })
    }

    /// The commands that came so far, oldest first.
    pub fn handed_on(&self) -> Vec<HandedOn> {
        self.handed_on.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn phone_side_of(listener: TcpListener, server: SocketAddr, source: Ipv4Addr) {
    let mut connections = JoinSet::new();
    while let Ok((phone, peer)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        // A connection that breaks is the phone's to notice.
        connections.spawn(async move { drop(relay(phone, peer, server, source).await) });
    }
}

async fn relay(phone: TcpStream, peer: SocketAddr, server: SocketAddr, source: Ipv4Addr) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((source, 0)))?;
    let (mut from_server, to_server) = socket.connect(server).await?.into_split();
    let (from_phone, mut to_phone) = phone.into_split();
    tokio::select! {
        done = hand_on(from_phone, to_server, peer) => done,
        done = tokio::io::copy(&mut from_server, &mut to_phone) => done.map(drop),
    }
}

/// Each request of a simulated phone arrives in one piece, so the header goes behind its first line.
async fn hand_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    peer: SocketAddr,
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() {
            return Ok(());
        }
        let end = read.windows(2).position(|two| two == b"\r\n").ok_or(io::ErrorKind::InvalidData)?;
        let (first, rest) = read.split_at(end);
        let header = format!("\r\nx-forwarded-for: {}", peer.ip());
        to.write_all(&[first, header.as_bytes(), rest].concat()).await?;
    }
}

async fn command_side_of(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    options: SbcOptions,
    handed_on: Arc<Mutex<Vec<HandedOn>>>,
) {
    let tls = TlsAcceptor::from(tls);
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (tls, options, handed_on) = (tls.clone(), options.clone(), Arc::clone(&handed_on));
        connections.spawn(async move {
            if let Ok(stream) = tls.accept(stream).await {
                // What the phone does not answer, the server notices.
                drop(command(stream, &options, &handed_on).await);
            }
        });
    }
}

async fn command(
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    options: &SbcOptions,
    handed_on: &Mutex<Vec<HandedOn>>,
) -> io::Result<()> {
    let Some(request) = raw::read(&mut server).await? else { return Ok(()) };
    let named = named(&request, options);
    let line = format!("{} {}", request.method, request.target);
    let phone = named.as_ref().map(|(phone, _)| *phone);
    handed_on.lock().unwrap_or_else(PoisonError::into_inner).push(HandedOn { line, phone });
    let Some((phone, path)) = named else { return raw::answer(&mut server, 400, &[], "").await };
    let Ok(mut to) = TcpStream::connect(phone).await else {
        return raw::answer(&mut server, 502, &[], "").await;
    };
    to.write_all(&request.readdressed(&path, &phone.to_string())).await?;
    let mut answer = Vec::new();
    // Phones close behind their answer.
    to.read_to_end(&mut answer).await?;
    if !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        return raw::answer(&mut server, 502, &[], "").await;
    }
    server.write_all(&answer).await?;
    server.shutdown().await
}

/// The phone that a request names, and the path that is left for it.
fn named(request: &RawRequest, options: &SbcOptions) -> Option<(SocketAddr, String)> {
    let at = |text: &str| {
        let port = options.phone_port;
        text.parse().ok().or_else(|| Some(SocketAddr::from((text.parse::<IpAddr>().ok()?, port))))
    };
    match &options.naming {
        Naming::AbsoluteForm => {
            let (authority, path) = request.target.strip_prefix("http://")?.split_once('/')?;
            let phone =
                if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
            Some((at(&phone)?, format!("/{path}")))
        }
        Naming::PathPrefix => {
            let (phone, path) = request.target.strip_prefix('/')?.split_once('/')?;
            Some((at(phone)?, format!("/{path}")))
        }
        Naming::Header(name) => Some((at(request.header(name)?)?, request.target.clone())),
    }
}
