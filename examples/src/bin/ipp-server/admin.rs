//! `ipp-server admin`: accounts of administrators.

mod create;
mod password;
mod reset_password;

use std::{path::PathBuf, process::ExitCode};

use crate::{Failure, read, work};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make an account; its password has to be changed at the first login
    Create(create::Options),
    /// Give an administrator a new random password and open the account; its sessions end
    Recover {
        /// The name of the account
        name: String,
        /// The configuration file of the server
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Give an administrator a new random password, shown once; its sessions end
    ResetPassword(reset_password::Options),
}

pub(crate) async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Create(options) => create::run(options).await,
        Command::Recover { name, config } => work::recover(&name, &read(config.as_deref())?).await,
        Command::ResetPassword(options) => reset_password::run(&options).await,
    }
}
