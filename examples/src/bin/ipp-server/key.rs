//! `ipp-server key`: the keys under which secrets are sealed.

mod drop;
mod list;
mod rotate;

use std::{collections::BTreeMap, process::ExitCode};

use ipp_core::store::Dump;
use ipp_http::vault::{KeyId, KeyVault};

use crate::Failure;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the ids of the keys, and how many secrets are sealed under each
    List(list::Options),
    /// Make a new sealing key and seal every secret anew under it; the server has to be stopped
    Rotate(rotate::Options),
    /// Take a former key out of the key file; the server has to be stopped
    Drop(drop::Options),
}

pub(crate) async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List(options) => list::run(&options).await,
        Command::Rotate(options) => rotate::run(&options).await,
        Command::Drop(options) => drop::run(&options).await,
    }
}

/// How many secrets are sealed under each key; `None` is what no server of this kind has sealed.
type Sealed = BTreeMap<Option<KeyId>, u64>;

async fn sealed(mut dump: Dump) -> Result<Sealed, Failure> {
    let mut sealed = Sealed::new();
    loop {
        let rows = dump.next().await?;
        if rows.is_empty() {
            return Ok(sealed);
        }
        for mut row in rows {
            row.each_sealed(|_, value| -> Result<(), Failure> {
                *sealed.entry(KeyVault::key_of(value)).or_default() += 1;
                Ok(())
            })?;
        }
    }
}
