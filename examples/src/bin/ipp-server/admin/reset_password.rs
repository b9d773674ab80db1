//! `ipp-server admin reset-password`.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_core::{
    access::Caller,
    app::{AppError, AppOptions},
    store::{OperatorKey, Store as _},
    text::UserName,
};
use ipp_examples::server::{self, data::Hold};

use crate::{COMMAND_LINE, Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The name of the account
    name: UserName,
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let config = read(options.config.as_deref())?;
    let folder = server::existing(&config, Hold::Shared).await?;
    let ipp = server::open_in(&folder, &config, AppOptions::default()).await?;
    let known = ipp.app().store().operator(OperatorKey::Name(options.name.clone())).await?;
    let known = known.ok_or_else(|| AppError::not_found("such administrator"))?.value;
    let admin = ipp.app().admin(Caller::host(COMMAND_LINE));
    let password = admin.reset_operator_password(known.id).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} logs in with {} and has to change it then", known.name, password.as_str())?;
    if !known.enabled {
        writeln!(out, "The account is shut and stays so; `admin recover` opens it.")?;
    }
    Ok(ExitCode::SUCCESS)
}
