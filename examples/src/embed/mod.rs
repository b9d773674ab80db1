//! A host: a program of somebody else with engines in it.
//!
//! It has two customers, and an engine for each of them: with its own store, its own keys and its own
//! phones. Administrators reach both below paths of the host's one router, beside the host's own pages;
//! phones have paths of their own, so each engine has a listener for them. Accounts and regions are the
//! host's, and it hears of alarms.

mod directory;

use std::{error::Error, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use ipp_core::{
    app::{AppOptions, Ports, admin::set_up::Reachable},
    blob::MemoryBlobs,
    host::Host,
    settings::Scheme,
    store::MemoryStore,
};
use ipp_http::{
    builder::Ipp,
    clock::SystemClock,
    entropy::OsEntropy,
    listener::{self, ConnectionLimits, PeerAddr},
    mount::MountPath,
    outbound::{HttpPhoneClient, PhoneClientOptions},
    passwords::Argon2Passwords,
    vault::{KeyFile, KeyVault},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

pub use self::directory::Directory;

type AnyError = Box<dyn Error + Send + Sync>;

/// A customer of the host, with an engine.
#[derive(Debug)]
pub struct Customer {
    /// Where administrators reach the engine, below the host's own address.
    pub mount: MountPath,
    /// What the host knows of the customer.
    pub directory: Arc<Directory>,
    /// The engine.
    pub ipp: Ipp,
    /// Where its phones are served.
    pub phones: SocketAddr,
}

/// The host, which runs.
#[derive(Debug)]
pub struct Ems {
    /// Where the host's own pages are.
    pub address: SocketAddr,
    /// Its customers.
    pub customers: Vec<Customer>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Ems {
    /// Starts the host with an engine for each customer.
    pub async fn start(customers: Vec<(MountPath, Arc<Directory>)>) -> Result<Self, AnyError> {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut router = Router::new().route("/", get(async || "the host's own page"));
        let mut running = Vec::new();
        for (mount, directory) in customers {
            let ipp = engine(mount.clone(), Arc::clone(&directory)).await?;
            tasks.spawn(ipp.driver().run(stopping.clone()));
            let socket = listener::bind("127.0.0.1:0".parse()?)?;
            let phones = socket.local_addr()?;
            ipp.app().set_up(&reachable(phones)?).await?;
            let limits = ConnectionLimits::default();
            tasks.spawn(listener::serve(socket, None, ipp.phone_service(), limits, stopping.clone()));
            router = router.route_service(&format!("{}/{{*path}}", mount.as_str()), ipp.admin_service(false));
            running.push(Customer { mount, directory, ipp, phones });
        }
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let service = router.layer(middleware::from_fn(tell_peer));
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        let mut stopped = stopping;
        tasks.spawn(async move {
            let stopped = async move { drop(stopped.wait_for(|stop| *stop).await) };
            if let Err(error) = axum::serve(socket, service).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the host's listener failed");
            }
        });
        Ok(Self { address, customers: running, stop, tasks })
    }

    /// Stops it; the engines write what they still have.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// An engine for one customer. Two of them share nothing.
async fn engine(mount: MountPath, directory: Arc<Directory>) -> Result<Ipp, AnyError> {
    let entropy = Arc::new(OsEntropy::check()?);
    let vault = Arc::new(KeyVault::new(&KeyFile::generate(&*entropy), entropy.clone()));
    let clock = Arc::new(SystemClock::new());
    let phones = HttpPhoneClient::new(PhoneClientOptions::default(), clock.clone())?;
    let ports = Ports {
        clock: clock.clone(),
        entropy,
        vault,
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(Argon2Passwords::default()),
        phones: Arc::new(phones),
        host: Host {
            operators: Some(directory.clone()),
            regions: Some(directory.clone()),
            alarms: Some(directory),
        },
    };
    let ipp = Ipp::builder(MemoryStore::default(), ports)
        .mounted_at(mount)
        // This host runs on one machine and speaks no TLS. A real one does, and leaves these two out.
        .insecure_plain_http_login()
        .options(AppOptions::default().insecure_allow_loopback_phones())
        .build()
        .await?;
    Ok(ipp)
}

/// Where phones find their engine: the same port for everything.
fn reachable(phones: SocketAddr) -> Result<Reachable, AnyError> {
    let port = phones.port();
    Ok(Reachable {
        address: phones.ip().to_string().parse()?,
        http_port: port,
        https_port: port,
        rest_http_port: port,
        rest_https_port: port,
        scheme: Scheme::Http,
    })
}

/// The engine wants to know who is at the other end of a connection.
async fn tell_peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(PeerAddr(peer));
    next.run(request).await
}
