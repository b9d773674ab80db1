//! `ipp-server key rotate`: first the key file, then every secret. What interrupts it leaves secrets under
//! either key, both of which are in the file; called again, it goes on.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_core::app::AppOptions;
use ipp_examples::server::{self, data::Hold};
use ipp_http::vault::KeyId;

use super::sealed;
use crate::{COMMAND_LINE, Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let config = read(options.config.as_deref())?;
    let mut folder = server::existing(&config, Hold::Alone).await?;
    let (current, former) = folder.keys()?;
    let left = sealed(folder.dump().await?).await?;
    let unfinished = left.keys().any(|key| key.is_some_and(|key| former.contains(&key)));
    let mut out = io::stdout().lock();
    let key = if unfinished {
        writeln!(out, "Finishing the rotation to key {current}, which was interrupted.")?;
        current
    } else {
        let key = folder.rotate_keys(server::entropy()?)?;
        writeln!(out, "The new sealing key is {key}; the former one, {current}, opens as before.")?;
        key
    };
    let ipp = server::open_in(&folder, &config, AppOptions::default()).await?;
    let resealed = ipp.app().reseal(COMMAND_LINE, &key.to_string()).await?;
    writeln!(out, "{} rows were sealed anew.", resealed.rows)?;
    if !resealed.unopened.is_empty() {
        let rows = resealed.unopened.join(", ");
        return Err(format!("these have a secret that does not open, enter it again: {rows}").into());
    }
    let former: Vec<String> = folder.keys()?.1.iter().map(KeyId::to_string).collect();
    writeln!(
        out,
        "Nothing here is sealed under a former key any more. Copy {} now.",
        folder.key_file().display()
    )?;
    writeln!(
        out,
        "Backups from before need the former keys ({}). Once none of those is to be restored: ipp-server key drop ID",
        former.join(", ")
    )?;
    Ok(ExitCode::SUCCESS)
}
