//! `ipp-server template`.

mod check;
mod export;

use std::{path::PathBuf, process::ExitCode};

use ipp_core::text::TemplateName;
use ipp_examples::server::import::Import;

use crate::{Failure, read, work};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Import a template file as the default of its model in a region
    Import {
        /// The file
        file: PathBuf,
        /// The region
        #[arg(long)]
        region: String,
        /// Make the region where it does not exist
        #[arg(long)]
        create_region: bool,
        /// The template's name; the file's own description where none is given
        #[arg(long)]
        name: Option<TemplateName>,
        /// The configuration file of the server
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Write templates to files as they are, byte for byte
    Export(export::Options),
    /// Tell what is wrong with template files, with file and line
    Check(check::Options),
}

pub(crate) async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Import { file, region, create_region, name, config } => {
            let what = Import { file: &file, region: &region, create_region, name };
            work::import_template(&what, &read(config.as_deref())?).await
        }
        Command::Export(options) => export::run(&options).await,
        Command::Check(options) => check::run(&options).await,
    }
}
