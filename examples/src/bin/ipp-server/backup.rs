//! `ipp-server backup`: everything that the server keeps, in one file; beside a server that works.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_core::clock::Clock as _;
use ipp_examples::server::{self, data::Hold};
use ipp_http::{
    archive::{self, Head, Size},
    clock::SystemClock,
    private_file::PrivateFile,
};

use crate::{Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file to make; one that is there is replaced once the new one is whole
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let config = read(options.config.as_deref())?;
    let clock = SystemClock::new();
    let begun = clock.now();
    let folder = server::existing(&config, Hold::Shared).await?;
    let (dump, blobs) = (folder.dump().await?, folder.blobs()?);
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", options.to.display());
    let mut file = PrivateFile::create(&options.to).map_err(|error| named(&error))?;
    let head = Head::new(begun.wall, &*folder.vault());
    let size = archive::write(dump, &*blobs, &head, &mut file).await.map_err(|error| named(&error))?;
    file.finish().map_err(|error| named(&error))?;
    let seconds = clock.now().mono.saturating_sub(begun.mono).as_secs_f64();
    let mut out = io::stdout().lock();
    writeln!(out, "{} of {} in {seconds:.1} s: {}", options.to.display(), head.at, told(size))?;
    writeln!(
        out,
        "The keys are not in it. Keep a copy of {} apart from it: without that file no stored password opens.",
        folder.key_file().display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A size, as people read it.
pub(crate) fn told(size: Size) -> String {
    let Size { rows, blobs, bytes } = size;
    format!("{rows} rows, {blobs} firmware images, {bytes} bytes")
}
