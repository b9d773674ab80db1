//! The demonstration: a server on temporary data and simulated phones, over real HTTP.
//!
//! Three regions show three ways in. In *Berlin* an administrator has entered users and devices, and
//! the phones wait for their line. In *Hong Kong* phones come by zero touch and people sign in on
//! them. In *Zürich* the same happens with phones for Lync.

mod cast;
mod report;

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use ipp_core::{
    app::{AppError, AppOptions, login::FIRST_ADMINISTRATOR},
    render::option160::{self, Route},
};
use serde::Serialize;

use self::cast::Scene;
pub use self::report::{DemoReport, RegionReport};
use crate::{
    fleet::{Fleet, FleetError, FleetOptions, RunningFleet},
    server::{
        Server, ServerError,
        config::{Config, Port, Ports, Role},
    },
};

/// How the demonstration runs.
#[derive(Debug, Clone)]
#[must_use]
pub struct DemoOptions {
    /// How many phones there are; at least 3.
    pub phones: u32,
    /// How long phones may take until all are registered.
    pub deadline: Duration,
    /// A template file that the phones of *Berlin* use, all of them being of its model.
    pub template: Option<std::path::PathBuf>,
    /// The URL of a database to work with, in place of a file among the temporary data. It has to be empty,
    /// and nothing else can use it afterwards: the keys end with the demonstration.
    pub database: Option<String>,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { phones: 30, deadline: Duration::from_mins(2), template: None, database: None }
    }
}

/// A demonstration that runs.
#[derive(Debug)]
pub struct Demo {
    /// The server.
    pub server: Server,
    scenes: Vec<(Scene, RunningFleet)>,
    addresses: Addresses,
    // Dropped last: the server still writes while it stops.
    data: tempfile::TempDir,
}

/// Where the parts of the demonstration are, for people and for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// The console, over TLS with a self-made certificate.
    pub console: String,
    /// The REST API, over TLS with a self-made certificate.
    pub api: String,
    /// The first administrator.
    pub admin: String,
    /// The administrator's password, which has to be changed at the first login.
    pub password: String,
    /// Where phones report to.
    pub phones: String,
    /// Where phones report to over TLS.
    pub phones_tls: String,
    /// Where phones fetch files.
    pub files: String,
    /// The folder of the data; gone when the demonstration ends.
    pub data_dir: String,
}

/// Why the demonstration does not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server does not start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The phones cannot be simulated.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The engine refuses.
    #[error(transparent)]
    App(#[from] AppError),
    /// There is no place for temporary data.
    #[error("no temporary folder can be made: {0}")]
    Temporary(#[source] std::io::Error),
    /// The template cannot be imported.
    #[error(transparent)]
    Template(#[from] crate::server::import::ImportError),
}

impl Demo {
    /// Starts the server, sets up the regions and lets the phones boot.
    pub async fn start(options: &DemoOptions) -> Result<Self, DemoError> {
        let data = tempfile::tempdir().map_err(DemoError::Temporary)?;
        let config = Config { database: options.database.clone(), ..configuration(data.path()) };
        let server = Server::start(&config, phones_on_this_machine()).await?;
        let addresses = addresses(&server, data.path());
        let mut scenes = Vec::new();
        for scene in cast::prepare(&server.ipp, options).await? {
            let snapshot = server.ipp.app().snapshot();
            let settings = &snapshot.catalog.settings().phones;
            let url =
                option160::region_url(settings, Route::Direct, &scene.region).map_err(AppError::from)?;
            let fleet = Fleet::new(scene.fleet(&url))?;
            scenes.push((scene, fleet.start()));
        }
        Ok(Self { server, scenes, addresses, data })
    }

    /// Where everything is.
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// How many phones are registered, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        self.scenes
            .iter()
            .map(|(_, fleet)| fleet.progress())
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Waits until every phone is registered, at most until the deadline; answers whether they are.
    pub async fn wait_registered(&self, deadline: Duration) -> bool {
        let until = tokio::time::Instant::now() + deadline;
        let mut all = true;
        for (_, fleet) in &self.scenes {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            all &= fleet.wait_registered(left).await;
        }
        all
    }

    /// What phones and server say of each other.
    pub async fn report(&self) -> Result<DemoReport, DemoError> {
        let scenes = self.scenes.iter().map(|(scene, fleet)| (scene, fleet.summary()));
        report::report(&self.server.ipp, scenes).await
    }

    /// Stops phones and server and removes the data.
    pub async fn stop(self) {
        for (_, fleet) in self.scenes {
            drop(fleet.stop().await);
        }
        self.server.stop().await;
        drop(self.data);
    }
}

/// The options of an engine whose phones live on this machine.
pub fn phones_on_this_machine() -> AppOptions {
    AppOptions::default().insecure_allow_loopback_phones()
}

/// Temporary data, and ports that need no privilege.
pub fn configuration(data: &std::path::Path) -> Config {
    let any = |tls| Port { port: 0, tls, enabled: true };
    Config {
        data: data.to_owned(),
        design_page: true,
        listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: Ports { web: any(false), web_tls: any(true), reports: any(false), reports_tls: any(true) },
        ..Config::default()
    }
}

fn addresses(server: &Server, data: &std::path::Path) -> Addresses {
    let url = |role| {
        let open = server.listeners.iter().find(|open| open.role == role);
        open.map_or_else(String::new, |open| {
            format!("{}://{}", if open.tls { "https" } else { "http" }, open.address)
        })
    };
    Addresses {
        console: format!("{}/ipp/", url(Role::WebTls)),
        api: format!("{}/api/v1", url(Role::WebTls)),
        admin: FIRST_ADMINISTRATOR.to_owned(),
        password: server.first_password.as_ref().map_or_else(String::new, |text| text.as_str().to_owned()),
        phones: url(Role::Reports),
        phones_tls: url(Role::ReportsTls),
        files: url(Role::Web),
        data_dir: data.display().to_string(),
    }
}

impl Scene {
    fn fleet(&self, option160: &str) -> FleetOptions {
        let options = FleetOptions::new(option160, self.phones)
            .first(self.first)
            .models(&self.models)
            .lync_share(if self.lync { 100 } else { 0 })
            .spread(Duration::from_millis(u64::from(self.phones) * 5));
        if self.zero_touch { options.users_from(self.users_from) } else { options }
    }
}
