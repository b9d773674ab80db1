//! `ipp-server restore`: what a backup holds, into a data folder that has nothing yet.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_core::{
    clock::Clock as _,
    store::{AuditEntry, Batch, Store as _},
    vault::Sealed,
};
use ipp_examples::server::{self, data::DataFolder, database::Database};
use ipp_http::{
    archive::{self, Content},
    clock::SystemClock,
    vault::{KeyId, KeyVault},
};

use crate::{COMMAND_LINE, Failure, backup::told, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The key file of the installation, where it is not in the data folder yet; it is copied there
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let config = read(options.config.as_deref())?;
    let clock = SystemClock::new();
    let begun = clock.now();
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", options.from.display());
    let open = || File::open(&options.from).map_err(|error| named(&error));
    let mut sealed_under = BTreeMap::new();
    let checked = archive::check(open()?, |sealed| count(&mut sealed_under, sealed));
    let Content { head, .. } = checked.map_err(|error| named(&error))?;
    let folder = DataFolder::for_backup(&config.data, options.keys.as_deref(), server::entropy()?)?
        .with_database(Database::of(&config)?);
    if !head.fits(&*folder.vault()) {
        let keys = folder.key_file();
        return Err(format!("the keys in {} are those of another installation", keys.display()).into());
    }
    check_keys(&folder, &sealed_under)?;
    folder.keep_keys()?;
    let (store, blobs) = (folder.store().await?, folder.blobs()?);
    let Content { size, .. } =
        archive::restore(open()?, &store, &*blobs).await.map_err(|error| named(&error))?;
    let subject = format!("backup of {}", head.at);
    let entry = AuditEntry::new(clock.now().wall, COMMAND_LINE, "backup.restore", subject);
    store.commit(Batch::default().noting(entry)).await?;
    let seconds = clock.now().mono.saturating_sub(begun.mono).as_secs_f64();
    let mut out = io::stdout().lock();
    writeln!(out, "restored {} of {} in {seconds:.1} s: {}", options.from.display(), head.at, told(size))?;
    writeln!(out, "Sessions and API tokens are in no backup: log in again, and make new tokens.")?;
    Ok(ExitCode::SUCCESS)
}

/// Counts what is sealed under each key; `None` is what no server of this kind has sealed.
fn count(sealed_under: &mut BTreeMap<Option<KeyId>, u64>, sealed: &Sealed) {
    *sealed_under.entry(KeyVault::key_of(sealed)).or_default() += 1;
}

/// Refuses where anything would not open afterwards (A30).
fn check_keys(folder: &DataFolder, sealed_under: &BTreeMap<Option<KeyId>, u64>) -> Result<(), Failure> {
    for (key, values) in sealed_under {
        match key {
            Some(key) if folder.key_vault().has(*key) => {}
            Some(key) => {
                let keys = folder.key_file();
                return Err(format!(
                    "{values} secrets in the backup are sealed under the key {key}, which is not in {}; use the key \
                     file from the time of the backup, or add that key to it as a `former` line",
                    keys.display()
                )
                .into());
            }
            None => {
                return Err(format!("{values} secrets in the backup were sealed by something else").into());
            }
        }
    }
    Ok(())
}
