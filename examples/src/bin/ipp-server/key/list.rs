//! `ipp-server key list`.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_examples::server::{self, data::Hold};

use super::sealed;
use crate::{Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let folder = server::existing(&read(options.config.as_deref())?, Hold::Shared).await?;
    let (current, former) = folder.keys()?;
    let mut sealed = sealed(folder.dump().await?).await?;
    let mut out = io::stdout().lock();
    let known = former.into_iter().map(|key| (key, "former")).collect::<Vec<_>>();
    for (key, word) in [(current, "current")].into_iter().chain(known) {
        writeln!(out, "{key}  {word:<8} {} secrets", sealed.remove(&Some(key)).unwrap_or(0))?;
    }
    for (key, count) in sealed {
        let key = key.map_or_else(|| "unknown".to_owned(), |key| key.to_string());
        writeln!(out, "{key:<16}  missing  {count} secrets, which do not open")?;
    }
    Ok(ExitCode::SUCCESS)
}
