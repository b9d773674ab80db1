//! The stand-alone server: configuration, data folder, listeners.

pub mod config;
pub mod data;
pub mod database;
pub mod import;
pub mod listeners;

use std::{fmt, sync::Arc};

use ipp_core::{
    app::{AppError, AppOptions, Ports, admin::set_up::Reachable},
    entropy::Entropy,
    host::Host,
    settings::Scheme,
    vault::SecretText,
};
use ipp_http::{
    Ipp,
    clock::SystemClock,
    entropy::OsEntropy,
    outbound::{HttpPhoneClient, PhoneClientOptions},
    passwords::Argon2Passwords,
};
use tokio::{sync::watch, task::JoinSet};

use self::{
    config::{Config, ConfigError, Role},
    data::{DataError, DataFolder, Hold},
    database::Database,
    listeners::{Bound, ListenError},
};

/// What the audit log calls whoever runs a command on the server itself.
pub const COMMAND_LINE: &str = "command line";

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// The engine.
    pub ipp: Ipp,
    /// The listeners that are open.
    pub listeners: Vec<Bound>,
    /// The password of the first administrator, where this start made it.
    pub first_password: Option<SecretText>,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Held for as long as the server runs.
    _folder: DataFolder,
}

/// Why the server does not start. The text names the place and the fix.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A listener cannot be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The engine refuses.
    #[error(transparent)]
    App(#[from] AppError),
    /// Commands to phones cannot be sent.
    #[error("the cryptography for calls to phones cannot be set up")]
    Commands(#[source] rustls::Error),
    /// There is no secure randomness.
    #[error("the operating system gives no secure random bytes: {0}")]
    Entropy(String),
}

/// Opens the engine on the data folder of a configuration, without any listener: for commands that
/// work on the data.
pub async fn open(config: &Config, options: AppOptions) -> Result<(Ipp, DataFolder), ServerError> {
    let database = Database::of(config)?;
    let is_there = database.is_there().await.map_err(DataError::from)?;
    let folder = DataFolder::open_with(&config.data, database, is_there, entropy()?)?;
    Ok((open_in(&folder, config, options).await?, folder))
}

/// The data folder of a configuration, which a server has worked with.
pub async fn existing(config: &Config, hold: Hold) -> Result<DataFolder, ServerError> {
    let database = Database::of(config)?;
    let is_there = database.is_there().await.map_err(DataError::from)?;
    let folder = DataFolder::existing_with(&config.data, database.clone(), is_there, entropy()?, hold)?;
    if hold == Hold::Alone && database.is_in_use().await.map_err(DataError::from)? {
        return Err(DataError::DatabaseInUse.into());
    }
    Ok(folder)
}

/// Secure randomness.
pub fn entropy() -> Result<Arc<dyn Entropy>, ServerError> {
    Ok(Arc::new(OsEntropy::check().map_err(|error| ServerError::Entropy(error.to_string()))?))
}

/// Opens the engine on a folder that is open.
pub async fn open_in(folder: &DataFolder, config: &Config, options: AppOptions) -> Result<Ipp, ServerError> {
    let clock = Arc::new(SystemClock::new());
    // Nobody who names an address gets this server to call its own database (A7).
    let never = folder.database_addresses().await;
    // As many as all jobs of a node send at once.
    let mut calls = PhoneClientOptions::default().never(never).in_flight(2_000);
    if options.allows_loopback_phones() {
        calls = calls.insecure_allow_loopback_phones();
    }
    let phones = HttpPhoneClient::new(calls, clock.clone()).map_err(ServerError::Commands)?;
    let ports = Ports {
        clock: clock.clone(),
        entropy: entropy()?,
        vault: folder.vault(),
        blobs: folder.blobs()?,
        passwords: Arc::new(Argon2Passwords::default()),
        phones: Arc::new(phones),
        host: Host::default(),
    };
    let store = folder.store().await?;
    let builder = Ipp::builder(store, ports).options(options).trusted_proxies(config.trusted_proxies.clone());
    let builder = if config.plain_http_login { builder.insecure_plain_http_login() } else { builder };
    let builder = if config.design_page { builder.design_page() } else { builder };
    Ok(builder.build().await?)
}

impl Server {
    /// Opens data and listeners and begins to serve.
    pub async fn start(config: &Config, options: AppOptions) -> Result<Self, ServerError> {
        let (ipp, folder) = open(config, options).await?;
        let (shutdown, stopping) = watch::channel(false);
        let listeners = listeners::bind(config, &folder)?;
        ipp.app().set_up(&reachable(config, &listeners)?).await?;
        let first_password = ipp.app().ensure_administrator().await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(ipp.driver().run(stopping.clone()));
        let listeners = listeners::serve(listeners, &ipp, config, &stopping, &mut tasks);
        Ok(Self { ipp, listeners, first_password, shutdown, tasks, _folder: folder })
    }

    /// Stops: no new connection is taken, running requests finish.
    pub async fn stop(mut self) {
        let _ = self.shutdown.send(true);
        while self.tasks.join_next().await.is_some() {}
        // What the last requests had to say came after the last turn of the driver.
        if let Err(error) = self.ipp.app().flush_log().await {
            tracing::warn!(%error, "the last lines of the logs were not written");
        }
    }
}

/// Where phones find this server.
fn reachable(config: &Config, listeners: &[listeners::Listening]) -> Result<Reachable, ServerError> {
    let port = |role, configured| {
        listeners
            .iter()
            .map(listeners::Listening::bound)
            .find(|bound| bound.role == role)
            .map_or(configured, |bound| bound.address.port())
    };
    Ok(Reachable {
        address: config.public_host()?,
        http_port: port(Role::Web, config.ports.web.port),
        https_port: port(Role::WebTls, config.ports.web_tls.port),
        rest_http_port: port(Role::Reports, config.ports.reports.port),
        rest_https_port: port(Role::ReportsTls, config.ports.reports_tls.port),
        scheme: Scheme::Http,
    })
}

impl fmt::Display for Server {
    /// The listeners with port, protocol and direction (PRT-09).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24} {:<6} {:<9} for", "listener", "proto", "direction")?;
        for open in &self.listeners {
            writeln!(
                f,
                "{:<24} {:<6} {:<9} {}",
                open.address.to_string(),
                open.protocol(),
                "inbound",
                open.role.purpose()
            )?;
        }
        Ok(())
    }
}
