//! `ipp-server key drop`: a key that nothing needs any more.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_core::{
    clock::Clock as _,
    store::{AuditEntry, Batch, Store as _},
};
use ipp_examples::server::{self, data::Hold};
use ipp_http::{clock::SystemClock, vault::KeyId};

use super::sealed;
use crate::{COMMAND_LINE, Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The id of the key, as `key list` shows it
    id: KeyId,
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let (id, config) = (options.id, read(options.config.as_deref())?);
    let folder = server::existing(&config, Hold::Alone).await?;
    let keys = folder.keys_without(id)?;
    let needed = sealed(folder.dump().await?).await?.remove(&Some(id)).unwrap_or(0);
    if needed > 0 {
        return Err(format!(
            "{needed} secrets are sealed under the key {id}; run `ipp-server key rotate` first"
        )
        .into());
    }
    // Noted first: a key that is gone without a word is worse than a word too much.
    let entry =
        AuditEntry::new(SystemClock::new().now().wall, COMMAND_LINE, "key.drop", format!("sealing key {id}"));
    folder.store().await?.commit(Batch::default().noting(entry)).await?;
    folder.replace_keys(&keys)?;
    writeln!(
        io::stdout(),
        "The key {id} is gone. Backups that need it can be restored with a copy of it only."
    )?;
    Ok(ExitCode::SUCCESS)
}
