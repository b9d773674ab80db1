//! `ipp-server template check`: what is wrong with template files, before anybody imports them.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use ipp_core::{
    access::Caller,
    app::{
        App, AppOptions, Ports,
        admin::{
            set_up::Reachable,
            templates::{Checked, NewTemplate},
        },
    },
    blob::MemoryBlobs,
    host::Host,
    id::RegionId,
    outbound::MemoryPhoneClient,
    settings::Scheme,
    store::{AnyStore, MemoryStore},
    template::TemplateDocument,
};
use ipp_examples::server::{
    self,
    config::Config,
    data::{DataFolder, Hold},
};
use ipp_http::{
    Ipp,
    clock::SystemClock,
    passwords::Argon2Passwords,
    vault::{KeyFile, KeyVault},
};

use crate::{COMMAND_LINE, Failure, read};

/// Each finding is a line `FILE:LINE: error: …` or `FILE:LINE: warning: …`. The exit code is 1 where files
/// for phones cannot be made of a template; warnings alone leave it at 0.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The template files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check for one region instead of all
    #[arg(long, requires = "config")]
    region: Option<String>,
    /// The configuration file of a server, whose models, regions and placeholders count; without it those
    /// of the product
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let (ipp, _folder) = match &options.config {
        Some(path) => on_data(&read(Some(path))?).await?,
        None => on_nothing().await?,
    };
    let app = ipp.app();
    let region = options.region.as_deref().map(|name| region(app, name)).transpose()?;
    let mut sound = true;
    for file in &options.files {
        sound &= check(app, file, region)?;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks one file; whether files for phones can be made of it.
fn check(app: &App<AnyStore>, file: &Path, region: Option<RegionId>) -> Result<bool, Failure> {
    let shown = file.display();
    let mut out = io::stdout().lock();
    let content = fs::read(file).map_err(|error| format!("{shown}: {error}"))?;
    if let Err(error) = TemplateDocument::parse(&content) {
        writeln!(out, "{shown}:{}:{}: error: {}", error.line(), error.column(), error.message())?;
        return Ok(false);
    }
    // The name is of no importance, and the file's own may be taken or none.
    let new = NewTemplate { name: Some("checked".parse()?), region, default: false, content };
    let Checked { obstacles, findings } = match app.admin(Caller::host(COMMAND_LINE)).check_upload(new) {
        Ok(checked) => checked,
        Err(error) => {
            writeln!(out, "{shown}: error: {error}")?;
            return Ok(false);
        }
    };
    let mut told = std::collections::BTreeSet::new();
    for obstacle in &obstacles {
        // What is wrong in every region is said once.
        if told.insert((obstacle.line, &obstacle.message)) {
            let line = obstacle.line.map_or_else(String::new, |line| format!(":{line}"));
            writeln!(out, "{shown}{line}: error: {}", obstacle.message)?;
        }
    }
    for finding in findings {
        writeln!(out, "{shown}:{}: warning: {}", finding.line, finding.message)?;
    }
    Ok(obstacles.is_empty())
}

fn region(app: &App<AnyStore>, name: &str) -> Result<RegionId, Failure> {
    let found = app.snapshot().catalog.region_called(name).map(|region| region.id);
    found.ok_or_else(|| format!("there is no region `{name}`").into())
}

async fn on_data(config: &Config) -> Result<(Ipp, Option<DataFolder>), Failure> {
    let folder = server::existing(config, Hold::Shared).await?;
    Ok((server::open_in(&folder, config, AppOptions::default()).await?, Some(folder)))
}

/// An engine like that of a server at its first start, which keeps nothing.
async fn on_nothing() -> Result<(Ipp, Option<DataFolder>), Failure> {
    let entropy = server::entropy()?;
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        vault: Arc::new(KeyVault::new(&KeyFile::generate(&*entropy), Arc::clone(&entropy))),
        entropy,
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(Argon2Passwords::default()),
        phones: Arc::new(MemoryPhoneClient::default()),
        host: Host::default(),
    };
    let ipp = Ipp::builder(MemoryStore::default(), ports).build().await?;
    let reachable = Reachable {
        address: "server.invalid".parse()?,
        http_port: 80,
        https_port: 443,
        rest_http_port: 8080,
        rest_https_port: 8081,
        scheme: Scheme::Http,
    };
    ipp.app().set_up(&reachable).await?;
    Ok((ipp, None))
}
